import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { endConnectionsOnClose } from './end_connections.ts';

test('an app that closes ends the connections that it still answers', async () => {
  const app = Fastify({ forceCloseConnections: 'idle' });
  endConnectionsOnClose(app);
  let answer: ((text: string) => void) | null = null;
  app.get('/slow', () => {
    return new Promise<string>((resolve) => {
      answer = resolve;
    });
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const agent = new Agent({ keepAlive: true });
  const request = get(`${url}/slow`, { agent });
  await expect.poll(() => answer).not.toBeNull();
  const closed = app.close();
  await expect.poll(() => app.server.listening).toBe(false);
  const late = answer as ((text: string) => void) | null; // set by the route, which the compiler cannot see
  late?.('late');
  const [response] = await once(request, 'response');
  expect(response.headers.connection).toBe('close');
  response.resume();
  await closed;
  agent.destroy();
});

test('an app that closes does not wait for a connection on which nothing was asked', async () => {
  const app = Fastify({ forceCloseConnections: 'idle' });
  endConnectionsOnClose(app);
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  await once(socket, 'connect');
  const ended = once(socket, 'close');
  await app.close();
  await ended;
});
