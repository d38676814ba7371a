import { connect } from 'node:net';
import type { HttpMessage } from '../../journey/http_message.ts';

/** Envoy answers a Check that nobody answers after 3 s. */
const silenceMaxMs = 10_000;

export interface Answer {
  /** null: the connection ended without an answer. */
  readonly status: number | null;
  readonly headers: { readonly [name: string]: string };
  readonly body: Buffer;
  /** The body came to its end. */
  readonly isWhole: boolean;
}

/** Sends the request on a connection of its own, that begins with `preface`, and reads until the other side ends it. */
export function sendRequest(port: number, preface: string, message: HttpMessage): Promise<Answer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const done = () => {
      socket.destroy();
      resolve(parseAnswer(Buffer.concat(chunks)));
    };
    // Half open: an answer may come after this side has ended.
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    socket.setTimeout(silenceMaxMs, done);
    socket.on('connect', () => {
      socket.write(`${preface}${head(message)}`);
      socket.write(message.body, () => {
        if (isShort(message)) socket.end();
      });
    });
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', done);
    // A side that has answered may refuse the rest of the body.
    socket.on('error', () => setImmediate(done));
  });
}

/** A body that is shorter than it says is cut off by its sender. */
function isShort({ headers, body }: HttpMessage): boolean {
  return Number(headers['content-length'] ?? 0) > body.length;
}

function head({ method, path, authority, headers, body }: HttpMessage): string {
  const length = body.length === 0 && method === 'GET' ? {} : { 'content-length': String(body.length) };
  const lines = Object.entries({ host: authority, connection: 'close', ...length, ...headers });
  return `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}

function parseAnswer(bytes: Buffer): Answer {
  const split = bytes.indexOf('\r\n\r\n');
  if (split < 0) return { status: null, headers: {}, body: Buffer.alloc(0), isWhole: false };
  const [first = '', ...lines] = bytes.subarray(0, split).toString('latin1').split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const raw = bytes.subarray(split + 4);
  const status = Number(first.split(' ')[1]);
  if (headers['transfer-encoding'] === 'chunked') return { status, headers, ...joinChunks(raw) };
  const length = Number(headers['content-length'] ?? raw.length);
  return { status, headers, body: raw, isWhole: raw.length === length };
}

function joinChunks(raw: Buffer): { readonly body: Buffer; readonly isWhole: boolean } {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = raw.indexOf('\r\n', at);
    const size = Number.parseInt(raw.subarray(at, end).toString('latin1'), 16);
    if (end < 0 || !(size > 0)) return { body: Buffer.concat(parts), isWhole: size === 0 };
    parts.push(raw.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}
