import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseSystemDocument } from './parse_system.ts';

const mas = 'bank.bank';
const text = readFileSync(new URL('../testdata/bank.json', import.meta.url), 'utf8');

/** The bank's document with what lies at a path replaced; undefined takes it away. */
function changed(path: readonly (string | number)[], value: unknown): unknown {
  const document: unknown = JSON.parse(text);
  let place = document as Record<string | number, unknown>; // JSON's objects and arrays are indexed the same
  for (const step of path.slice(0, -1)) place = place[step] as Record<string | number, unknown>;
  place[path.at(-1) ?? ''] = value;
  return document;
}

describe('parseSystemDocument', () => {
  it('takes a whole document', () => {
    expect(parseSystemDocument(mas, JSON.parse(text))).toEqual(JSON.parse(text));
  });

  const test = ['mas', 'rules', 'bank/teller#1', 'arguments', 'clauses', 0, 0];
  it.each<[readonly (string | number)[], unknown]>([
    [['mas'], null],
    [['mas', 'name'], 'bank.other'],
    [['mas', 'enforcement'], 'Sometimes'],
    [['mas', 'on_abstain'], undefined],
    [['mas', 'reads_arguments'], undefined],
    [['mas', 'checks'], []],
    [['mas', 'rules'], undefined],
    [['mas', 'tools', 'ledger', 'read', 'selection'], 'loose'],
    [['mas', 'tools', 'ledger', 'read', 'reads_only'], 1],
    [['mas', 'apps', 'teller', 'type'], 'robot'],
    [['mas', 'apps', 'teller', 'callees'], undefined],
    [['mas', 'apps', 'teller', 'reach'], undefined],
    [['mas', 'apps', 'teller', 'policies'], 'bank/teller'],
    [['mas', 'apps', 'teller', 'endpoints', 'prefixes'], {}],
    [['mas', 'apps', 'teller', 'tools', 'ledger', 'transfer'], ['lost']],
    [['mas', 'rules', 'bank/teller#0', 'effect'], 'Perhaps'],
    [['mas', 'rules', 'bank/teller#0', 'enforcement'], undefined],
    [['mas', 'rules', 'bank/teller#0', 'limits', 'sum', 'max'], '1000'],
    [['mas', 'rules', 'bank/teller#0', 'limits', 'calls_per_session'], undefined],
    [['mas', 'rules', 'bank/teller#1', 'arguments', 'clauses'], {}],
    [[...test, 'keyword'], 'multipleOf'],
    [[...test, 'negated'], undefined],
    [[...test, 'value'], undefined],
    [[...test, 'path'], [1]],
    [
      [...test, 'path'],
      ['a', 'b', 'c', 'd', 'e', 'f', 'g'],
    ],
  ])('refuses %j as %j', (path, value) => {
    expect(() => parseSystemDocument(mas, changed(path, value))).toThrow(
      expect.objectContaining({ code: 'bundle_corrupt' }),
    );
  });
});
