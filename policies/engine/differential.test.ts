import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Decision, type DecisionInput, type Reason, reasons } from '../contract.ts';
import { readPolicyModules } from '../read_modules.ts';
import type { SystemDocument } from '../system.ts';
import { inputs, mas, systems } from '../testdata/draw.ts';
import { allowed, knownSystems, nearValid } from '../testdata/near_valid.ts';
import { PolicyEngine } from './engine.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const seed = 20261125;
const nearValidSystems = 20;
const questionsPerSystem = 1000;
/** Every reason is decided by the rules; one that never could be would be named here, with why. */
const decidedElsewhere: ReadonlySet<Reason> = new Set();
const decisionsPerReasonMin = 100;
const timeoutMs = 300_000;

const scratch = mkdtempSync(join(tmpdir(), 'casa-differential-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** OPA's own evaluator on the Rego itself. */
function opaDecisions(document: SystemDocument, questions: readonly DecisionInput[]): readonly Decision[] {
  const data = join(scratch, 'data.json');
  writeFileSync(data, JSON.stringify(document));
  const modules = Object.keys(readPolicyModules().rego).map((path) => `policies/${path}`);
  const capabilities = ['--capabilities', 'policies/capabilities.json'];
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['scripts/opac.mjs', 'eval', ...capabilities, 'data.casa.decision', data, ...modules],
    { cwd: root, input: questions.map((one) => JSON.stringify(one)).join('\n'), encoding: 'utf8', maxBuffer: 2 ** 28 },
  );
  if (status !== 0) throw new Error(stderr);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line): Decision => JSON.parse(line));
}

function differences(left: readonly Decision[], right: readonly Decision[]): readonly number[] {
  return left.flatMap((one, index) => (sorted(one) === sorted(right[index]) ? [] : [index]));
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

let engine: PolicyEngine;
beforeAll(async () => {
  engine = await PolicyEngine.open(readPolicyModules().wasm);
});

/** Both answers to each question about the system; throws the first question that they answer differently. */
function compared(document: SystemDocument, questions: readonly DecisionInput[]): readonly Decision[] {
  engine.load(mas, document, 'drawn');
  const ours = questions.map((one) => engine.evaluate(one));
  const theirs = opaDecisions(document, questions);
  expect(theirs).toHaveLength(questions.length);
  const [at] = differences(ours, theirs);
  if (at !== undefined) expect({ question: questions[at], decision: ours[at] }).toEqual(theirs[at]);
  expect(ours.some((decision) => decision.checks[0]?.check === 'ENGINE')).toBe(false);
  return ours;
}

describe('the WASM and OPA', () => {
  it(
    'decide the same in 20,000 cases that are nearly valid, of every reason',
    () => {
      const counts = new Map<Reason, number>();
      let allows = 0;
      for (const [index, document] of fc.sample(knownSystems, { seed, numRuns: nearValidSystems }).entries()) {
        const drawn = fc.sample(nearValid, { seed: seed + index, numRuns: questionsPerSystem });
        for (const { allow, reason } of compared(
          document,
          drawn.map(({ question }) => question),
        )) {
          if (allow) allows += 1;
          counts.set(reason, (counts.get(reason) ?? 0) + 1);
        }
      }
      const all = nearValidSystems * questionsPerSystem;
      const rare = reasons.filter((reason) => (counts.get(reason) ?? 0) < decisionsPerReasonMin);
      console.log(`${all} decisions compared: ${allows} allow; ${JSON.stringify(Object.fromEntries(counts))}`);
      expect(rare.filter((reason) => !decidedElsewhere.has(reason))).toEqual([]);
      expect(allows / all).toBeGreaterThan(0.3);
      expect(allows / all).toBeLessThan(0.7);
    },
    timeoutMs,
  );

  it.each(fc.sample(systems, { seed, numRuns: 2 }).map((document, index) => ({ document, index })))(
    'decide the same in every wild case of system $index',
    ({ document, index }) => {
      const ours = compared(document, fc.sample(inputs, { seed: seed + index, numRuns: questionsPerSystem }));
      // The cases are worth comparing: many are allowed, and most reasons occur.
      expect(ours.filter((decision) => decision.allow).length).toBeGreaterThan(questionsPerSystem / 20);
      expect(new Set(ours.map((decision) => decision.reason)).size).toBeGreaterThan(14);
    },
    timeoutMs,
  );

  it('are told apart when they differ in one rule', () => {
    const [document] = fc.sample(systems, { seed, numRuns: 1 });
    if (document === undefined) throw new Error('no system was drawn');
    const planted = structuredClone(document) as unknown as {
      mas: { tools: { ledger: { transfer: { selection: string } } } };
    };
    planted.mas.tools.ledger.transfer.selection = 'name';
    engine.load(mas, planted as unknown as SystemDocument, 'planted');
    const questions = fc.sample(inputs, { seed, numRuns: 300 });
    const ours = questions.map((one) => engine.evaluate(one));
    expect(differences(ours, opaDecisions(document, questions)).length).toBeGreaterThan(0);
  });
});

describe('a question that is nearly valid', () => {
  it.each(fc.sample(knownSystems, { seed, numRuns: 3 }))('is allowed when nothing is broken (%#)', (document) => {
    engine.load(mas, document, 'drawn');
    for (const [name, question] of Object.entries(allowed)) {
      const { allow, reason } = engine.evaluate(question as unknown as DecisionInput);
      expect({ name, allow, reason }).toEqual({
        name,
        allow: true,
        reason: name === 'watched' ? 'tool_denied_by_policy' : 'ok',
      });
    }
  });
});
