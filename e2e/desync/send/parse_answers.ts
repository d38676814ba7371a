import type { RawAnswer } from './raw_request.ts';

/** The HTTP/1 answers that a connection gave, in their order; a part of one at the end counts when its head is whole. */
export function parseAnswers(bytes: Buffer): readonly RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = bytes;
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0 || !rest.subarray(0, 5).equals(Buffer.from('HTTP/'))) return answers;
    const [first = '', ...lines] = rest.subarray(0, end).toString('latin1').split('\r\n');
    const headers = new Map(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const { body, length } = readBody(rest.subarray(end + 4), headers);
    const status = Number(first.split(' ')[1]);
    if (status >= 200) answers.push({ status, body, reason: reasonIn(body) });
    rest = rest.subarray(end + 4 + length);
  }
}

function readBody(bytes: Buffer, headers: ReadonlyMap<string, string>): { body: string; length: number } {
  if (headers.get('transfer-encoding') === 'chunked') return readChunks(bytes);
  const length = Number(headers.get('content-length') ?? (headers.get('connection') === 'close' ? bytes.length : 0));
  return { body: bytes.subarray(0, length).toString('utf8'), length };
}

function readChunks(bytes: Buffer): { body: string; length: number } {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = bytes.indexOf('\r\n', at);
    const size = end < 0 ? Number.NaN : Number.parseInt(bytes.subarray(at, end).toString('latin1'), 16);
    if (!(size >= 0)) return { body: Buffer.concat(parts).toString('utf8'), length: bytes.length };
    parts.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
    if (size === 0) return { body: Buffer.concat(parts).toString('utf8'), length: at };
  }
}

/** A problem's, a JSON-RPC error's, or an OpenAI error's. */
function reasonIn(body: string): string | null {
  try {
    const { reason, error } = Object(JSON.parse(body));
    const said = reason ?? error?.data?.reason ?? error?.code;
    // JSON-RPC's own codes are numbers, and no reasons of CASA.
    return typeof said === 'string' ? said : null;
  } catch {
    return null;
  }
}
