import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { joinCalls } from './join_calls.ts';
import { joinSockets } from './join_sockets.ts';
import { joinTokens, renderTokens } from './join_tokens.ts';
import { judgeRun, summarizeLedger } from './judge_run.ts';
import { readReplicas, renderReplicas } from './read_replicas.ts';
import { type LocalState, readRun } from './read_run.ts';
import { renderSockets } from './render_sockets.ts';
import { renderTable } from './render_table.ts';

// events and access logs are written after the answer: the last ones may be on their way
const settledWithinMs = 12_000;
const againMs = 250;

// REPORT is optional: where the report is written, when not into OUT
const { CASA_LOCAL_STATE: statePath, OUT: out, REPORT: reportPath } = process.env;
if (!statePath || !out) throw new Error('the environment has no `CASA_LOCAL_STATE` or no `OUT`');
// written by `casa local`
const state = JSON.parse(readFileSync(statePath, 'utf8')) as LocalState;

const settled = await settledReport(state, out);
const store = state.store ?? 'unknown';
const replicas = await readReplicas(state.replicas ?? []);
const report = { ...settled, store, replicas };
const path = reportPath || join(out, 'report.json');
writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`);
process.stdout.write(`\n${renderTable(report.calls)}\n`);
process.stdout.write(`${renderSockets(report.kernel, report.sockets)}\n`);
if (report.kernel.on) process.stdout.write(`${renderTokens(report.kernel.tokens)}\n`);
process.stdout.write(
  `mode ${report.mode}; identity provider ${report.identityProvider}; the ledger has ${report.ledger.rows} rows; the same as JSON: ${path}\n`,
);
if (replicas.length > 0) process.stdout.write(`${renderReplicas(store, replicas)}\n`);
process.stdout.write(`the trace: ${state.runtimeUrl}/trace, with the token in ${state.adminTokenFile}\n`);
for (const problem of report.problems) process.stdout.write(`problem: ${problem}\n`);
process.exitCode = report.problems.length === 0 ? 0 : 1;

async function settledReport(from: LocalState, folder: string) {
  const deadline = performance.now() + settledWithinMs;
  for (;;) {
    const run = await readRun(from, folder);
    const calls = joinCalls(run);
    const ledger = summarizeLedger(run, calls);
    const sockets = joinSockets(run);
    const tokens = joinTokens(run);
    const problems = judgeRun(run, { calls, ledger, sockets, tokens });
    const kernel = { ...run.kernel, tokens };
    const identityProvider = from.keycloakUrl ? `keycloak (${from.keycloakUrl})` : 'embedded';
    if (problems.length === 0 || performance.now() > deadline) {
      return { mode: run.mode, identityProvider, kernel, calls, sockets, ledger, problems };
    }
    await sleep(againMs);
  }
}
