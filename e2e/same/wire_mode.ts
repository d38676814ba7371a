import type { Behaviour, LlmStep, RawStep, Step } from '../../conformance/format/behaviour.ts';
import type { HttpMessage } from '../../conformance/journey/http_message.ts';
import { llmAnswer } from '../../conformance/journey/llm_answer.ts';
import * as requests from '../../conformance/journey/requests.ts';
import type { EnvoyMaker } from '../../local/start/envoy_maker.ts';
import type { PepApp, PepDocument } from '../../policies/pep.ts';
import type { WireAnswer } from '../send/wire_request.ts';
import { outsider, Stack } from '../stack.ts';

/** What became of one step. */
export interface Verdict {
  readonly decision: 'allow' | 'deny';
  readonly reason: string;
}

/** One way of running CASA: the verdicts of a behaviour's steps in it. */
export interface WireMode {
  verdicts(behaviour: Behaviour): Promise<readonly Verdict[]>;
  close(): Promise<void>;
}

const echo = ['node', 'dist/e2e/same/echo/main.js'];
const players = ['llm', 'bank-mcp', 'casa-demo-agent', 'casa-demo-agent-compromised'];

/** The demo's MAS behind real Envoys, its apps played by one that echoes: every step is a request from an app's own place. */
export async function openWireMode(envoy: EnvoyMaker): Promise<WireMode> {
  const commands = Object.fromEntries(players.map((app) => [app, echo]));
  const stack = await Stack.open({ commands, envoy });
  const pep = stack.run.plan.apps.find(({ compiled }) => compiled?.mas === 'bank.bank')?.compiled?.pep;
  if (pep === undefined) throw new Error('the stack has no bank');
  return {
    async verdicts(behaviour) {
      const run = new WireRun(stack, pep);
      const verdicts: Verdict[] = [];
      for (const step of behaviour.steps) verdicts.push(await run.step(step));
      return verdicts;
    },
    close: () => stack.close(),
  };
}

/** What an app was given with a session. */
interface Delivered {
  readonly text: string;
  readonly traceparent: string;
}

class WireRun {
  readonly #stack: Stack;
  readonly #pep: PepDocument;
  readonly #delivered = new Map<string, Delivered>();
  /** By app. */
  readonly #latest = new Map<string, string>();
  #lastId = 0;

  constructor(stack: Stack, pep: PepDocument) {
    this.#stack = stack;
    this.#pep = pep;
  }

  async step(step: Step): Promise<Verdict> {
    switch (step.kind) {
      case 'prompt': {
        const { from, to, text, as } = step.prompt;
        const answer = await this.#send(from, requests.prompt(this.#app(to), text, this.#nextId()));
        if (as !== undefined && answer.status === 200) this.#deliver(to, as, text, answer);
        return verdictOf(answer);
      }
      case 'llm':
        return this.#llm(step.llm);
      case 'call': {
        const { app, server, tool, session } = step.call;
        const called = requests.toolCall(this.#app(server), tool, step.call.arguments ?? {}, this.#nextId());
        return verdictOf(await this.#send(app, this.#traced(called, app, session)));
      }
      case 'discover': {
        const { app, server, operation, params } = step.discover;
        return verdictOf(
          await this.#send(app, requests.discovery(this.#app(server), operation, params ?? {}, this.#nextId())),
        );
      }
      case 'replay_token': {
        const { to, tool } = step.replay_token;
        const called = requests.toolCall(this.#app(to), tool, step.replay_token.arguments ?? {}, this.#nextId());
        return verdictOf(await this.#send(outsider, called));
      }
      case 'raw':
        return this.#raw(step.raw);
      default:
        throw new Error(`a step of kind ${step.kind} has no way over the wire`);
    }
  }

  async #llm({ app, session, selects, stream = false, trace = true }: LlmStep): Promise<Verdict> {
    const { text } = this.#given(session);
    const calls = selects.map((selection) => {
      const name = selection.llm_name ?? requests.llmName(this.#app(app).toolNames, selection.tool ?? '');
      return { id: `call_${this.#nextId()}`, name, arguments: selection.arguments ?? {} };
    });
    const { headers, chunks } = llmAnswer(calls, stream);
    const told = {
      'x-answer': Buffer.concat(chunks).toString('base64'),
      'x-answer-type': headers['content-type'] ?? '',
    };
    const request = requests.llmRequest(this.#pep, app, text, stream);
    const message = { ...request, headers: { ...request.headers, ...told } };
    return verdictOf(await this.#send(app, trace ? this.#traced(message, app, session) : message));
  }

  async #raw({ app, to, session, method, path, headers = {}, body, body_bytes }: RawStep): Promise<Verdict> {
    const authority = /:\d+$/.test(to) ? to : requests.authorityOf(this.#app(to));
    const bytes = body_bytes === undefined ? Buffer.from(body ?? '') : Buffer.alloc(body_bytes, 'x');
    const message = { method, path, authority, headers, body: bytes };
    return verdictOf(await this.#send(app, this.#traced(message, app, session)));
  }

  async #send(from: string, message: HttpMessage): Promise<WireAnswer> {
    const { method, path, authority, headers, body } = message;
    // A name that nobody knows has no address: it is asked for at one that is known.
    const known = [...Object.values(this.#pep.apps).map(requests.authorityOf), ...this.#pep.llm].includes(authority);
    const to = known ? authority : `bank-mcp:${authority.split(':')[1]}`;
    const request = { to, authority, method, path, headers, body: Buffer.from(body).toString('base64') };
    const [answer] = await this.#stack.sendAs(from, [{ ...request, encoding: 'base64' }]);
    if (answer === undefined) throw new Error('no answer');
    return answer;
  }

  /**
   * Without a session, the latest that the app was given: sessions of earlier behaviours are still alive here, so that saying
   * nothing could mean any of them.
   */
  #traced(message: HttpMessage, app: string, session: string | undefined): HttpMessage {
    const named = session ?? this.#latest.get(app);
    if (named === undefined) return message;
    return { ...message, headers: { ...message.headers, traceparent: this.#given(named).traceparent } };
  }

  #deliver(app: string, session: string, text: string, { body }: WireAnswer): void {
    const { traceparent } = JSON.parse(body).result.headers;
    this.#delivered.set(session, { text, traceparent: String(traceparent) });
    this.#latest.set(app, session);
  }

  #given(session: string): Delivered {
    const delivered = this.#delivered.get(session);
    if (delivered === undefined) throw new Error(`\`${session}\` was never delivered`);
    return delivered;
  }

  #app(name: string): PepApp {
    const app = this.#pep.apps[name];
    if (app === undefined) throw new Error(`no app ${name}`);
    return app;
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }
}

/** A refusal says why in its body, whichever form it has. */
function verdictOf({ status, reason }: WireAnswer): Verdict {
  if (status === 200 && reason === null) return { decision: 'allow', reason: 'ok' };
  return { decision: 'deny', reason: reason ?? `status ${status}` };
}
