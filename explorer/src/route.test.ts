import { expect, test } from 'vitest';
import { addresses, parseRoute } from './route.ts';

test('every address leads to its view, whatever a name holds', () => {
  const name = 'bank.a/b?c#d%';
  const at = (address: string) => {
    const { pathname, search } = new URL(address, 'http://explorer');
    return parseRoute(pathname, search);
  };
  expect([
    at(addresses.overview),
    at(addresses.systems),
    at(addresses.system(name)),
    at(addresses.graph(name)),
    at(addresses.sessions),
    at(addresses.sessionsOf(name)),
    at(addresses.session(name, name)),
    at(addresses.call(name, name)),
  ]).toEqual([
    { view: 'overview' },
    { view: 'systems' },
    { view: 'system', mas: name },
    { view: 'graph', mas: name },
    { view: 'sessions', mas: null },
    { view: 'sessions', mas: name },
    { view: 'session', session: name },
    { view: 'call', mas: name, decision: name },
  ]);
});

test('an address that is none, or that cannot be read, is unknown', () => {
  for (const path of ['/nowhere', '/systems/a/b', '/systems/%', '/a/b/c/d']) {
    expect({ path, ...parseRoute(path, '') }).toEqual({ path, view: 'unknown' });
  }
});
