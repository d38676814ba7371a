import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { Encoding, Shape } from './desync_case.ts';

/** What fills the placeholders: an allowed call of a tool, and where it goes. */
export interface Filling {
  readonly host: string;
  readonly path: string;
  /** The JSON-RPC id. */
  readonly id: string;
  readonly name: string;
  /** The arguments as JSON, an object with a member at least. */
  readonly arguments: string;
  /** A bearer token; null: none is sent. */
  readonly token: string | null;
}

const plainCall =
  '{"jsonrpc":"2.0","id":"{{id}}","method":"tools/call","params":{"name":"{{name}}","arguments":{{arguments}}}}';
const repeated = /\{\{repeat:(\d+):(.+?)\}\}/gs;
const placeholder = /\{\{(\w+)\}\}/g;

/** The bytes of a request on the wire. */
export function renderShape(shape: Shape, filling: Filling): Buffer {
  const call = fill(plainCall, valuesOf(filling));
  const body = encode(fill(shape.body ?? plainCall, { ...valuesOf(filling), call }), shape.encoding ?? 'utf8');
  const values = {
    ...valuesOf(filling),
    call,
    body: body.toString('latin1'),
    length: String(body.length),
    hex_length: body.length.toString(16),
    call_length: String(call.length),
    call_hex_length: call.length.toString(16),
  };
  const wire = shape.wire ?? `${head(shape)}\r\n${shape.payload ?? '{{body}}'}`;
  return Buffer.from(fill(wire, values), 'latin1');
}

function head({ method = 'POST', target = '{{path}}', version = 'HTTP/1.1', ...shape }: Shape): string {
  const { host = '{{host}}', headers = [], without = [] } = shape;
  const plain: readonly (readonly [string, string])[] = [
    ...(host === null ? [] : ([['host', host]] as const)),
    ['connection', 'close'],
    ['content-type', 'application/json'],
    ['accept', 'application/json, text/event-stream'],
    ['content-length', '{{length}}'],
  ];
  const kept = plain.filter(([name]) => !without.includes(name)).map(([name, value]) => `${name}: ${value}\r\n`);
  const authorization = without.includes('authorization') ? '' : '{{authorization}}';
  return `${method} ${target} ${version}\r\n${kept.join('')}${authorization}${headers.map((line) => `${line}\r\n`).join('')}`;
}

function valuesOf({ token, ...filling }: Filling): { readonly [name: string]: string } {
  const [first = ['', '']] = Object.entries(JSON.parse(filling.arguments));
  return {
    ...filling,
    name_base64: Buffer.from(filling.name).toString('base64'),
    members: filling.arguments.slice(1, -1),
    key: first[0],
    value: JSON.stringify(first[1]),
    authorization: token === null ? '' : `authorization: Bearer ${token}\r\n`,
  };
}

/** Throws on a placeholder that nothing fills. */
function fill(text: string, values: { readonly [name: string]: string }): string {
  const long = text.replace(repeated, (_, count: string, part: string) => part.repeat(Number(count)));
  return long.replace(placeholder, (whole, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) throw new Error(`nothing fills ${whole}`);
    return value;
  });
}

function encode(text: string, encoding: Encoding): Buffer {
  switch (encoding) {
    case 'utf16be':
      return Buffer.from(text, 'utf16le').swap16();
    case 'utf32le':
      return Buffer.concat(
        [...text].map((character) => Buffer.from(Uint32Array.of(character.codePointAt(0) ?? 0).buffer)),
      );
    case 'gzip':
      return gzipSync(text);
    case 'deflate':
      return deflateSync(text);
    case 'brotli':
      return brotliCompressSync(text);
    default:
      return Buffer.from(text, encoding);
  }
}
