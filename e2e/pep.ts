import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportJWK, generateKeyPair } from 'jose';
import { parseConfig } from '../ext-authz/config.ts';
import { thisWorld } from '../ext-authz/pep.ts';
import { type ClientKey, signAssertion } from '../ext-authz/runtime_client/assertion.ts';
import { openCredential } from '../ext-authz/runtime_client/credential.ts';
import { openRuntimeClient, type RuntimeClient, type TokenAnswer } from '../ext-authz/runtime_client/runtime_client.ts';
import { canonicalJson } from '../policies/canonical.ts';
import type { JsonObject } from '../policies/contract.ts';
import { clientId, paths, type SelectionsRequest } from '../policies/wire.ts';
import type { Stack } from './stack.ts';

const limitMs = 5_000;

/** What an agent's enforcement point can ask for: the tests hold its key because they are root. */
export interface AgentPep {
  /** The first token of a session that a prompt from outside starts. */
  intentToken(): Promise<string>;
  /** The token for one tool call that the LLM selected in a session of its own. */
  toolToken(server: string, name: string, callArguments: JsonObject): Promise<string>;
  /** Tokens for calls of one tool that the LLM selected together, in the order of their arguments. */
  toolTokens(server: string, name: string, each: readonly JsonObject[]): Promise<readonly string[]>;
}

/** The enforcement point that runs beside an agent of the bank. */
export async function pepOf(stack: Stack, app: string): Promise<AgentPep> {
  const folder = join(stack.run.places.run, 'pep', app);
  const config = parseConfig(JSON.parse(readFileSync(join(folder, 'ext-authz.json'), 'utf8')));
  return agentPep(openRuntimeClient(config.runtimeUrl, await openCredential(config, thisWorld)), config.mas, app);
}

/** The enforcement point of an agent of another MAS at the same runtime; registered with a key of its own. */
export async function pepOfOther(stack: Stack, mas: string, app: string): Promise<AgentPep> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const key: ClientKey = { kid: randomUUID(), key: privateKey };
  const jwk = { ...(await exportJWK(publicKey)), kid: key.kid, alg: 'ES256', use: 'sig' };
  const answer = await fetch(stack.state.runtimeUrl + paths.apps, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ mas, app, jwks: { keys: [jwk] } }),
  });
  if (!answer.ok) throw new Error(`registered: ${answer.status} ${await answer.text()}`);
  const runtimeUrl = stack.state.runtimeUrl;
  const assert = () => {
    const claims = { clientId: clientId(mas, app), audience: runtimeUrl, jti: randomUUID() };
    return signAssertion(key, claims, Math.floor(Date.now() / 1000));
  };
  return agentPep(openRuntimeClient(runtimeUrl, assert), mas, app);
}

function agentPep(runtime: RuntimeClient, mas: string, app: string): AgentPep {
  const start = async () => {
    const decisionId = randomUUID();
    const words = {
      userInput: `Show my accounts (${decisionId})`,
      audience: app,
      caller: null,
      tool: null,
      linkedTraceId: null,
    };
    return issued(await runtime.startSession({ ...words, decisionId }, AbortSignal.timeout(limitMs)));
  };
  const toolTokens = async (server: string, name: string, each: readonly JsonObject[]) => {
    const session = await start();
    const tool = `${server}/${name}`;
    const selections: SelectionsRequest = {
      mas,
      app,
      session_id: session.session_id,
      llm_call_id: randomUUID(),
      selections: each.map((given, index) => ({ id: `call_${index + 1}`, tool, llm_name: name, arguments: given })),
    };
    const status = await runtime.postJson(paths.selections, selections, AbortSignal.timeout(limitMs));
    if (status !== 200) throw new Error(`selections: ${status}`);
    const tokens: string[] = [];
    for (const given of each) {
      const call = { id: tool, arguments: canonicalJson(given) };
      const asked = { subjectToken: session.access_token, audience: server, tool: call, decisionId: randomUUID() };
      const how = { protocol: 'mcp', operation: 'tools/call', callId: null };
      tokens.push(issued(await runtime.exchange({ ...asked, ...how }, AbortSignal.timeout(limitMs))).access_token);
    }
    return tokens;
  };
  return {
    intentToken: async () => (await start()).access_token,
    toolTokens,
    async toolToken(server, name, callArguments) {
      const [token = ''] = await toolTokens(server, name, [callArguments]);
      return token;
    },
  };
}

function issued<T>(answer: TokenAnswer<T>): T {
  if (answer.kind !== 'issued') throw new Error(`no token: ${JSON.stringify(answer)}`);
  return answer.response;
}
