import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { type Filling, renderShape } from './render_shape.ts';

const filling: Filling = {
  host: 'bank:80',
  path: '/mcp',
  id: 'a',
  name: 'list',
  arguments: '{"account":"b","limit":1}',
  token: null,
};
const rendered = (shape: Parameters<typeof renderShape>[0]) => renderShape(shape, filling).toString('latin1');
const bodyOf = (bytes: Buffer) => bytes.subarray(bytes.indexOf('\r\n\r\n') + 4);

test('a shape without any trait is the plain call', () => {
  const body =
    '{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"list","arguments":{"account":"b","limit":1}}}';
  expect(rendered({})).toBe(
    `POST /mcp HTTP/1.1\r\nhost: bank:80\r\nconnection: close\r\ncontent-type: application/json\r\naccept: application/json, text/event-stream\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
});

test('lines are left out and added, and a token is a line of its own', () => {
  const bytes = renderShape(
    { without: ['content-length', 'accept'], headers: ['x-a : b'] },
    { ...filling, token: 't' },
  );
  const head = bytes.toString('latin1').split('\r\n\r\n')[0];
  expect(head?.split('\r\n').slice(3)).toEqual([
    'content-type: application/json',
    'authorization: Bearer t',
    'x-a : b',
  ]);
});

test('placeholders have the parts of the call, and repeat', () => {
  expect(rendered({ wire: '{{{members}},"{{key}}":{{value}}} {{repeat:3:}]}}' })).toBe(
    '{"account":"b","limit":1,"account":"b"} }]}]}]',
  );
  expect(() => rendered({ wire: '{{nobody}}' })).toThrow('nothing fills {{nobody}}');
});

test('a body is encoded before it is measured', () => {
  expect(bodyOf(renderShape({ encoding: 'utf16be', body: 'a' }, filling))).toEqual(Buffer.from([0, 0x61]));
  expect(gunzipSync(bodyOf(renderShape({ encoding: 'gzip', body: 'a{{id}}' }, filling))).toString()).toBe('aa');
  expect(rendered({ encoding: 'utf32le', body: 'abc', payload: '{{length}} {{hex_length}}' })).toMatch(/12 c$/);
});
