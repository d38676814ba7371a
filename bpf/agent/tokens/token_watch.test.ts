import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sipHashHex } from '../../../policies/sip_hash.ts';
import type { Flow } from '../../../policies/trace.ts';
import { attempt, type KernelGround, openGround, sendBytes, whyNoKernel } from '../../testing/kernel_ground.ts';
import { open } from '../../testing/open_agent.ts';
import { parseAgentConfig } from '../config.ts';

const key = Uint8Array.from({ length: 16 }, (_, index) => 255 - index);
const hashOf = (token: string) => sipHashHex(key, Buffer.from(token));
const tokenOf = (bytes: number) => 'eyJhbGciOi-_.'.repeat(Math.ceil(bytes / 13)).slice(0, bytes);

const headers = (token: string) => `POST /mcp HTTP/1.1\r\nHost: ledger\r\nAuthorization: Bearer ${token}\r\n`;
const request = (token: string, body = 'abc') => `${headers(token)}Content-Length: ${body.length}\r\n\r\n${body}`;
const lookAlike = request('not-a-token');

describe.skipIf(whyNoKernel !== null)(`bearer tokens that leave (skipped where it cannot run: ${whyNoKernel})`, () => {
  let ground: KernelGround;
  let made = 0;
  const server = createServer((socket) => {
    // Answers look like requests, and are none.
    socket.on('error', () => undefined).on('data', () => socket.write(lookAlike));
    socket.on('end', () => socket.end());
  });

  beforeAll(async () => {
    ground = openGround();
    await new Promise<void>((resolve) => server.listen(0, '::', resolve));
  });
  afterAll(async () => {
    server.close();
    await ground.close();
  });

  /** What the kernel tells of connections that were given these parts each. */
  async function seen(connections: readonly (readonly string[])[], more: { withoutKey?: true; address?: string } = {}) {
    made += 1;
    const { address = '127.0.0.1', withoutKey } = more;
    const { port } = server.address() as AddressInfo; // it listens on a port
    const [cgroup, mapsFile] = [ground.makeCgroup(`envoy${made}`), join(ground.folder, `maps${made}.json`)];
    writeFileSync(mapsFile, JSON.stringify({ mas: 'shop.bank', apps: [{ app: 'teller', policy: '', rows: [] }] }));
    const { pinFolder, objectFile, tokenObjectFile } = ground;
    const rows = ['127.0.0.1/32', '::1/128'].map((cidr) => ({ proto: 'tcp', port, cidr }));
    const config = parseAgentConfig({
      ...{ pinFolder: `${pinFolder}${made}`, objectFile, tokenObjectFile, mapsFile },
      apps: [{ app: 'teller', cgroup, alsoAllow: rows, hashesTokens: true }],
    });
    const { agent, flows, issues } = await open(config);
    expect(issues).toEqual([]);
    if (withoutKey === undefined) agent.setTokenKey(key);
    for (const parts of connections) expect(await sendBytes(cgroup, address, port, parts)).toBe('ok');
    const counts = agent.counts().tokens;
    await agent.close();
    return { flows, counts, port };
  }

  const hashes = (flows: readonly Flow[]) => flows.map(({ bearer }) => bearer?.keyed_hash);

  test('a token is told with app, destination and length, and never in clear', async () => {
    const { flows, counts, port } = await seen([[request('secret-token')]]);
    expect(flows).toMatchObject([
      { kind: 'flow', mas: 'shop.bank', app: 'teller', destination: '127.0.0.1', port, proto: 'tcp', verdict: 'allow' },
    ]);
    const bearer = { keyed_hash: hashOf('secret-token'), bytes: 12, source_port: expect.any(Number) };
    expect(flows[0]?.bearer).toEqual(bearer);
    expect(JSON.stringify(flows)).not.toContain('secret-token');
    expect(counts).toEqual({ seen: 1, lost: 0, tooLong: 0, opaque: 0 });
  });

  test('tokens of 1 to 4,096 bytes are hashed whole, and what is longer is counted', async () => {
    const tokens = [1, 7, 8, 9, 255, 256, 880, 1500, 4095, 4096].map(tokenOf);
    const { flows, counts } = await seen([[...tokens, tokenOf(4097)].map((token) => request(token)).concat()]);
    expect(hashes(flows)).toEqual(tokens.map(hashOf));
    expect(counts).toEqual({ seen: tokens.length, lost: 0, tooLong: 1, opaque: 0 });
  });

  test.each([1, 2, 3, 7, 50])('segments of %i bytes tell the same as whole requests', async (bytes) => {
    const text = request(tokenOf(40)) + request(tokenOf(41));
    const cuts = Array.from({ length: Math.ceil(text.length / bytes) }, (_, at) =>
      text.slice(at * bytes, (at + 1) * bytes),
    );
    expect(hashes((await seen([cuts])).flows)).toEqual([hashOf(tokenOf(40)), hashOf(tokenOf(41))]);
  });

  test('two requests in one segment, and spellings of the header, are read', async () => {
    const spelled = request('b').replace('Authorization: Bearer', 'aUTHORIZATION:\tbEARER  ');
    const late = request('c').replace('Host:', `X-Long: ${'x'.repeat(9000)}\r\nHost:`);
    expect(hashes((await seen([[request('a') + spelled], [late]])).flows)).toEqual(['a', 'b', 'c'].map(hashOf));
  });

  test('a look-alike in a body is no token, wherever segments begin, and the next request is read', async () => {
    const chunk = (text: string) => `${text.length.toString(16)};ext=1\r\n${text}\r\n`;
    const head = `${headers('chunked')}Transfer-Encoding: chunked\r\n\r\n`;
    const chunked = [
      head,
      chunk(`\r\n\r\n${lookAlike}`),
      `${lookAlike.length.toString(16)}\r\n`,
      lookAlike,
      '\r\n0\r\n',
    ];
    const trailer = `Authorization: Bearer in-a-trailer\r\n\r\n${request('after-chunks')}`;
    const long = `${lookAlike}${'x'.repeat(70_000)}${lookAlike}`;
    const body = [`${headers('whole')}Content-Length: ${long.length + lookAlike.length}\r\n\r\n`, lookAlike, long];
    const { flows } = await seen([
      [...body, request('after-body')],
      [...chunked, trailer],
    ]);
    expect(hashes(flows)).toEqual(['whole', 'after-body', 'chunked', 'after-chunks'].map(hashOf));
  });

  test('other schemes and other headers tell nothing', async () => {
    const basic = request('x').replace('Bearer', 'Basic');
    const other = request('x').replace('Authorization', 'X-Authorization');
    const glued = request('x').replace('Bearer ', 'Bearer-');
    expect((await seen([[basic, other, glued]])).flows).toEqual([]);
  });

  test('what is no HTTP/1 is counted and not read any more, and every byte of it passes', async () => {
    const { flows, counts } = await seen([
      ['\x16\x03\x01', lookAlike],
      ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', lookAlike],
    ]);
    expect({ flows, opaque: counts?.opaque }).toEqual({ flows: [], opaque: 2 });
  });

  test('IPv6 is read as IPv4 is', async () => {
    const { flows } = await seen([[request('six')]], { address: '::1' });
    expect(flows).toMatchObject([{ destination: '::1', bearer: { keyed_hash: hashOf('six') } }]);
  });

  test('without a key nothing is hashed, and everything passes', async () => {
    expect((await seen([[request('early')]], { withoutKey: true })).flows).toEqual([]);
  });

  test('a kernel that does not take the program is an issue, and the rows stand all the same', async () => {
    const [cgroup, mapsFile] = [ground.makeCgroup('refused'), join(ground.folder, 'maps-refused.json')];
    writeFileSync(mapsFile, JSON.stringify({ mas: 'shop.bank', apps: [{ app: 'teller', policy: '', rows: [] }] }));
    const { objectFile } = ground;
    const apps = [{ app: 'teller', cgroup, hashesTokens: true }];
    const pinFolder = `${ground.pinFolder}-refused`;
    const { agent, issues } = await open(
      parseAgentConfig({ pinFolder, objectFile, tokenObjectFile: mapsFile, mapsFile, apps }),
    );
    expect(issues).toMatchObject([{ code: 'tokens_not_seen' }]);
    expect(await attempt(cgroup, 'tcp', '127.0.0.1', 9)).toBe('EPERM');
    await agent.close();
  });
});
