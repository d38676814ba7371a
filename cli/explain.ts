/** `casa explain`: one call, its decision, the rules behind it, and what would change it. */
import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import type { CompiledMas } from '../compiler/compile.ts';
import { callQuestion } from '../compiler/explain/call_question.ts';
import { type ExplainedDecision, explainDecision } from '../compiler/explain/explain_decision.ts';
import { type DecisionInput, type JsonObject, type Phase, phases } from '../policies/contract.ts';
import { type CommandLine, type Terminal, UsageError } from './command_line.ts';
import { type CompiledManifests, compileManifests } from './compile_manifests.ts';
import { openEvaluateOn } from './evaluate_on.ts';
import { type ExitCode, exitCodes } from './exit_codes.ts';
import { rulePlace } from './rule_place.ts';
import { showIssues } from './show_issues.ts';

interface Options {
  readonly mas?: string;
  readonly input?: string;
  readonly caller?: string;
  readonly server?: string;
  readonly tool?: string;
  readonly arguments: string;
  readonly phase: Phase;
  readonly selected: 'exact' | 'name' | 'none';
  readonly json?: true;
}

export const explainCommand: CommandLine = (terminal, ends) =>
  new Command('explain')
    .summary('explain the decision on one call')
    .description(
      'Explains the decision on one call: its checks, the rules behind it by file and line, and what would change it. ' +
        'Exit code 0 whatever the decision is; 1 when the manifests have errors.',
    )
    .argument('<path...>', 'files or folders with YAML')
    .option('--mas <namespace.name>', 'where there are several')
    .option('--caller <app>', 'the app that calls')
    .option('--server <app>', 'the server that is called')
    .option('--tool <name>', 'the tool of the server')
    .option('--arguments <json>', 'arguments of the call', '{}')
    .addOption(new Option('--phase <phase>', 'where the question is asked').choices(phases).default('exchange'))
    .addOption(
      new Option('--selected <match>', 'what the LLM selected').choices(['exact', 'name', 'none']).default('exact'),
    )
    .option('--input <file>', 'the whole question as JSON (a DecisionInput), instead of the options above')
    .option('--json', 'print everything as one JSON object')
    .action(async (paths: readonly string[], options: Options) => {
      ends(await explain(compileManifests(paths), options, terminal));
    });

async function explain(manifests: CompiledManifests, options: Options, terminal: Terminal): Promise<ExitCode> {
  const errors = manifests.issues.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) return showIssues(errors, terminal, options.json);
  const file = options.input === undefined ? null : readInput(options.input);
  const compiled = chooseMas(manifests, options.mas ?? file?.mas ?? null);
  const input = file ?? callQuestion(compiled, supposed(options));
  const explained = explainDecision(compiled.system, input, await openEvaluateOn());
  const rules = explained.rules.map((rule) => ({ ...rule, place: rulePlace(manifests, rule.id) }));
  terminal.stdout(
    options.json === true
      ? `${JSON.stringify({ input, ...explained, rules }, null, 2)}\n`
      : render({ ...explained, rules }, manifests),
  );
  return exitCodes.ok;
}

function chooseMas({ systems }: CompiledManifests, name: string | null): CompiledMas {
  const chosen = name === null ? systems : systems.filter(({ mas }) => mas === name);
  const [only, other] = chosen;
  if (only === undefined)
    throw new UsageError(name === null ? 'no MultiAgentSystem in these files' : `no MAS \`${name}\` in these files`);
  if (other !== undefined) throw new UsageError(`more than one MAS (choose with \`--mas ${only.mas}\`)`);
  return only;
}

function supposed({ caller, server, tool, phase, selected, arguments: given }: Options) {
  if (caller === undefined || server === undefined || tool === undefined) {
    throw new UsageError('`--caller`, `--server` and `--tool` are needed (or `--input`)');
  }
  return {
    app: caller,
    server,
    tool,
    phase,
    arguments: parseObject(given, '--arguments') as JsonObject, // parsed from JSON text
    selected: { calls: 1, match: selected, consumed: false },
    semantic: { outcome: 'match', score: null, strategy: 'hybrid' },
    used: { calls: 0, sum: 0 },
  } as const;
}

function readInput(path: string): DecisionInput {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new UsageError(`cannot read \`${path}\``, { cause });
  }
  // `as`: the rules judge every member, and deny what is not as it must be.
  return parseObject(text, path) as unknown as DecisionInput;
}

function parseObject(text: string, name: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`\`${name}\` is no JSON`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new UsageError(`\`${name}\` is no JSON object`);
  return value;
}

function render({ decision, rules, flips }: ExplainedDecision, manifests: CompiledManifests): string {
  const placed = (text: string) => rules.reduce((done, { id }) => done.replaceAll(id, rulePlace(manifests, id)), text);
  const lines = [
    `${decision.allow ? 'ALLOW' : 'DENY'} ${decision.reason}${decision.audit_only ? ' (would block; Audit lets it through)' : ''}`,
    `policies: ${decision.policies.join(', ') || 'none'}`,
    'checks:',
    ...decision.checks.map(({ check, outcome, reason, detail }) =>
      `  ${outcome.padEnd(7)} ${check} ${outcome === 'BLOCK' ? `${reason} ` : ''}${detail}`.trimEnd(),
    ),
    ...(rules.length === 0 ? ['rules: none names the tool'] : ['rules:']),
    ...rules.map(
      ({ id, effect, holds, decides }) =>
        `  ${rulePlace(manifests, id)} ${effect} ${holds ? 'matches' : 'does not match'}${decides ? ', decides' : ''}`,
    ),
    decision.allow ? 'any of these would deny it:' : 'all of these would allow it:',
    ...flips.map((flip) => `  ${placed(flip)}`),
  ];
  return `${lines.join('\n')}\n`;
}
