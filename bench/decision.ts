/** One decision in process, beside OPA's own prepared query on the same rules, data and inputs. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DecisionInput, JsonObject } from '../policies/contract.ts';
import { PolicyEngine } from '../policies/engine/engine.ts';
import { CasaError } from '../policies/errors.ts';
import { readPolicyModules } from '../policies/read_modules.ts';
import type { SystemDocument } from '../policies/system.ts';
import type { Benchmark, Measurement } from './bench.ts';
import { cpuMs, median } from './cpu.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
/** `dist/bench/` when built, `bench/` when not: the scripts are beside both. */
const house = root.endsWith('/dist/') ? join(root, '..') : root;
const mas = 'bank.bank';
const rounds = 9;
const decisionsPerRound = 2000;
const microsecondsMax = 60;
const peerRatioMax = 0.5;
/** A thousand apps may cost this much of what ten do. */
const flatRatioMax = 1.5;

export const decisionBenchmark: Benchmark = {
  name: 'decision',
  run: async () => {
    const engine = await PolicyEngine.open(readPolicyModules().wasm);
    const small = drawDocument({ apps: 10, toolsPerApp: 30, matching: 10 });
    const large = drawDocument({ apps: 1000, toolsPerApp: 30, matching: 10 });
    const ours = await microseconds(engine, small);
    const oursLarge = await microseconds(engine, large);
    const peer = opaMicroseconds(small);
    const unit = 'us CPU';
    const measurements: readonly Measurement[] = [
      {
        what: 'a decision, 10 matching policies',
        measured: ours,
        against: { name: 'limit', value: microsecondsMax },
        unit,
        ratioMax: 1,
      },
      {
        what: 'a decision, 10 matching policies',
        measured: ours,
        against: { name: 'OPA, prepared query in Go', value: peer },
        unit,
        ratioMax: peerRatioMax,
      },
      {
        what: 'a decision, 1,000 apps of 30 tools',
        measured: oursLarge,
        against: { name: '10 apps', value: ours },
        unit,
        ratioMax: flatRatioMax,
      },
    ];
    return measurements;
  },
};

async function microseconds(engine: PolicyEngine, document: SystemDocument): Promise<number> {
  engine.load(mas, document, 'bench');
  const { allow, reason } = engine.evaluate(question);
  if (!allow) throw new CasaError('bug', `what is measured is denied: ${reason}`);
  const round = () => {
    for (let index = 0; index < decisionsPerRound; index += 1) engine.evaluate(question);
  };
  // The first round warms caches and is not counted.
  round();
  const figures: number[] = [];
  for (let index = 0; index < rounds; index += 1) figures.push(await cpuMs(round));
  return (median(figures) * 1000) / decisionsPerRound;
}

function opaMicroseconds(document: SystemDocument): number {
  const folder = mkdtempSync(join(tmpdir(), 'casa-bench-'));
  try {
    const data = join(folder, 'data.json');
    writeFileSync(data, JSON.stringify(document));
    const modules = Object.keys(readPolicyModules().rego).map((path) => join('policies', path));
    const argv = ['scripts/opac.mjs', 'bench', '--rounds', String(rounds), 'data.casa.decision', data, ...modules];
    const input = `${JSON.stringify(question)}\n`.repeat(decisionsPerRound);
    const { stdout, stderr, status } = spawnSync(process.execPath, argv, { cwd: house, input, encoding: 'utf8' });
    if (status !== 0) throw new CasaError('process_failed', `opac bench failed: ${stderr}`);
    return JSON.parse(stdout).microseconds;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** An agent's call of a tool that as many rules name, each with conditions on its arguments, in a system of this size. */
function drawDocument(size: {
  readonly apps: number;
  readonly toolsPerApp: number;
  readonly matching: number;
}): SystemDocument {
  const range = (length: number) => Array.from({ length }, (_, index) => index);
  const servers = range(size.apps).map((index) => `server-${index}`);
  const toolNames = range(size.toolsPerApp).map((index) => `tool-${index}`);
  const ids = range(size.matching).map((index) => `bank/policy-${index}#0`);
  const app = { takes_prompts: false, enforcement: 'Enforce', policies: ['implied'], protocols: {}, callees: {} };
  const none = { endpoints: { exact: {}, prefixes: [] }, llm: {}, tools: {}, reach: {} };
  const mapped = <T>(names: readonly string[], value: T) => Object.fromEntries(names.map((name) => [name, value]));
  const index = { ...mapped(toolNames, []), 'tool-0': ids };
  const agent = {
    ...{ ...app, ...none, type: 'agent', takes_prompts: true, policies: ids.map((id) => id.slice(0, -2)) },
    callees: mapped(servers, { mcp: true }),
    tools: mapped(servers, index),
    reach: { 'server-0/tool-0': true },
  };
  const amount = (keyword: string, value: number) => [{ path: ['amount'], keyword, value, negated: false }];
  const rule = {
    ...{ policy: 'bank/policy', effect: 'Allow', enforcement: 'Enforce', limits: null },
    arguments: { patterns: 0, clauses: [amount('maximum', 1000), amount('minimum', 0)] },
  };
  return {
    mas: {
      ...{ name: mas, enforcement: 'Enforce', on_abstain: 'pass_reads', reads_arguments: true },
      checks: { DETERMINISTIC_TOOL_SELECTED: true, DETERMINISTIC_LLM_SELECTED_TOOLS: true },
      apps: { agent, ...mapped(servers, { ...app, ...none, type: 'mcp_server' }) },
      tools: mapped(servers, mapped(toolNames, { selection: 'exact', reads_only: false })),
      rules: mapped(ids, rule),
    } as unknown as SystemDocument['mas'], // built as the compiler would
  };
}

const question: DecisionInput = {
  ...{ phase: 'exchange', mas, now: 1000, protocol: 'mcp', operation: 'tools/call' },
  caller: { app: 'agent', type: 'agent' },
  callee: { kind: 'app', app: 'server-0', host: 'server-0', port: 8080 },
  tool: { server: 'server-0', name: 'tool-0', arguments: { amount: 100, to: 'alice' } as JsonObject },
  token: {
    ...{ verified: true, sub: 'user', act: ['agent'], aud: ['agent'], session_id: 's1', exp: 1300 },
    ...{ scope: ['user-input', 'call-agents', 'call-tools'], tools: { 'server-0/tool-0': true } },
    ...{ call_matches: null, audit: false },
  },
  session: { state: 'live' },
  selected: { calls: 1, match: 'exact', consumed: false },
  ...{ semantic: null, counters: {}, problem: null, start_peer: null },
};
