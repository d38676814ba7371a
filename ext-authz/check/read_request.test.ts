import { expect, test } from 'vitest';
import type { CheckRequest } from '../proto/messages.ts';
import { readCheckRequest } from './read_request.ts';

const extensions = { 'casa.direction': 'inbound', 'casa.mas': 'demo.bank', 'casa.app': 'agent' };

function question(headers: { [name: string]: string }, body = '{}', context: { [key: string]: string } = extensions) {
  const message: CheckRequest = {
    attributes: {
      source: { address: { socket_address: { address: '::ffff:10.0.0.7', port_value: 1 } } },
      request: {
        http: { method: 'POST', path: '/a?b', host: 'agent', headers, raw_body: Buffer.from(body), size: 0 },
      },
      context_extensions: context,
    },
  };
  return readCheckRequest(message);
}

test('direction and identity come from the context alone', () => {
  expect(question({ 'casa.direction': 'outbound', 'x-casa-direction': 'outbound' })).toMatchObject({
    direction: 'inbound',
    mas: 'demo.bank',
    app: 'agent',
    sourceAddress: '10.0.0.7',
    request: { path: '/a', query: '?b' },
  });
  expect(question({}, '{}', {})).toBeNull();
  expect(question({}, '{}', { ...extensions, 'casa.direction': 'sideways' })).toBeNull();
  expect(readCheckRequest({})).toBeNull();
});

test.each([
  [{ 'content-length': '2' }, null],
  [{ 'content-encoding': 'identity' }, null],
  [{ 'content-length': '3' }, 'body_truncated'],
  [{ 'content-length': '1' }, 'body_truncated'],
  [{ 'x-envoy-auth-partial-body': 'true' }, 'body_truncated'],
  [{ 'content-length': '2,2' }, 'body_malformed'],
  [{ 'content-encoding': 'gzip' }, 'body_malformed'],
  [{ 'content-length': '5000000' }, 'body_too_large'],
])('a body with %j has the problem %s', (headers, problem) => {
  expect(question(headers)?.request.problem).toBe(problem);
});

test('a body beyond the limit is too large', () => {
  expect(question({}, 'x'.repeat(1024 * 1024 + 1))?.request.problem).toBe('body_too_large');
});
