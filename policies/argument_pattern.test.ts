import { describe, expect, it } from 'vitest';
import { patternProblem } from './argument_pattern.ts';

describe('patternProblem', () => {
  it.each([
    '^DE[0-9]{20}$',
    '^[A-Z]{3}$',
    '^(?:EUR|USD)$',
    '^(a|b(c|d)+)*$',
    '^[^/]+@example\\.com$',
    '^\\d{4}-\\d{2}-\\d{2}$',
    '^/reports/[\\w.-]+$',
    '^$',
  ])('allows %s', (pattern) => {
    expect(patternProblem(pattern)).toBeNull();
    expect(() => new RegExp(pattern, 'u')).not.toThrow();
  });

  it.each([
    ['a', 'not anchored'],
    ['^a', 'not anchored'],
    ['^a\\$', 'not anchored'],
    ['^a|b$', 'outside a group'],
    ['^(?=a)a$', 'outside the supported subset'],
    ['^(?<n>a)$', 'outside the supported subset'],
    ['^(?i:a)$', 'outside the supported subset'],
    ['^(a)\\1$', 'outside the supported subset'],
    ['^\\p{L}$', 'outside the supported subset'],
    ['^\\bword$', 'outside the supported subset'],
    ['^a**$', 'outside the supported subset'],
    ['^(a$', 'outside the supported subset'],
    ['^[a$', 'outside the supported subset'],
    ['^é$', 'outside the supported subset'],
    ['^a{1,101}$', 'repeats more than 100'],
    [`^${'a'.repeat(256)}$`, 'longer than 256'],
    ['^a\n$', 'outside the supported subset'],
  ])('refuses %s', (pattern, problem) => {
    expect(patternProblem(pattern)).toContain(problem);
  });
});
