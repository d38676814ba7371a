/** Run inside an app's sandbox: tries one thing for each `NAME WAY TARGET`, and leaves what came of each in a file. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';

const silenceMax = 4_000;
const [file = '', ...words] = process.argv.slice(2);

/** Each says `done` when it could do what it must not, or what stopped it. */
const ways: { readonly [way: string]: (target: string) => Promise<string> } = {
  read: async (path) => done(readFileSync(path)),
  list: async (path) => done(readdirSync(path)),
  open: (path) =>
    new Promise((resolve) => {
      const socket = connect({ path });
      socket.on('connect', () => resolve('done'));
      socket.on('error', (error) => resolve(codeOf(error)));
    }),
  connect: (target) => rawHttp(target, null),
  /** What is no HTTP: a server that it reaches says so itself. */
  bytes: (target) => send(target, '\u0001\u0002\u0003\r\n\r\n'),
  /** `HOST:PORT AUTHORITY` */
  call: (target) => rawHttp(target.split(' ')[0] ?? '', target.split(' ')[1] ?? ''),
  become: async (uid) => done(process.setuid?.(Number(uid))),
  run: async (command) => {
    const [program = '', ...argv] = command.split(' ');
    return done(execFileSync(program, argv, { stdio: 'pipe' }));
  },
  kill: async (pid) => done(process.kill(Number(pid), 0)),
};

const results: { [name: string]: string } = {};
for (const word of words) {
  const [name = '', way = '', ...rest] = word.split(' ');
  results[name] = await (ways[way]?.(rest.join(' ')) ?? Promise.resolve('no such way')).catch(codeOf);
}
writeFileSync(file, JSON.stringify(results));

function done(_result: unknown): string {
  return 'done';
}

function codeOf(error: unknown): string {
  const { code, status, message } = Object(error);
  return String(code ?? (status === undefined ? message : `exit ${status}`));
}

/** A tool call that nobody selected; the first line of the answer and its reason, or how the connection ended. */
function rawHttp(target: string, authority: string | null): Promise<string> {
  const params = { name: 'get_balance', arguments: { account_id: 'ACC-1001' } };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
  const head = [
    'POST /mcp HTTP/1.1',
    `host: ${authority ?? target}`,
    'content-type: application/json',
    'connection: close',
  ];
  return send(target, `${head.join('\r\n')}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
}

function send(target: string, bytes: string): Promise<string> {
  const [host = '', port = ''] = target.split(':');
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) });
    let text = '';
    const end = () => {
      socket.destroy();
      const reason = /"reason":"(\w+)"/.exec(text)?.[1];
      resolve(text === '' ? 'closed' : (reason ?? text.split('\r\n')[0] ?? ''));
    };
    socket.setTimeout(silenceMax, () => resolve('silence'));
    socket.on('connect', () => socket.write(bytes));
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('end', end);
    socket.on('error', (error) => resolve(codeOf(error)));
  });
}
