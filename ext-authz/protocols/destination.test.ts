import { expect, test } from 'vitest';
import { pepDocument } from '../testing/requests.ts';
import { parseAuthority, readCallee } from './destination.ts';

test.each([
  ['Bank:8080', { kind: 'app', app: 'bank', host: 'bank', port: 8080 }],
  ['bank.demo.svc.cluster.local:8080', { kind: 'app', app: 'bank', host: 'bank', port: 8080 }],
  ['bank.demo.svc.other:8080', { kind: 'other', app: null, host: 'bank.demo.svc.other', port: 8080 }],
  ['LLM:9000', { kind: 'llm', app: null, host: 'llm', port: 9000 }],
  ['bank', { kind: 'other', app: null, host: 'bank', port: 80 }],
  ['[::ffff:10.0.0.1]:90', { kind: 'other', app: null, host: '10.0.0.1', port: 90 }],
  ['[2001:DB8:0::1]', { kind: 'other', app: null, host: '2001:db8::1', port: 80 }],
])('%s is found', (authority, callee) => {
  expect(readCallee(authority, pepDocument)).toEqual(callee);
});

test.each(['', 'a b', 'user@bank:8080', 'bank:0', 'bank:99999', 'bank:8080,other', '[::1'])(
  '`%s` is no authority',
  (text) => {
    expect(parseAuthority(text)).toBeNull();
  },
);
