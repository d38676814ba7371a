/** Worlds and traces drawn at random: an agent that mostly does what its LLM said, and now and then something else. */
import fc from 'fast-check';
import type { Arguments, Rule, Step, World } from './world.ts';

const servers = ['accounts', 'archive'];
const names = ['get_balance', 'get_note', 'transfer'];
const tools = servers.flatMap((server) => names.map((name) => `${server}/${name}`));

const rule: fc.Arbitrary<Rule> = fc
  .record({
    server: fc.constantFrom('*', 'a*', 'ac*', ...servers),
    name: fc.constantFrom('*', 'get_*', ...names),
    effect: fc.constantFrom<Rule['effect']>('Allow', 'Allow', 'Allow', 'Deny'),
    maxAmount: fc.option(fc.constantFrom(10, 50), { freq: 2 }),
    callsMax: fc.option(fc.constantFrom(1, 2, 3), { freq: 2 }),
    sumMax: fc.option(fc.constantFrom(20, 100), { freq: 2 }),
  })
  // Only what is allowed is counted; the CRD says so too.
  .map((drawn) => (drawn.effect === 'Deny' ? { ...drawn, callsMax: null, sumMax: null } : drawn));

export const worlds: fc.Arbitrary<World> = fc.record({
  endpoints: fc.option(fc.constant(['accounts']), { freq: 2 }),
  tools: fc
    .array(fc.constantFrom('exact' as const, 'exact' as const, 'name' as const), { minLength: 6, maxLength: 6 })
    .map((modes) => Object.fromEntries(tools.map((tool, index) => [tool, { selection: modes[index] ?? 'exact' }]))),
  // A rule for everything first, so that most worlds allow something.
  rules: fc.option(
    fc
      .array(rule, { minLength: 1, maxLength: 3 })
      .map((rules) => [
        { server: '*', name: 'get_*', effect: 'Allow' as const, maxAmount: null, callsMax: null, sumMax: null },
        ...rules,
      ]),
    { freq: 4 },
  ),
  checksSelections: fc.constantFrom(true, true, true, false),
});

const callArguments: fc.Arbitrary<Arguments> = fc.record(
  {
    amount: fc.constantFrom(0, 10, 11, 50, 99.5),
    currency: fc.constantFrom('EUR', 'USD'),
    note: fc.constantFrom(null, 'x'),
  },
  { requiredKeys: [] },
);
const call = fc.record({
  tool: fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom(...tools) },
    { weight: 1, arbitrary: fc.constant('accounts/no_such') },
  ),
  arguments: callArguments,
});

/** The LLM selects, the agent does so: exactly, with a default spelt out, with other arguments, twice, or not at all. */
const turn: fc.Arbitrary<readonly Step[]> = fc
  .record({ selects: fc.array(call, { minLength: 1, maxLength: 2 }), does: fc.nat(9), odd: call })
  .map(({ selects, does, odd }): readonly Step[] => {
    const done: readonly Step[] = selects.map((one) => ({ kind: 'call', ...one }));
    const answer: Step = { kind: 'answer', selects };
    const spelt = selects.map(({ tool, arguments: { currency, ...rest } }): Step => {
      const spelling = currency === undefined ? { currency: 'EUR', note: null } : { currency };
      return {
        kind: 'call',
        tool,
        arguments: { ...rest, ...spelling, ...(rest.note === undefined ? {} : { note: rest.note }) },
      };
    });
    const changed = selects.map(({ tool }): Step => ({ kind: 'call', tool, arguments: odd.arguments }));
    if (does < 4) return [answer, ...done];
    if (does === 4) return [answer, ...done, ...done];
    if (does === 5) return [answer, ...spelt];
    if (does === 6) return [answer, ...changed];
    if (does === 7) return [answer, { kind: 'call', ...odd }];
    return does === 8 ? [{ kind: 'call', ...odd }] : [{ kind: 'prompt' }, ...done];
  });

export const traces: fc.Arbitrary<readonly Step[]> = fc
  .record({ turns: fc.array(turn, { minLength: 1, maxLength: 4 }), starts: fc.nat(15), ends: fc.nat(9), late: call })
  .map(({ turns, starts, ends, late }): readonly Step[] => [
    ...(starts === 0 ? [] : [{ kind: 'prompt' as const }]),
    ...turns.flat(),
    ...(ends === 0
      ? [{ kind: 'revoke' as const }, { kind: 'answer' as const, selects: [late] }, { kind: 'call' as const, ...late }]
      : []),
  ]);
