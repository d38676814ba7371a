import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../policies/contract.ts';
import { type Call, comparable, matchSelection, type StoredSelection } from './match_selection.ts';

const schema = {
  type: 'object',
  properties: {
    account: { type: 'string' },
    currency: { type: 'string', default: 'EUR' },
    page: { type: 'object', properties: { size: { type: 'integer', default: 20 } } },
  },
};

function call(callArguments: JsonObject, selection: Call['selection'] = 'exact'): Call {
  return { tool: 'ledger/pay', arguments: callArguments, inputSchema: schema, selection };
}

function selected(key: string, callArguments: JsonObject, consumed = false): StoredSelection {
  return { key, tool: 'ledger/pay', arguments: callArguments, consumed };
}

describe('a selection matches a call', () => {
  it('exactly when the arguments are the same in another order', () => {
    const found = matchSelection(call({ a: 1, account: 'x' }), [selected('s', { account: 'x', a: 1 })]);
    expect(found).toEqual({ match: 'exact', consumed: false, key: 's' });
  });

  it('by name only when an argument differs', () => {
    const found = matchSelection(call({ account: 'mallory' }), [selected('s', { account: 'bob' })]);
    expect(found).toEqual({ match: 'name', consumed: false, key: null });
  });

  it('not at all when it is of another tool, or of none', () => {
    const others = [
      { ...selected('s', {}), tool: 'ledger/balance' },
      { ...selected('t', {}), tool: null },
    ];
    expect(matchSelection(call({}), others)).toEqual({ match: 'none', consumed: false, key: null });
  });

  it('with an unconsumed one before a consumed one', () => {
    const found = matchSelection(call({ account: 'x' }), [
      selected('used', { account: 'x' }, true),
      selected('free', { account: 'x' }),
    ]);
    expect(found).toEqual({ match: 'exact', consumed: false, key: 'free' });
  });

  it('as consumed when the same call was selected once and made before, whatever else was selected', () => {
    const found = matchSelection(call({ account: 'x' }), [
      selected('used', { account: 'x' }, true),
      selected('free', { account: 'y' }),
    ]);
    expect(found).toEqual({ match: 'exact', consumed: true, key: null });
  });

  it('by name with its key where the tool asks for the name only', () => {
    const found = matchSelection(call({ account: 'x' }, 'name'), [selected('free', { account: 'y' })]);
    expect(found).toEqual({ match: 'name', consumed: false, key: 'free' });
  });

  it('although a default is spelled out on one side', () => {
    expect(comparable({ currency: 'EUR', page: { size: 20 } }, schema)).toBe(comparable({ page: {} }, schema));
  });

  it('never when null stands where a default is not null', () => {
    expect(comparable({ currency: null }, schema)).not.toBe(comparable({}, schema));
  });

  it('never when a member named __proto__ differs', () => {
    const hostile = JSON.parse('{"__proto__": {"account": "mallory"}}') as JsonObject;
    expect(comparable(hostile, schema)).not.toBe(comparable({}, schema));
  });
});

describe('comparable arguments', () => {
  const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<JsonValue>;
  const objects = fc.dictionary(fc.string({ maxLength: 5 }), json, { maxKeys: 5 });

  it('are the same when nulls are added', () => {
    fc.assert(
      fc.property(objects, fc.string(), (object, name) => {
        fc.pre(!Object.hasOwn(object, name) && name !== '__proto__');
        expect(comparable({ ...object, [name]: null }, {})).toBe(comparable(object, {}));
      }),
    );
  });

  it('are the same when a default is added', () => {
    fc.assert(
      fc.property(objects, json, (object, byDefault) => {
        const { named: _, ...rest } = object;
        const withDefault = { properties: { named: { default: byDefault } } };
        expect(comparable({ ...rest, named: byDefault }, withDefault)).toBe(comparable(rest, withDefault));
      }),
    );
  });

  it('differ when a text in them differs', () => {
    fc.assert(
      fc.property(objects, fc.string(), fc.string(), (object, one, other) => {
        fc.pre(one !== other);
        expect(comparable({ ...object, to: one }, schema)).not.toBe(comparable({ ...object, to: other }, schema));
      }),
    );
  });

  it('do not depend on the order of members', () => {
    fc.assert(
      fc.property(objects, (object) => {
        const reversed = Object.fromEntries(Object.entries(object).reverse());
        expect(comparable(reversed, schema)).toBe(comparable(object, schema));
      }),
    );
  });
});
