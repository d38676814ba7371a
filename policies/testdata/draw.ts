/** Systems and questions drawn at random for tests: mostly what is allowed, with one or two things odd. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { DecisionInput, JsonObject, JsonValue } from '../contract.ts';
import { flattenArguments } from '../flatten_arguments.ts';
import type { CompiledRule, SystemDocument } from '../system.ts';

export const mas = 'bank.bank';
const bank: SystemDocument = JSON.parse(readFileSync(new URL('./bank.json', import.meta.url), 'utf8'));

/** Mostly the first, sometimes one of the others. */
export function mostly<T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof({ weight: 12, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
}

const amount = fc.constantFrom<JsonValue>(0, 1, 10, 99.5, 100, 1000, 1001, 1e21, -1, '100', null, 0.1, 1e-7, 2 ** 53);
const text = fc.constantFrom<JsonValue>('EUR', 'XAU', 'Åsa', '😀😀', '', 'x\ny', '\u2028', 7, false);
export const callArguments: fc.Arbitrary<JsonObject> = fc.dictionary(
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
export const systems: fc.Arbitrary<SystemDocument> = fc
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

export const app = (name: string) => ({ kind: 'app', app: name, host: name, port: 8080 });
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
  { weight: 2, arbitrary: fc.constant({ protocol: 'http', operation: 'prompt' }) },
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
/** A prompt that may start a session is too rare to be drawn by luck. */
function entry(peer: string | null) {
  return { callee: app('teller'), caller: peer === 'client' ? { app: 'portal', type: 'client' } : null };
}

export const inputs = fc
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
    ...(rest.phase === 'issue' && operation === 'prompt' ? entry(rest.start_peer) : {}),
    protocol,
    operation,
    tool: operation === 'tools/call' ? tool : null,
  })) as unknown as fc.Arbitrary<DecisionInput>; // odd values are part of the test

