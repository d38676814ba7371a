import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Decision, DecisionInput } from '../contract.ts';
import { readPolicyModules } from '../read_modules.ts';
import type { SystemDocument } from '../system.ts';
import { inputs, systems } from '../testdata/draw.ts';
import { PolicyEngine } from './engine.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const seed = 20261125;
const inputsPerSystem = 1000;
const mas = 'bank.bank';

const scratch = mkdtempSync(join(tmpdir(), 'casa-differential-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** OPA's own evaluator on the Rego itself. */
function opaDecisions(document: SystemDocument, questions: readonly DecisionInput[]): readonly Decision[] {
  const data = join(scratch, 'data.json');
  writeFileSync(data, JSON.stringify(document));
  const modules = Object.keys(readPolicyModules().rego).map((path) => `policies/${path}`);
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [
      'scripts/opac.mjs',
      'eval',
      '--capabilities',
      'policies/capabilities.json',
      'data.casa.decision',
      data,
      ...modules,
    ],
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

describe('the WASM and OPA', () => {
  let engine: PolicyEngine;
  beforeAll(async () => {
    engine = await PolicyEngine.open(readPolicyModules().wasm);
  });

  it.each(fc.sample(systems, { seed, numRuns: 2 }).map((document, index) => ({ document, index })))(
    'decide the same in every case of system $index',
    ({ document, index }) => {
      engine.load(mas, document, `r${index}`);
      const questions = fc.sample(inputs, { seed: seed + index, numRuns: inputsPerSystem });
      const ours = questions.map((one) => engine.evaluate(one));
      const theirs = opaDecisions(document, questions);
      expect(theirs).toHaveLength(inputsPerSystem);
      expect(
        differences(ours, theirs).map((at) => ({ question: questions[at], ours: ours[at], theirs: theirs[at] })),
      ).toEqual([]);
      // The cases are worth comparing: many are allowed, and most reasons occur.
      expect(ours.filter((decision) => decision.allow).length).toBeGreaterThan(inputsPerSystem / 20);
      expect(new Set(ours.map((decision) => decision.reason)).size).toBeGreaterThan(14);
      expect(ours.some((decision) => decision.checks[0]?.check === 'ENGINE')).toBe(false);
    },
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
