import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bankNamespace, runtimeNamespace } from './names.ts';
import type { Tools } from './tools.ts';

const apps = ['bank-client', 'casa-demo-agent', 'casa-demo-agent-compromised', 'bank-mcp'] as const;

/** Files of the run, and the pod that has each. */
const files = [
  { app: 'bank-client', path: '/tmp/answers.jsonl', name: 'answers.jsonl' },
  { app: 'bank-mcp', path: '/tmp/ledger.jsonl', name: 'ledger.jsonl' },
] as const;

/** Copies out of the pods what a run leaves, laid out as `casa local` lays it out, so that one report reads both; its state file. */
export async function collectRun(tools: Tools, out: string, runtimeUrl: string): Promise<string> {
  for (const app of apps) mkdirSync(join(out, app), { recursive: true });
  for (const { app, path, name } of files) writeFileSync(join(out, app, name), await readFromApp(tools, app, path));
  await Promise.all(
    apps.map(async (app) => {
      const log = await tools.kubectl('-n', bankNamespace, 'logs', `deployment/${app}`, '-c', 'casa-sidecar');
      writeFileSync(accessLog(out, app), log);
    }),
  );
  const adminTokenFile = join(out, 'admin-token');
  writeFileSync(adminTokenFile, await readAdminToken(tools), { mode: 0o600 });
  const state = join(out, 'state.json');
  const agent = await tools.tryKubectl(['-n', runtimeNamespace, 'get', 'daemonset', 'casa-node-agent']);
  const kernel =
    agent.status === 0 ? { on: true, because: null } : { on: false, because: 'the node agent is not installed' };
  const listed = apps.map((name) => ({ name, accessLog: accessLog(out, name) }));
  writeFileSync(state, JSON.stringify({ mode: 'cluster', kernel, runtimeUrl, adminTokenFile, apps: listed }));
  return state;
}

/** What an app's container has in a file. */
export function readFromApp(tools: Tools, app: string, path: string): Promise<string> {
  return tools.kubectl('-n', bankNamespace, 'exec', `deployment/${app}`, '-c', 'app', '--', 'cat', path);
}

async function readAdminToken(tools: Tools): Promise<string> {
  const path = 'jsonpath={.data.admin-token}';
  const encoded = await tools.kubectl('-n', runtimeNamespace, 'get', 'secret', 'casa-runtime', '-o', path);
  return Buffer.from(encoded, 'base64').toString('utf8').trim();
}

function accessLog(out: string, app: string): string {
  return join(out, app, 'access.log');
}
