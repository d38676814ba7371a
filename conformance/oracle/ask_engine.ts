/** The same world as manifests, through the loader, the compiler, the matching of selections and the engine of production. */
import { compile } from '../../compiler/compile.ts';
import { loadValues } from '../../crds/load.ts';
import type { DecisionInput, JsonObject } from '../../policies/contract.ts';
import type { PolicyEngine } from '../../policies/engine/engine.ts';
import { CasaError } from '../../policies/errors.ts';
import { callQuestion, intentToken, startQuestion, toolToken } from '../recorded/replay/questions.ts';
import { openSession, type ReplaySession } from '../recorded/replay/replay_session.ts';
import type { ReplaySite } from '../recorded/replay/replay_site.ts';
import { siteOfSystem } from '../recorded/replay/site_of_system.ts';
import type { Answer, Arguments, Rule, Step, World } from './world.ts';

const agent = 'clerk';
const inputSchema = {
  type: 'object',
  properties: { amount: { type: 'number' }, currency: { type: 'string', default: 'EUR' }, note: { type: 'string' } },
};

/** Asks about each call of a trace. */
export type AskTrace = (steps: readonly Step[]) => readonly Answer[];

/** Loads the world; null: the manifests have an error, so that there is nothing to be asked. */
export function openWorld(engine: PolicyEngine, world: World): AskTrace | null {
  const { systems } = compile(loadValues(manifestsOf(world)));
  const [compiled] = systems;
  if (compiled === undefined) return null;
  engine.load(compiled.mas, { mas: compiled.system }, 'drawn');
  const built = siteOfSystem(systems, agent);
  if (built.kind === 'problem') throw new CasaError('bug', built.why);
  return (steps) => askTrace(engine, built.site, steps);
}

function askTrace(engine: PolicyEngine, site: ReplaySite, steps: readonly Step[]): readonly Answer[] {
  const evaluate = (input: DecisionInput) => engine.evaluate(input);
  let session: ReplaySession | null = null;
  let state: DecisionInput['session'] = null;
  const answers: Answer[] = [];
  for (const step of steps) {
    if (step.kind === 'prompt') {
      const { grant } = evaluate(startQuestion(site));
      session = openSession(site, intentToken(site, grant, grant.tools), null, evaluate);
      state = { state: 'live' };
    } else if (step.kind === 'revoke') {
      if (session !== null) state = { state: 'revoked' };
    } else if (step.kind === 'answer') {
      const seen = step.selects.map((one) => ({
        step: 0,
        tool: one.tool,
        arguments: plain(one.arguments),
        result: null,
        error: null,
      }));
      session?.select(seen);
    } else answers.push(askCall(site, session, { ...step, state }, evaluate));
  }
  return answers;
}

interface AskedCall {
  readonly tool: string;
  readonly arguments: Arguments;
  readonly state: DecisionInput['session'];
}

/** Leaving, exchanging and arriving: the first that refuses gives the reason. */
function askCall(
  site: ReplaySite,
  session: ReplaySession | null,
  call: AskedCall,
  evaluate: PolicyEngine['evaluate'],
): Answer {
  const [server = '', name = ''] = call.tool.split('/');
  const given = plain(call.arguments);
  const outbound = { ...callQuestion(site, { server, name }, given), session: call.state };
  const left = evaluate(outbound);
  if (!left.allow || session === null) return left.reason;
  const { selected, counters, selectionKey } = session.facts({ server, name }, given);
  const asked: DecisionInput = { ...outbound, phase: 'exchange', token: session.intent, selected, counters };
  const exchanged = evaluate(asked);
  if (!exchanged.allow) return exchanged.reason;
  session.use(asked, selectionKey);
  const token = toolToken(session.intent, site, server, { ...exchanged.grant, audit: exchanged.audit_only });
  return evaluate({ ...outbound, phase: 'inbound', token }).reason;
}

function plain(given: Arguments): JsonObject {
  return { ...given } as JsonObject; // what is optional is left out, never undefined
}

function manifestsOf(world: World): readonly JsonObject[] {
  const servers = [...new Set(Object.keys(world.tools).map((tool) => tool.split('/')[0] ?? ''))];
  const app = (name: string, type: string) => ({
    ...{ name, type, kubernetesWorkloadName: name },
    baseUrl: { host: `${name}:8080`, scheme: 'http' },
  });
  const checks = [
    'DETERMINISTIC_TOOL_SELECTED',
    ...(world.checksSelections ? ['DETERMINISTIC_LLM_SELECTED_TOOLS'] : []),
  ];
  const system = {
    apiVersion: 'casa.io/v1alpha1',
    kind: 'MultiAgentSystem',
    metadata: { namespace: 'oracle', name: 'world' },
    spec: {
      name: 'world',
      enabledToolChecks: checks,
      llm_host: 'llm.oracle.invalid',
      apps: [
        { ...app(agent, 'agent'), httpRequestSchema: { promptFieldJsonPath: '{.prompt}' } },
        ...servers.map((server) => ({ ...app(server, 'mcp_server'), tools: toolsOf(world, server) })),
      ],
    },
  };
  const policy = {
    apiVersion: 'casa.io/v1alpha1',
    kind: 'CASAPolicy',
    metadata: { namespace: 'oracle', name: agent },
    spec: {
      targetRef: { kind: 'Deployment', name: agent },
      ...(world.endpoints === null ? {} : { allowedEndpoints: world.endpoints.map((name) => ({ name })) }),
      ...(world.rules === null ? {} : { tools: world.rules.map(ruleOf) }),
    },
  };
  return [system, policy];
}

function toolsOf(world: World, server: string): JsonObject[] {
  return Object.entries(world.tools).flatMap(([tool, { selection }]) => {
    const [own, name = ''] = tool.split('/');
    return own === server ? [{ name, description: name, inputSchema, selection }] : [];
  });
}

function ruleOf({ server, name, effect, maxAmount, callsMax, sumMax }: Rule): JsonObject {
  const limits = {
    ...(callsMax === null ? {} : { callsPerSession: callsMax }),
    ...(sumMax === null ? {} : { sum: { argument: 'amount', max: sumMax } }),
  };
  return {
    ...{ server, name, effect },
    ...(maxAmount === null
      ? {}
      : { arguments: { type: 'object', properties: { amount: { type: 'number', maximum: maxAmount } } } }),
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
  };
}
