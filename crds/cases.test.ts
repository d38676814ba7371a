import { describe, expect, test } from 'vitest';
import { loadValues } from './load.ts';
import { readCases } from './testing.ts';

const cases = readCases();

describe('casa lint, offline', () => {
  test.each(cases)('$title', ({ accepted, resource }) => {
    expect(loadValues([resource]).issues.length === 0).toBe(accepted);
  });

  test('there are cases of both verdicts', () => {
    expect(cases.filter(({ accepted }) => accepted).length).toBeGreaterThan(50);
    expect(cases.filter(({ accepted }) => !accepted).length).toBeGreaterThan(50);
    expect(new Set(cases.map(({ title }) => title)).size).toBe(cases.length);
  });
});
