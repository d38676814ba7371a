import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Decision, DecisionInput, JsonObject, JsonValue } from '../contract.ts';
import { flattenArguments } from '../flatten_arguments.ts';
import { readPolicyModules } from '../read_modules.ts';
import type { CompiledRule, SystemDocument } from '../system.ts';
import { PolicyEngine } from './engine.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const seed = 20261125;
const inputsPerSystem = 1000;
const mas = 'bank.bank';
const bank: SystemDocument = JSON.parse(readFileSync(new URL('../testdata/bank.json', import.meta.url), 'utf8'));

/** Mostly the first, sometimes one of the others. */
function mostly<T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof({ weight: 12, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
}

const amount = fc.constantFrom<JsonValue>(0, 1, 10, 99.5, 100, 1000, 1001, 1e21, -1, '100', null, 0.1, 1e-7, 2 ** 53);
const text = fc.constantFrom<JsonValue>('EUR', 'XAU', 'Åsa', '😀😀', '', 'x\ny', '\u2028', 7, false);
const callArguments: fc.Arbitrary<JsonObject> = fc.dictionary(
  fc.constantFrom('amount', 'currency', 'to', '__proto__', 'lines'),
  fc.oneof(
    amount,
    text,
    fc.array(fc.record({ sum: amount }), { maxLength: 3 }),
    fc.record({ name: text }),
    fc.constant([]),
  ),
  { maxKeys: 5 },
);

const valueSchema: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.record({ type: fc.constant('number'), maximum: fc.constantFrom(10, 99.5, 1e21) }),
  fc.record({ type: fc.constant('integer'), exclusiveMinimum: fc.constantFrom(0, 10) }),
  fc.record({ type: fc.constant('string'), minLength: fc.constantFrom(1, 2, 3), maxLength: fc.constantFrom(2, 4) }),
  fc.record({
    type: fc.constant('string'),
    pattern: fc.constantFrom('^[A-Z]{3}$', '^X.*$', '^(?:EUR|USD)$', '^\\w+$'),
  }),
  fc.record({ enum: fc.array(fc.oneof(amount, text), { minLength: 1, maxLength: 3 }) }),
  fc.record({ not: fc.record({ const: amount }) }),
  fc.record({
    type: fc.constant('array'),
    maxItems: fc.constantFrom(1, 2),
    items: fc.constant({ type: 'object', properties: { sum: { type: 'number', maximum: 100 } } }),
  }),
  fc.record({ type: fc.constant('object'), required: fc.constant(['name']), additionalProperties: fc.constant(false) }),
);
const schema: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.record({ properties: fc.dictionary(fc.constantFrom('amount', 'currency', 'to', 'lines'), valueSchema) }),
  fc.record({
    anyOf: fc.array(fc.record({ properties: fc.record({ amount: valueSchema }) }), { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ required: fc.constantFrom(['amount'], ['amount', 'currency']) }),
);

const rule: fc.Arbitrary<CompiledRule> = fc.record({
  policy: fc.constantFrom('bank/teller', 'bank/all'),
  effect: fc.constantFrom('Allow', 'Allow', 'Deny'),
  enforcement: mostly('Enforce', 'Audit'),
  arguments: fc.option(schema).map((found) => {
    const flat = found === null ? null : flattenArguments(found);
    if (flat?.kind === 'issues') throw new Error(JSON.stringify(flat.issues));
    return flat === null ? null : flat.conditions;
  }),
  limits: fc.option(
    fc.record({
      calls_per_session: fc.option(fc.constantFrom(1, 3)),
      sum: fc.option(fc.constant({ argument: 'amount', max: 1000 })),
    }),
  ),
});

/** The bank with its rules, checks and enforcement drawn anew. */
const systems: fc.Arbitrary<SystemDocument> = fc
  .record({ rules: fc.array(rule, { minLength: 2, maxLength: 4 }), audit: fc.boolean(), semantic: fc.boolean() })
  .map(({ rules, audit, semantic }) => {
    const document = structuredClone(bank) as { mas: Record<string, JsonValue> & typeof bank.mas };
    const named = Object.fromEntries(rules.map((found, index) => [`bank/teller#${index}`, found]));
    const apps = structuredClone(bank.mas.apps) as Record<string, { tools: JsonObject; enforcement: string }>;
    for (const app of ['teller', 'portal']) {
      const own = apps[app];
      if (own !== undefined) own.tools = { ledger: { read: [], transfer: Object.keys(named) } };
    }
    if (apps.portal !== undefined && audit) apps.portal.enforcement = 'Audit';
    const checks = semantic ? { ...bank.mas.checks, AI_POWERED_TOOL_MATCH: true } : bank.mas.checks;
    return { mas: { ...document.mas, rules: named, apps, checks } } as unknown as SystemDocument; // built from one
  });

const app = (name: string) => ({ kind: 'app', app: name, host: name, port: 8080 });
const callee = fc.oneof(
  { weight: 8, arbitrary: mostly(app('ledger'), app('auditor'), app('portal'), app('nobody'), app('__proto__')) },
  { weight: 2, arbitrary: fc.constant(app('teller')) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: mostly('other', 'llm', 'odd'),
      app: fc.constant(null),
      host: fc.constantFrom(
        'rates.example.com',
        'llm.example.com',
        '10.1.2.3',
        '10.2.0.1',
        '::ffff:10.1.2.3',
        'fd00::1',
        '',
        '10.1.0',
      ),
      port: fc.constantFrom(443, 5432, 0, -1, 1.5, 1e21),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'llm', app: null, host: 'llm.example.com', port: 443 }) },
);
const route = fc.oneof(
  { weight: 8, arbitrary: fc.constant({ protocol: 'mcp', operation: 'tools/call' }) },
  {
    weight: 5,
    arbitrary: fc.record({
      protocol: fc.constantFrom('mcp', 'a2a', 'http', 'llm', 'ftp'),
      operation: fc.constantFrom(
        'tools/list',
        'SendMessage',
        'prompt',
        'POST',
        'open_path',
        'responses',
        'models',
        'agent_card',
      ),
    }),
  },
);
const token = fc.record({
  verified: mostly(true, false),
  sub: fc.constant('user'),
  act: fc.constant(['teller']),
  aud: mostly(['teller', 'ledger'], ['ledger'], ['teller'], []),
  scope: mostly(['user-input', 'call-agents', 'call-tools'], ['discover'], ['call-tools'], []),
  tools: mostly<JsonObject>({ 'ledger/read': true, 'ledger/transfer': true }, { 'ledger/read': true }, {}),
  session_id: mostly<string | null>('s1', null, ''),
  exp: mostly(1300, 1000, 0),
  call_matches: mostly<boolean | null>(true, false, null),
  audit: mostly(false, true),
});
const inputs = fc
  .record({
    phase: fc.constantFrom('issue', 'exchange', 'exchange', 'outbound', 'inbound', 'odd'),
    mas: fc.constant(mas),
    now: fc.constant(1000),
    caller: mostly<JsonValue>(
      { app: 'teller', type: 'agent' },
      { app: 'portal', type: 'client' },
      { app: 'x', type: 'agent' },
      null,
    ),
    callee,
    route,
    tool: fc.record({
      server: mostly('ledger', 'auditor'),
      name: mostly('transfer', 'read', 'unheard_of', 'read'),
      arguments: callArguments,
    }),
    token: fc.oneof({ weight: 9, arbitrary: token }, { weight: 1, arbitrary: fc.constant(null) }),
    session: mostly<JsonValue>(
      { state: 'live' },
      { state: 'revoked' },
      { state: 'unconfirmed' },
      { state: 'expired' },
      null,
    ),
    selected: mostly<JsonValue>(
      { calls: 1, match: 'exact', consumed: false },
      { calls: 1, match: 'name', consumed: false },
      { calls: 1, match: 'none', consumed: false },
      { calls: 2, match: 'exact', consumed: true },
      null,
    ),
    semantic: mostly<JsonValue>(
      { outcome: 'match', score: 0.9, strategy: 'embeddings' },
      { outcome: 'no_match', score: 0.1, strategy: 'hybrid' },
      { outcome: 'abstain', score: null, strategy: 'llm_verifier' },
      null,
    ),
    counters: mostly<JsonValue>(
      {},
      { 'bank/teller#0': { calls: 3, sum: 10 } },
      { 'bank/teller#1': { calls: 1, sum: 999.5 } },
    ),
    problem: mostly<JsonValue>(null, null, null, 'body_malformed'),
    start_peer: fc.constantFrom('client', 'outside', 'workload', null),
  })
  .map(({ route: { protocol, operation }, tool, ...rest }) => ({
    ...rest,
    protocol,
    operation,
    tool: operation === 'tools/call' ? tool : null,
  })) as unknown as fc.Arbitrary<DecisionInput>; // odd values are part of the test

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
