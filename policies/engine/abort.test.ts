import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DecisionInput } from '../contract.ts';
import type { SystemDocument } from '../system.ts';
import { PolicyEngine } from './engine.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const mas = 'bank.bank';
const bank: SystemDocument = JSON.parse(readFileSync(new URL('../testdata/bank.json', import.meta.url), 'utf8'));

/** Rules that break in the ways that rules can, by the operation asked. */
const brokenRego = `package casa

denied := {
	"allow": false,
	"reason": "policy_error",
	"checks": [{"check": "C", "outcome": "BLOCK", "reason": "policy_error", "detail": ""}],
	"grant": {"tools": [], "scope": []},
	"audit_only": false,
	"policies": [],
}

allowed := {
	"allow": true,
	"reason": "ok",
	"checks": [{"check": "C", "outcome": "ALLOW", "reason": "ok", "detail": ""}],
	"grant": {"tools": [], "scope": []},
	"audit_only": false,
	"policies": [],
}

decision := denied if input.operation == "probe"

decision := allowed if input.operation == "good"

# Two values for one rule: OPA's WASM aborts.
decision := allowed if input.operation == "abort"

decision := denied if input.operation == "abort"

decision := {"allow": true} if input.operation == "partial"

decision := object.union(allowed, {"reason": "token_missing"}) if input.operation == "contradiction"

decision := object.union(allowed, {"extra": true}) if input.operation == "extra"
`;

function question(operation: string): DecisionInput {
  return {
    phase: 'outbound',
    mas,
    now: 1,
    caller: null,
    callee: { kind: 'other', app: null, host: 'h', port: 1 },
    protocol: 'http',
    operation,
    tool: null,
    token: null,
    session: null,
    selected: null,
    semantic: null,
    counters: {},
    problem: null,
    start_peer: null,
  };
}

describe('PolicyEngine with rules that break', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'casa-abort-'));
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  function compileRego(source: string): Uint8Array {
    const file = join(scratch, 'broken.rego');
    writeFileSync(file, source);
    const out = join(scratch, 'broken.wasm');
    const argv = [
      'scripts/opac.mjs',
      'wasm',
      '--capabilities',
      'policies/capabilities.json',
      out,
      'casa/decision',
      file,
    ];
    const { status, stderr } = spawnSync(process.execPath, argv, { cwd: root, encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    return readFileSync(out);
  }

  let engine: PolicyEngine;
  beforeAll(async () => {
    engine = await PolicyEngine.open(compileRego(brokenRego));
    engine.load(mas, bank, 'r1');
  });

  it('replaces an instance that aborted, and answers the next question', () => {
    for (let round = 0; round < 3; round += 1) {
      expect(engine.evaluate(question('abort'))).toMatchObject({
        allow: false,
        reason: 'policy_error',
        checks: [{ check: 'ENGINE', detail: 'the evaluation ended early' }],
      });
      expect(engine.evaluate(question('good')).allow).toBe(true);
    }
    expect(engine.revision(mas)).toBe('r1');
  });

  it.each(['partial', 'contradiction', 'extra', 'undefined'])('denies an answer that is not whole: %s', (operation) => {
    expect(engine.evaluate(question(operation))).toMatchObject({ allow: false, reason: 'policy_error' });
    expect(engine.evaluate(question('good')).allow).toBe(true);
  });

  it('does not load data that the rules cannot answer with', async () => {
    const mute = await PolicyEngine.open(compileRego('package casa\n\ndecision := 1 if data.mas.name == "nobody"\n'));
    expect(() => mute.load(mas, bank, 'r1')).toThrow('the rules give no answer with the data of `bank.bank`');
    expect(mute.revision(mas)).toBeNull();
  });
});
