import { createServer as createHttpServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { Spreader } from './spreader.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function replica(name: string, port = 0): Promise<{ port: number; kill: () => Promise<unknown> }> {
  const server: Server = createHttpServer((request, response) => request.pipe(response.setHeader('x-replica', name)));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const kill = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  ends.push(kill);
  return { port: (server.address() as AddressInfo).port, kill }; // listening on TCP
}

async function spreaderOver(...ports: number[]): Promise<(body?: string) => Promise<string>> {
  const spreader = await Spreader.open();
  ends.push(() => spreader.close());
  spreader.spreadOver(ports);
  return async (body = '') => {
    const answer = await fetch(`http://127.0.0.1:${spreader.port}/`, {
      method: 'POST',
      body,
      headers: { connection: 'close' },
    });
    expect(await answer.text()).toBe(body);
    return answer.headers.get('x-replica') ?? '';
  };
}

test('connections go to the replicas in turn, whole bodies both ways', async () => {
  const [a, b] = [await replica('a'), await replica('b')];
  const ask = await spreaderOver(a.port, b.port);
  expect([await ask(), await ask('x'.repeat(3_000_000)), await ask(), await ask()]).toEqual(['a', 'b', 'a', 'b']);
});

test('a dead replica is passed over, and found again when it is back', async () => {
  const [a, b] = [await replica('a'), await replica('b')];
  const ask = await spreaderOver(a.port, b.port);
  await a.kill();
  expect([await ask(), await ask(), await ask()]).toEqual(['b', 'b', 'b']);
  await replica('a again', a.port);
  expect(new Set([await ask(), await ask()])).toEqual(new Set(['a again', 'b']));
});

test('with nobody there a connection ends and nothing is answered', async () => {
  const gone = await replica('gone');
  await gone.kill();
  const ask = await spreaderOver(gone.port);
  await expect(ask()).rejects.toThrow();
  await expect((await spreaderOver())()).rejects.toThrow();
});

test('closing ends the connections that go through it', async () => {
  const a = await replica('a');
  const spreader = await Spreader.open();
  spreader.spreadOver([a.port]);
  const client = connect(spreader.port, '127.0.0.1');
  await new Promise((resolve) => client.once('connect', resolve));
  const ended = new Promise((resolve) => client.once('close', resolve));
  await spreader.close();
  await ended;
});
