import { Command, InvalidArgumentError } from 'commander';
import { type LocalOptions, runLocal } from '../local/local.ts';
import { clearLocal } from '../local/open_local.ts';
import type { Mode } from '../local/plan/planned.ts';
import type { StoreOptions } from '../local/replicas/replicas.ts';
import type { SemanticOptions } from '../local/start/semantic_options.ts';

interface Flags extends SemanticOptions {
  readonly once?: true;
  readonly mode?: Mode;
  readonly state?: string;
  readonly keep?: true;
  readonly json?: true;
  readonly idp: 'embedded' | 'keycloak';
  readonly clean?: true;
  readonly kernel: boolean;
  readonly store: StoreOptions['store'];
  readonly replicas: number;
}

/** `casa local FILE`: the file's apps behind CASA on this machine. */
export function localCommand(): Command {
  return new Command('local')
    .description('run the apps of a file behind CASA on this machine, without a cluster')
    .argument('[file]', 'YAML of kind casa.io/local/v1 (see local/README.md)')
    .option('--once', 'end after the steps and the report (also ONCE=1, and without a terminal)')
    .option('--mode <mode>', 'netns (root) or ports; default: netns where it is possible', parseMode)
    .option('--state <dir>', 'where secrets, database and logs go; default: a new folder below .casa/local')
    .option('--keep', 'leave configuration and keys of the proxies when it ends')
    .option('--json', 'print where everything is as one JSON object at the end')
    .option('--idp <idp>', 'who vouches for tokens: embedded or keycloak', parseIdp, 'embedded')
    .option('--store <store>', 'embedded, or postgres: a PostgreSQL server of this run', parseStore, 'embedded')
    .option('--replicas <number>', 'how many runtimes share the PostgreSQL, behind one port', Number, 1)
    .option('--models-dir <dir>', 'of the sentence model; default: where scripts/install_model.mjs puts it')
    .option('--verifier-url <url>', 'an OpenAI-compatible endpoint, for the strategies llm_verifier and hybrid')
    .option('--verifier-model <name>', 'its model')
    .option('--verifier-key-file <file>', 'its key (or CASA_VERIFIER_KEY)')
    .option('--no-kernel', 'do without the kernel layer: apps are held by their Envoys alone')
    .option('--clean', 'only clear up after runs that were killed')
    .action(local);
}

async function local(file: string | undefined, flags: Flags, command: Command): Promise<void> {
  if (flags.clean === true) {
    const cleared = await clearLocal(flags.state ?? null);
    process.stdout.write(`cleared up after ${cleared} run(s)\n`);
    return;
  }
  if (file === undefined) command.error('error: a FILE is needed');
  const options: LocalOptions = {
    path: file,
    mode: flags.mode ?? null,
    state: flags.state ?? null,
    once: flags.once === true || process.env.ONCE === '1' || !process.stdout.isTTY,
    keep: flags.keep === true,
    semantic: flags,
    withoutKernel: !flags.kernel,
    idp: flags.idp,
    store: flags,
  };
  process.exitCode = await runUntilSignal(options, flags.json === true);
}

async function runUntilSignal(options: LocalOptions, asJson: boolean): Promise<number> {
  const ended = new AbortController();
  const onSignal = (signal: NodeJS.Signals) => ended.abort(new Error(`ended by ${signal}`));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  const say = (line: string) => process.stderr.write(`casa: ${line}\n`);
  try {
    const { code, issues, stateFolder, state } = await runLocal(options, say, ended.signal);
    for (const issue of issues) process.stderr.write(`${renderIssue(issue)}\n`);
    if (asJson) process.stdout.write(`${JSON.stringify({ code, issues, stateFolder, state })}\n`);
    else if (stateFolder !== null) say(`logs, access logs and database: ${stateFolder}`);
    return code;
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return ended.signal.aborted ? 130 : 1;
  }
}

function renderIssue(issue: { severity: string; source?: string; resource: string; path: string; message: string }) {
  const place = [issue.source, issue.resource, issue.path].filter(Boolean).join(' ');
  return `${issue.severity}: ${place}: ${issue.message}`;
}

function parseIdp(text: string): 'embedded' | 'keycloak' {
  if (text === 'embedded' || text === 'keycloak') return text;
  throw new InvalidArgumentError('must be `embedded` or `keycloak`');
}

function parseStore(text: string): StoreOptions['store'] {
  if (text === 'embedded' || text === 'postgres') return text;
  throw new InvalidArgumentError('must be `embedded` or `postgres`');
}

function parseMode(text: string): Mode {
  if (text === 'netns' || text === 'ports') return text;
  throw new InvalidArgumentError('must be `netns` or `ports`');
}
