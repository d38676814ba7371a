import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkNames, type Decision, type DecisionInput, type JsonValue, phases, reasons } from './contract.ts';
import { readPolicyModules } from './read_modules.ts';

const rego = Object.values(readPolicyModules().rego)
  .map((source) => source.replaceAll(/^\s*#.*$/gm, ''))
  .join('\n');
const literals = new Set([...rego.matchAll(/"([^"\n]*)"/g)].map(([, text]) => text ?? ''));

/** Every member of the question that there can be. */
const maximal: DecisionInput = {
  phase: 'exchange',
  mas: 'bank.bank',
  now: 1,
  caller: { app: 'teller', type: 'agent' },
  callee: { kind: 'app', app: 'ledger', host: 'ledger', port: 8080 },
  protocol: 'mcp',
  operation: 'tools/call',
  tool: { server: 'ledger', name: 'read', arguments: {} },
  token: {
    verified: true,
    sub: 'user',
    act: [],
    aud: [],
    scope: [],
    tools: {},
    session_id: 's1',
    exp: 1,
    call_matches: null,
    audit: false,
  },
  session: { state: 'live' },
  selected: { calls: 1, match: 'exact', consumed: false },
  semantic: { outcome: 'match', score: 1, strategy: 'hybrid' },
  counters: { rule: { calls: 1, sum: 1 } },
  problem: null,
  start_peer: null,
};

/** Facts for the trace, which no rule reads. */
const unread = ['semantic.score', 'semantic.strategy', 'token.act', 'token.sub', 'counters.rule'];

/** Words of the contract that look like reasons and are none. */
const otherWords = new Set(['agent_card', 'audit_only', 'no_match', 'open_path', 'pass_reads']);

function pathsOf(value: JsonValue, path: string): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path];
  const inner = Object.entries(value).flatMap(([key, member]) => pathsOf(member, path === '' ? key : `${path}.${key}`));
  return inner.length === 0 ? [path] : [path, ...inner];
}

describe('the contract and the Rego', () => {
  const examplePaths = new Set(pathsOf(maximal as unknown as JsonValue, '')); // plain JSON by its type
  const readPaths = new Set([...rego.matchAll(/\binput\.([a-z_]+(?:\.[a-z_]+)*)/g)].map(([, path]) => path ?? ''));

  it('agree on what is asked: the rules read nothing that is not in the question', () => {
    expect(readPaths.size).toBeGreaterThan(25);
    expect([...readPaths].filter((path) => !examplePaths.has(path))).toEqual([]);
  });

  it('agree on what is asked: everything in the question is read, save what is for the trace', () => {
    const leaves = [...examplePaths].filter((path) => ![...examplePaths].some((other) => other.startsWith(`${path}.`)));
    const read = (leaf: string) => readPaths.has(leaf);
    expect(
      leaves.filter((leaf) => leaf !== '' && !read(leaf) && !unread.some((path) => leaf.startsWith(path))),
    ).toEqual([]);
  });

  it('agree on the reasons: the rules give each, and no other', () => {
    expect(reasons.filter((reason) => !literals.has(reason))).toEqual([]);
    const known: ReadonlySet<string> = new Set([...reasons, ...otherWords]);
    const reasonLike = [...literals].filter((text) => /^[a-z]+(_[a-z]+)+$/.test(text));
    expect(reasonLike.filter((text) => !known.has(text) && !isMemberName(text))).toEqual([]);
  });

  it('agree on the phases and the checks that can be switched', () => {
    expect(phases.filter((phase) => !literals.has(phase))).toEqual([]);
    expect(checkNames.filter((name) => !literals.has(name))).toEqual([]);
  });

  it('agree on the answer: the same members, no more', () => {
    const answer: { readonly [key in keyof Decision]: true } = {
      allow: true,
      reason: true,
      checks: true,
      grant: true,
      audit_only: true,
      policies: true,
    };
    const body = /^decision := \{([\s\S]*?)^\}/m.exec(rego)?.[1] ?? '';
    expect([...body.matchAll(/"([a-z_]+)":/g)].map(([, key]) => key).sort()).toEqual(Object.keys(answer).sort());
  });

  it('explain every reason once, in reasons.json', () => {
    const help: unknown = JSON.parse(readFileSync(new URL('./reasons.json', import.meta.url), 'utf8'));
    expect(Object.keys(help as object)).toEqual([...reasons]);
    for (const sentence of Object.values(help as object)) expect(sentence).toMatch(/^[a-z].*[^.]$/);
  });
});

/** Keys that the rules look for in the question or the data. */
function isMemberName(text: string): boolean {
  return new RegExp(`[.]${text}\\b`).test(rego);
}
