import { describe, expect, it } from 'vitest';
import { leaseDurationMs, planLease } from './lease.ts';

const others = { holder: 'other', version: '7' };

describe('planLease', () => {
  it('a lease of another is taken only after it stood still for its whole duration before our eyes', () => {
    const seen = { version: '7', sinceMs: 1000 };
    expect(planLease(others, 'me', null, 1000)).toBe('wait');
    expect(planLease(others, 'me', seen, 999 + leaseDurationMs)).toBe('wait');
    expect(planLease(others, 'me', seen, 1000 + leaseDurationMs)).toBe('take');
    expect(planLease({ ...others, version: '8' }, 'me', seen, 1000 + leaseDurationMs)).toBe('wait');
  });

  it('a lease that is absent, free or our own is held at once', () => {
    expect(planLease(null, 'me', null, 0)).toBe('create');
    expect(planLease({ holder: null, version: '7' }, 'me', null, 0)).toBe('take');
    expect(planLease({ holder: 'me', version: '7' }, 'me', null, 0)).toBe('renew');
  });
});
