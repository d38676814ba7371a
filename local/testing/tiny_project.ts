import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const manifest = `
apiVersion: casa.io/v1alpha1
kind: MultiAgentSystem
metadata: { name: tiny, namespace: tiny }
spec:
  name: Tiny
  llm_host: llm.example.com:8090
  apps:
    - name: caller
      type: client
      kubernetesWorkloadName: caller
      baseUrl: { host: 'caller:8081', scheme: http }
    - name: tools
      type: mcp_server
      kubernetesWorkloadName: tools
      baseUrl: { host: 'tools:8080', scheme: http }
      tools:
        - { name: ping, description: says pong, inputSchema: { type: object } }
`;

/** An MCP server as far as one tool goes; it also listens where nobody may reach it. */
const tools = `
import { createServer } from 'node:http';
const answer = (request, response) => {
  let text = '';
  request.on('data', (chunk) => { text += chunk; });
  request.on('end', () => {
    const { id = null } = text === '' ? {} : JSON.parse(text);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text: 'pong' }] } }));
  });
};
createServer(answer).listen(Number(process.env.PORT));
if (process.env.SECOND_PORT) createServer(answer).listen(Number(process.env.SECOND_PORT));
`;

/** Tries one thing for each `NAME WAY TARGET` it is given, and prints what came of each as one JSON object. */
const attempt = `
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
const results = {};
const socketTo = (target) => connect(target.startsWith('/') ? { path: target } : { host: target.split(':')[0], port: Number(target.split(':')[1]) });
const raw = (target, bytes) => new Promise((resolve) => {
  const socket = socketTo(target);
  let text = '';
  socket.setTimeout(4000, () => { socket.destroy(); resolve('silence'); });
  socket.on('connect', () => socket.write(bytes));
  socket.on('data', (chunk) => { text += chunk; if (text.includes('\\r\\n')) { resolve(text.split('\\r\\n')[0]); socket.destroy(); } });
  socket.on('error', (error) => resolve(error.code));
  socket.on('close', () => resolve(text === '' ? 'closed' : text));
});
const ways = {
  call: async (url) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'ping', arguments: {} } });
    const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    const answer = await fetch(url, { method: 'POST', headers, body });
    return answer.status + ' ' + (await answer.text());
  },
  open: (target) => raw(target, ''),
  http: (target) => raw(target, 'GET / HTTP/1.1\\r\\nhost: ' + target + '\\r\\n\\r\\n'),
  bytes: (target) => raw(target, '\\u0001\\u0002 no http \\u0003\\r\\n'),
  read: async (path) => { readFileSync(path); return 'read'; },
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, Number(ms), 'awake')),
  write: async (path) => { writeFileSync(path, 'x'); return 'written'; },
};
for (const word of process.argv.slice(3)) {
  const [name, way, ...rest] = word.split(' ');
  results[name] = await ways[way](rest.join(' ')).catch((error) => error.code ?? error.cause?.code ?? String(error));
}
writeFileSync(process.argv[2], JSON.stringify(results));
`;

/** Where the tools listen and nobody may reach them, in a network of their own. */
export const hiddenPort = 9999;

export interface TinyProject {
  readonly folder: string;
  readonly path: string;
}

/**
 * The file of a project with a client, a tool server and a process outside the MAS, in a folder that only its owner can enter.
 * Each step tries the words it is given, and leaves what came of them in its `results.json`.
 */
export function makeTinyProject(words: {
  readonly caller: readonly string[];
  readonly outsider: readonly string[];
}): TinyProject {
  const folder = mkdtempSync(join(tmpdir(), 'casa-tiny-'));
  mkdirSync(join(folder, 'manifests'));
  writeFileSync(join(folder, 'manifests', 'tiny.yaml'), manifest);
  writeFileSync(join(folder, 'tools.mjs'), tools);
  writeFileSync(join(folder, 'attempt.mjs'), attempt);
  const command = ['node', 'tools.mjs'];
  const step = (app: 'caller' | 'outsider') => ({
    name: app,
    app,
    command: ['node', 'attempt.mjs', template('out', '/results.json'), ...words[app]],
  });
  const file = {
    kind: 'casa.io/local/v1',
    manifests: ['manifests'],
    out: 'out',
    apps: [
      { name: 'caller' },
      { name: 'tools', command, env: { PORT: template('port'), SECOND_PORT: template('env:TINY_SECOND_PORT') } },
      { name: 'outsider', external: true, port: 8090, command, env: { PORT: template('port') } },
    ],
    run: [step('caller'), step('outsider')],
  };
  const path = join(folder, 'local.yaml');
  // JSON is YAML.
  writeFileSync(path, JSON.stringify(file, null, 2));
  return { folder, path };
}

/** A template of the file, followed by a text. */
export function template(word: string, rest = ''): string {
  return `$${'{'}${word}}${rest}`;
}

/** What came of the words of a step. */
export function readResults(project: TinyProject, app: string): { readonly [word: string]: string } {
  // Written by `attempt.mjs`.
  return JSON.parse(readFileSync(join(project.folder, 'out', app, 'results.json'), 'utf8')) as {
    [word: string]: string;
  };
}
