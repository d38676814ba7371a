import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { JsonValue } from '../contract.ts';
import { readPolicyModules } from '../read_modules.ts';
import { inputs, systems } from '../testdata/draw.ts';
import { PolicyEngine } from './engine.ts';

const seed = 20261126;
const mas = 'bank.bank';

/** Everything that can be taken from the teller, one at a time. */
const narrowings: readonly [string, (apps: Record<string, Record<string, JsonValue>>) => void][] = [
  ['an edge', ({ teller }) => Object.assign(teller ?? {}, { callees: { auditor: { a2a: true } } })],
  ['all endpoints', ({ teller }) => Object.assign(teller ?? {}, { endpoints: { exact: {}, prefixes: [] } })],
  ['the LLM', ({ teller }) => Object.assign(teller ?? {}, { llm: {} })],
  ['a tool', ({ teller }) => Object.assign(teller ?? {}, { tools: { ledger: { read: [] } } })],
  ['reach', ({ teller }) => Object.assign(teller ?? {}, { reach: { 'ledger/read': true } })],
  ['its prompts', ({ teller }) => Object.assign(teller ?? {}, { takes_prompts: false })],
];

it.each(narrowings)('taking %s away never allows or grants more', async (_, narrow) => {
  const engine = await PolicyEngine.open(readPolicyModules().wasm);
  const [document] = fc.sample(systems, { seed, numRuns: 1 });
  if (document === undefined) throw new Error('no system was drawn');
  const questions = fc.sample(inputs, { seed, numRuns: 1500 });
  engine.load(mas, document, 'wide');
  const wide = questions.map((one) => engine.evaluate(one));
  const narrowed = structuredClone(document);
  narrow(narrowed.mas.apps as unknown as Record<string, Record<string, JsonValue>>); // a copy of our own
  engine.load(mas, narrowed, 'narrow');
  const narrower = questions.map((one) => engine.evaluate(one));
  const widened = narrower.filter((now, index) => {
    const before = wide[index];
    if (before === undefined || (now.allow && !before.allow)) return true;
    return now.grant.tools.some((tool) => !before.grant.tools.includes(tool));
  });
  expect(widened).toEqual([]);
  expect(narrower).not.toEqual(wide);
});
