import { connect } from 'node:net';
import { parseAnswers } from './parse_answers.ts';
import type { RawAnswers, RawRequest } from './raw_request.ts';

/** Longer than any answer of Envoy or CASA takes: a Check is answered within 2.7 s. */
const silenceMs = 6_000;

/** Sends the bytes on a connection of their own, and reads until the other side ends it. */
export function sendRaw(request: RawRequest): Promise<RawAnswers> {
  const cut = request.to.lastIndexOf(':');
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const done = (silent: boolean) => {
      socket.destroy();
      resolve({ id: request.id, answers: parseAnswers(Buffer.concat(chunks)), silent });
    };
    const address = { host: request.to.slice(0, cut), port: Number(request.to.slice(cut + 1)) };
    const socket = connect({ ...address, allowHalfOpen: true });
    socket.setTimeout(silenceMs, () => done(true));
    socket.on('connect', () => {
      const bytes = Buffer.from(request.base64, 'base64');
      if (request.ends) socket.end(bytes);
      else socket.write(bytes);
    });
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', () => done(false));
    // A side that has answered may refuse the rest.
    socket.on('error', () => setImmediate(done, false));
  });
}

/** Sends them all, at most so many at once; answers in the requests' order. */
export async function sendAll(requests: readonly RawRequest[], atOnceMax: number): Promise<readonly RawAnswers[]> {
  const answers: RawAnswers[] = [];
  const waiting = requests.entries();
  const work = async () => {
    for (const [index, request] of waiting) answers[index] = await sendRaw(request);
  };
  await Promise.all(Array.from({ length: atOnceMax }, work));
  return answers;
}
