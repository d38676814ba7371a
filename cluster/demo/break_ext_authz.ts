import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { CasaError } from '../../policies/errors.ts';
import { readFromApp } from './collect_run.ts';
import { bankNamespace } from './names.ts';
import type { Tools } from './tools.ts';

const brokenSeconds = 12;
const agent = 'casa-demo-agent';

/** Ends every ext-authz in the container as soon as there is one, again and again. */
const killLoop = `
end=$(($(date +%s) + ${brokenSeconds}))
while [ "$(date +%s)" -lt "$end" ]; do
  for folder in /proc/[0-9]*; do
    if tr '\\0' ' ' < "$folder/cmdline" 2>/dev/null | grep -q '^[^ ]*node .*ext-authz/main.js'; then
      kill -9 "\${folder#/proc/}" 2>/dev/null && echo killed
    fi
  done
done
`;

/** One prompt, with no second try: the status, and what was said. */
const askOnce = `
fetch('http://${agent}:8082/chat', {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ content: 'Transfer 10 EUR from ACC-1001 to Anna Schmidt' }),
  signal: AbortSignal.timeout(5000),
}).then((answer) => console.log(answer.status), () => console.log(0));`;

/**
 * Kills the agent's ext-authz while somebody asks the agent for a transfer; throws when anything got through.
 * INVARIANT (deny by default): with no ext-authz nothing reaches the agent, and nothing is done.
 */
export async function breakExtAuthz(tools: Tools): Promise<string> {
  const before = await readFromApp(tools, 'bank-mcp', '/tmp/ledger.jsonl');
  const killing = startKilling(tools);
  const statuses: string[] = [];
  await killing.first;
  while (!killing.isOver()) {
    const status = await ask(tools);
    // What comes when the loop has ended may be of a new enforcement point.
    if (!killing.isOver()) statuses.push(status);
  }
  const killed = killing.count();
  if (killed === 0) throw new CasaError('process_failed', 'there was no ext-authz to kill');
  if (statuses.length === 0) throw new CasaError('process_failed', 'nobody asked while ext-authz was away');
  if (statuses.includes('200')) throw new CasaError('bug', `a prompt got through: ${statuses.join(' ')}`);
  const after = await readFromApp(tools, 'bank-mcp', '/tmp/ledger.jsonl');
  if (after !== before) throw new CasaError('bug', 'a tool call got through');
  await tools.kubectl('-n', bankNamespace, 'wait', '--for=condition=ready', 'pod', '--all', '--timeout=120s');
  const again = await ask(tools);
  if (again !== '200') throw new CasaError('process_failed', `the agent did not come back: ${again}`);
  return `killed ${killed} times, answers meanwhile: ${statuses.join(' ')}; afterwards ${again}`;
}

/** Runs the loop in the agent's sidecar; it ends with its container when ext-authz has died too often. */
function startKilling({ env }: Tools) {
  const place = ['-n', bankNamespace, 'exec', `deployment/${agent}`, '-c', 'casa-sidecar', '--'];
  const child = spawn('kubectl', [...place, 'sh', '-c', killLoop], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  let [count, isOver] = [0, false];
  const first = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line === 'killed') count += 1;
      if (count > 0) resolve();
    });
    for (const end of ['error', 'exit']) {
      child.on(end, () => {
        isOver = true;
        resolve();
      });
    }
  });
  return { first, count: () => count, isOver: () => isOver };
}

async function ask(tools: Tools): Promise<string> {
  const inClient = ['-n', bankNamespace, 'exec', 'deployment/bank-client', '-c', 'app', '--', 'node', '-e', askOnce];
  return (await tools.kubectl(...inClient)).trim();
}
