import { connect } from 'node:net';
import type { WireAnswer, WireRequest } from './wire_request.ts';

const silenceMax = 8_000;

/** Sends the request on a connection of its own and reads until the other side ends it. */
export function sendRequest(request: WireRequest): Promise<WireAnswer> {
  const [host = '', port = ''] = request.to.split(':');
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const done = () => {
      socket.destroy();
      resolve(parseAnswer(Buffer.concat(chunks).toString('utf8')));
    };
    // Half open: an answer may come after this side has ended.
    const socket = connect({ host, port: Number(port), allowHalfOpen: true });
    socket.setTimeout(silenceMax, done);
    socket.on('connect', () => {
      socket.write(head(request));
      socket.write(bytesOf(request), () => {
        if (request.hangsUp === true) socket.end();
      });
    });
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', done);
    // A side that has answered may refuse the rest of the body.
    socket.on('error', () => setImmediate(done));
  });
}

function bytesOf(request: WireRequest): Buffer {
  return Buffer.from(request.body, request.encoding ?? 'utf8');
}

function head(request: WireRequest): string {
  const { method = 'POST', path, headers, authority = request.to } = request;
  const length = request.declaredBytes ?? bytesOf(request).length;
  const all = { host: authority, connection: 'close', 'content-length': String(length), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

function parseAnswer(text: string): WireAnswer {
  const split = text.indexOf('\r\n\r\n');
  if (split < 0) return { status: null, headers: {}, body: '', reason: null };
  const [first = '', ...lines] = text.slice(0, split).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const raw = text.slice(split + 4);
  const body = headers['transfer-encoding'] === 'chunked' ? joinChunks(raw) : raw;
  return { status: Number(first.split(' ')[1]), headers, body, reason: reasonIn(body) };
}

function joinChunks(raw: string): string {
  const [size = '', ...rest] = raw.split('\r\n');
  const length = Number.parseInt(size, 16);
  if (!(length > 0)) return '';
  const text = rest.join('\r\n');
  const bytes = Buffer.from(text);
  const chunk = bytes.subarray(0, length).toString('utf8');
  return chunk + joinChunks(bytes.subarray(length + 2).toString('utf8'));
}

/** A problem's, a JSON-RPC error's, or an OpenAI error's. */
function reasonIn(body: string): string | null {
  try {
    const { reason, error } = Object(JSON.parse(body));
    return reason ?? error?.data?.reason ?? error?.code ?? null;
  } catch {
    return null;
  }
}
