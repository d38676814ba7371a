import { describe, expect, it } from 'vitest';
import type { JsonValue } from './contract.ts';
import { flattenArguments } from './flatten_arguments.ts';

function issuesOf(schema: JsonValue): readonly string[] {
  const flat = flattenArguments(schema);
  return flat.kind === 'issues' ? flat.issues.map(({ path, message }) => `${path}: ${message}`) : [];
}

function clausesOf(schema: JsonValue): readonly string[] {
  const flat = flattenArguments(schema);
  if (flat.kind === 'issues') throw new Error(JSON.stringify(flat.issues));
  return flat.conditions.clauses.map((clause) =>
    clause
      .map(({ path, keyword, value, negated }) => {
        const place = path.map((step) => step ?? '*').join('.');
        return `${negated ? 'not ' : ''}${place} ${keyword} ${JSON.stringify(value)}`;
      })
      .join(' or '),
  );
}

describe('flattenArguments', () => {
  it('makes one clause of each keyword', () => {
    expect(
      clausesOf({
        type: 'object',
        required: ['amount', 'to'],
        additionalProperties: false,
        properties: {
          amount: { type: 'number', maximum: 100, description: 'in euro' },
          to: { type: 'object', properties: { iban: { type: 'string', pattern: '^DE[0-9]{20}$' } } },
          tags: { type: 'array', maxItems: 2, items: { enum: ['a', 'b'] } },
        },
      }),
    ).toEqual([
      ' type ["object"]',
      ' required "amount"',
      ' required "to"',
      ' members ["amount","to","tags"]',
      'amount type ["number"]',
      'amount maximum 100',
      'to type ["object"]',
      'to.iban type ["string"]',
      'to.iban pattern "^DE[0-9]{20}$"',
      'tags type ["array"]',
      'tags maxItems 2',
      'tags.* enum ["a","b"]',
    ]);
  });

  it('counts the patterns', () => {
    const one = { type: 'string', pattern: '^a$' };
    const flat = flattenArguments({ properties: { a: one, b: one, c: { type: 'string', pattern: '^b$' } } });
    expect(flat).toMatchObject({ kind: 'flat', conditions: { patterns: 2 } });
  });

  it('multiplies the branches of anyOf', () => {
    const small = { properties: { amount: { type: 'number', maximum: 10 } } };
    const ours = { properties: { to: { const: 'DE1' } } };
    expect(clausesOf({ anyOf: [small, ours] })).toEqual([
      'amount type ["number"] or to const "DE1"',
      'amount maximum 10 or to const "DE1"',
    ]);
  });

  it('turns not around by De Morgan', () => {
    expect(clausesOf({ not: { properties: { a: { const: 1 }, b: { const: 2 } } } })).toEqual([
      'not a const 1 or not b const 2',
    ]);
    expect(clausesOf({ not: { anyOf: [{ properties: { a: { const: 1 } } }, { required: ['b'] }] } })).toEqual([
      'not a const 1',
      'not  required "b"',
    ]);
    expect(clausesOf({ not: { not: { required: ['a'] } } })).toEqual([' required "a"']);
  });

  it('lets an absent place satisfy a negated schema, as it satisfies every other', () => {
    expect(clausesOf({ properties: { a: { not: { const: 1 } } } })).toEqual(['not a const 1 or a absent true']);
  });

  it('never holds for the negation of everything, and always for a branch without conditions', () => {
    expect(clausesOf({ not: {} })).toEqual(['']);
    expect(clausesOf({ anyOf: [{ required: ['a'] }, {}] })).toEqual([]);
  });

  it('says everything that is wrong at once', () => {
    expect(
      issuesOf({
        properties: {
          amount: { maximum: 10 },
          name: { type: 'text' },
          code: { type: 'string', pattern: 'A+' },
          when: { type: 'string', format: 'date' },
        },
        additionalProperties: true,
      }),
    ).toEqual([
      'properties.amount.maximum: needs `type: number` beside it, or other types would pass',
      'properties.name.type: must be of string, number, integer, boolean, object, array, null',
      'properties.code.pattern: pattern is not anchored: it must begin with `^` and end with `$`',
      'properties.when.format: is no keyword of the supported JSON Schema subset',
      'additionalProperties: only `false` is supported',
    ]);
  });

  it.each<[string, JsonValue, string]>([
    ['a schema that is no object', true, ': must be an object'],
    [
      'anyOf inside items',
      { properties: { a: { type: 'array', items: { anyOf: [{}] } } } },
      'not supported inside `items`',
    ],
    ['combinations in combinations', { not: { not: { not: { not: {} } } } }, 'nest deeper than 3'],
    ['a list that is empty', { anyOf: [] }, 'must be a list that is not empty'],
    ['a bound that is text', { properties: { a: { type: 'number', minimum: '1' } } }, 'must be a number'],
    ['a length below 0', { properties: { a: { type: 'string', minLength: -1 } } }, 'must be a whole number'],
    ['required that is no list', { required: 'a' }, 'must be a list of names'],
  ])('refuses %s', (_, schema, message) => {
    expect(issuesOf(schema).join('\n')).toContain(message);
  });

  it('walks six steps and no more', () => {
    const nest = (steps: number): JsonValue => {
      if (steps === 0) return { const: 1 };
      return { type: 'object', properties: { a: nest(steps - 1) } };
    };
    expect(issuesOf(nest(6))).toEqual([]);
    expect(issuesOf(nest(7)).join()).toContain('deeper than 6 steps');
  });

  it('limits what anyOf multiplies to', () => {
    const pair = { properties: { a: { const: 1 }, b: { const: 2 } } };
    expect(issuesOf({ anyOf: Array.from({ length: 6 }, () => pair) })).toEqual([]);
    expect(issuesOf({ anyOf: Array.from({ length: 7 }, () => pair) }).join()).toContain('more than 64 clauses');
    expect(issuesOf({ anyOf: Array.from({ length: 500 }, () => pair) }).join()).toContain('more than 64 clauses');
  });

  it('limits the patterns', () => {
    const properties = Object.fromEntries(
      Array.from({ length: 11 }, (_, index) => [`a${index}`, { type: 'string', pattern: `^${index}$` }]),
    );
    expect(issuesOf({ properties }).join()).toContain('more than 10 patterns');
  });
});
