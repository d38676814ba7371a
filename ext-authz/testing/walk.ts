import { balanceSchema } from './bank_system.ts';
import { askCheck, ProcessDouble, type SentRequest, type Sidecar, type Verdict } from './envoy_double.ts';
import { transferSchema } from './requests.ts';

export const outsideAddress = '192.0.2.7';
const llmAuthority = 'llm.example.com:9000';

export interface SelectedCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: unknown;
}

/** A prompt from outside the system arrives at the agent. */
export function prompt(agent: Sidecar, content: string, headers: { [name: string]: string } = {}): Promise<Verdict> {
  return askCheck(agent, 'inbound', outsideAddress, chat(content, headers));
}

export function chat(content: string, headers: { [name: string]: string } = {}): SentRequest {
  return { path: '/chat', authority: 'agent:8082', headers, body: JSON.stringify({ content }) };
}

/** The agent asks its LLM. */
export function askLlm(agent: Sidecar, content: string): Promise<Verdict> {
  const tool = (name: string, parameters: object) => ({ type: 'function', function: { name, parameters } });
  const body = {
    model: 'm',
    messages: [{ role: 'user', content }],
    tools: [tool('transfer', transferSchema), tool('balance', balanceSchema)],
  };
  return askCheck(agent, 'outbound', agent.address, {
    path: '/v1/chat/completions',
    authority: llmAuthority,
    body: JSON.stringify(body),
  });
}

/** The LLM's answer, in one piece, passes ext_proc. */
export async function llmAnswers(agent: Sidecar, asked: Verdict, calls: readonly SelectedCall[]): Promise<void> {
  const message = {
    role: 'assistant',
    tool_calls: calls.map((call) => ({
      id: call.id,
      type: 'function',
      function: { name: call.name, arguments: JSON.stringify(call.arguments) },
    })),
  };
  const stream = new ProcessDouble(agent, 'outbound', asked.metadata);
  await stream.headers('application/json');
  const answer = await stream.chunk(
    JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'tool_calls' }] }),
    true,
  );
  if (answer.response_body === undefined) throw new Error('the answer was cut');
  await stream.close();
}

/** A tool call from one app to the ledger, through both sidecars: the verdict of the first that refuses, or of the second. */
export async function callTool(
  from: Sidecar,
  ledger: Sidecar,
  name: string,
  callArguments: unknown,
  headers: { [name: string]: string } = {},
): Promise<Verdict> {
  const request = toolRequest(name, callArguments, headers);
  const out = await askCheck(from, 'outbound', from.address, request);
  return out.allow ? arrive(from, ledger, request, out) : out;
}

/** What one sidecar let out arrives at the other. */
export function arrive(from: Sidecar, to: Sidecar, request: SentRequest, out: Verdict): Promise<Verdict> {
  return askCheck(to, 'inbound', from.address, { ...request, headers: out.headers });
}

let lastId = 0;

export function toolRequest(
  name: string,
  callArguments: unknown,
  headers: { [name: string]: string } = {},
): SentRequest {
  lastId += 1;
  const body = { jsonrpc: '2.0', id: lastId, method: 'tools/call', params: { name, arguments: callArguments } };
  return { path: '/mcp', authority: 'ledger:8080', headers, body: JSON.stringify(body) };
}
