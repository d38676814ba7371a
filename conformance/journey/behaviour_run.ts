import { parseTraceId } from '../../ext-authz/sessions/trace_parent.ts';
import { CasaError, unreachable } from '../../policies/errors.ts';
import type { PepApp } from '../../policies/pep.ts';
import type {
  Behaviour,
  CallStep,
  DelegateStep,
  DiscoverStep,
  LlmSelection,
  LlmStep,
  PromptStep,
  RawStep,
  ReplayTokenStep,
  Step,
} from '../format/behaviour.ts';
import type { Outcome, Run } from '../run/driver.ts';
import { addressBook, addressOf, loopbackAddress, outsideAddress } from './addresses.ts';
import { type AppRef, appKey, appRef } from './app_ref.ts';
import type { HttpMessage } from './http_message.ts';
import { llmAnswer } from './llm_answer.ts';
import { authorityOf, discovery, llmName, llmRequest, prompt, toolCall } from './requests.ts';
import type { Arrival, Road } from './road.ts';
import type { Site } from './site.ts';
import { forgedToken, unsignedToken } from './tokens.ts';

/** What an app was given with a session, as far as an app that keeps trace headers knows it. */
interface Delivered {
  readonly traceparent: string | null;
  readonly text: string;
}

/** Carries out the steps of one behaviour as its apps and their Envoys would. */
export class BehaviourRun implements Run {
  readonly #behaviour: Behaviour;
  readonly #site: Site;
  readonly #road: Road;
  readonly #addresses: ReadonlyMap<string, string>;
  /** By app and label of the session. */
  readonly #delivered = new Map<string, Delivered>();
  /** Intent tokens seen between two Envoys, and whose Envoy sent them. By label of the session. */
  readonly #intents = new Map<string, { readonly from: AppRef; readonly token: string }>();
  /** By label of the call. */
  readonly #tokens = new Map<string, string>();
  #lastId = 0;

  constructor(behaviour: Behaviour, site: Site, road: Road) {
    this.#behaviour = behaviour;
    this.#site = site;
    this.#road = road;
    this.#addresses = addressBook(behaviour.systems);
  }

  async runStep(step: Step): Promise<Outcome | null> {
    switch (step.kind) {
      case 'prompt':
        return this.#prompt(step.prompt);
      case 'llm':
        return this.#llm(step.llm);
      case 'call':
        return this.#call(step.call);
      case 'discover':
        return this.#discover(step.discover);
      case 'delegate':
        return this.#delegate(step.delegate);
      case 'replay_token':
        return this.#replayToken(step.replay_token);
      case 'raw':
        return this.#raw(step.raw);
      case 'revoke':
        await this.#revoke(step.revoke.session);
        return null;
      case 'advance':
        this.#site.advance(step.advance.seconds);
        return null;
      default:
        return unreachable(step);
    }
  }

  async end(): Promise<void> {
    await this.#site.close();
  }

  async #prompt({ from, to, text, as, direct }: PromptStep): Promise<Outcome> {
    const agent = this.#ref(to);
    const message = prompt(this.#app(agent), text, this.#nextId());
    const isApp = !['outside', 'self', 'loopback'].includes(from);
    const arrival =
      isApp && direct !== true
        ? await this.#road.sendBetween(this.#ref(from), agent, message)
        : await this.#road.sendIn(this.#sourceAddress(from, agent), agent, message);
    if (as !== undefined && arrival.message !== null) this.#deliver(agent, as, text, arrival.message);
    if (as !== undefined && arrival.token !== null) {
      this.#intents.set(as, { from: this.#ref(from), token: arrival.token });
    }
    return arrival.outcome;
  }

  #sourceAddress(from: string, to: AppRef): string {
    if (from === 'outside') return outsideAddress;
    if (from === 'loopback') return loopbackAddress;
    return addressOf(this.#addresses, from === 'self' ? to : this.#ref(from));
  }

  async #llm({ app, session, selects, stream = false, trace = true }: LlmStep): Promise<Outcome> {
    const ref = this.#ref(app);
    const { text } = this.#deliveredTo(ref, session);
    const request = llmRequest(this.#site.document(ref.mas), ref.app, text, stream);
    const sent = trace ? this.#traced(request, ref, session) : request;
    const calls = selects.map((selection) => this.#answeredCall(ref, selection));
    return (await this.#road.sendOut(ref, sent, llmAnswer(calls, stream))).outcome;
  }

  #answeredCall(ref: AppRef, selection: LlmSelection) {
    const pattern = this.#app(ref).toolNames;
    const name = selection.llm_name ?? llmName(pattern, selection.tool ?? '');
    return { id: `call_${this.#nextId()}`, name, arguments: selection.arguments ?? {} };
  }

  async #call(step: CallStep): Promise<Outcome> {
    const server = this.#ref(step.server);
    const id = step.id ?? `conformance-${this.#nextId()}`;
    const message = toolCall(this.#app(server), step.tool, step.arguments ?? {}, id);
    const arrival = await this.#send(step.app, server, message, step.session);
    if (step.as !== undefined && arrival.token !== null) this.#tokens.set(step.as, arrival.token);
    return arrival.outcome;
  }

  async #discover({ app, server, operation, params }: DiscoverStep): Promise<Outcome> {
    const callee = this.#ref(server);
    const message = discovery(this.#app(callee), operation, params ?? {}, this.#nextId());
    return (await this.#send(app, callee, message, undefined)).outcome;
  }

  async #delegate({ app, to, text, session }: DelegateStep): Promise<Outcome> {
    const agent = this.#ref(to);
    const message = prompt(this.#app(agent), text, this.#nextId());
    const arrival = await this.#send(app, agent, message, session);
    if (session !== undefined && arrival.message !== null) this.#deliver(agent, session, text, arrival.message);
    return arrival.outcome;
  }

  async #replayToken(step: ReplayTokenStep): Promise<Outcome> {
    const server = this.#ref(step.to);
    const message = toolCall(this.#app(server), step.tool, step.arguments ?? {}, this.#nextId());
    const token = await this.#replayed(step);
    const headers = token === null ? {} : { authorization: `Bearer ${token}` };
    const source = this.#sourceAddress(step.from ?? 'outside', server);
    const withToken = { ...message, headers: { ...message.headers, ...headers } };
    return (await this.#road.sendIn(source, server, withToken)).outcome;
  }

  async #replayed({ token, like }: ReplayTokenStep): Promise<string | null> {
    switch (token) {
      case 'none':
        return null;
      case 'forged':
        return forgedToken(this.#labelled(like));
      case 'unsigned':
        return unsignedToken(this.#labelled(like));
      default:
        return this.#labelled(token);
    }
  }

  #labelled(label: string | undefined): string {
    const token = label === undefined ? undefined : this.#tokens.get(label);
    if (token === undefined) throw notSeen(`no token travelled with the call \`${label ?? ''}\``);
    return token;
  }

  async #raw(step: RawStep): Promise<Outcome> {
    const isAuthority = /:\d+$/.test(step.to);
    const authority = isAuthority ? step.to : authorityOf(this.#app(this.#ref(step.to)));
    const body = step.body_bytes === undefined ? Buffer.from(step.body ?? '') : Buffer.alloc(step.body_bytes, 'x');
    const headers = Object.entries(step.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
    const message: HttpMessage = {
      method: step.method,
      path: step.path,
      authority,
      headers: Object.fromEntries(headers),
      body,
    };
    if (!isAuthority) return (await this.#send(step.app, this.#ref(step.to), message, step.session)).outcome;
    const from = this.#ref(step.app);
    return (await this.#road.sendOut(from, this.#traced(message, from, step.session), null)).outcome;
  }

  async #revoke(session: string): Promise<void> {
    const intent = this.#intents.get(session);
    if (intent === undefined) {
      throw notSeen(`no token of \`${session}\` travelled: only what a client app sent can be revoked by its Envoy`);
    }
    await this.#site.revoke(intent.from, intent.token);
  }

  #send(app: string, to: AppRef, message: HttpMessage, session: string | undefined): Promise<Arrival> {
    const from = this.#ref(app);
    return this.#road.sendBetween(from, to, this.#traced(message, from, session));
  }

  #traced(message: HttpMessage, app: AppRef, session: string | undefined): HttpMessage {
    if (session === undefined) return message;
    const { traceparent } = this.#deliveredTo(app, session);
    return traceparent === null ? message : { ...message, headers: { ...message.headers, traceparent } };
  }

  #deliver(app: AppRef, session: string, text: string, message: HttpMessage): void {
    const traceparent = message.headers.traceparent ?? null;
    if (traceparent !== null && parseTraceId(traceparent) === null) {
      throw notSeen(`\`${appKey(app)}\` was given a malformed traceparent`);
    }
    this.#delivered.set(`${appKey(app)} ${session}`, { traceparent, text });
  }

  #deliveredTo(app: AppRef, session: string): Delivered {
    const delivered = this.#delivered.get(`${appKey(app)} ${session}`);
    if (delivered === undefined) throw notSeen(`\`${session}\` was never delivered to \`${appKey(app)}\``);
    return delivered;
  }

  #ref(name: string): AppRef {
    return appRef(this.#behaviour.systems, name);
  }

  #app(ref: AppRef): PepApp {
    const app = this.#site.document(ref.mas).apps[ref.app];
    if (app === undefined) throw new CasaError('bug', `\`${appKey(ref)}\` was not compiled`);
    return app;
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }
}

function notSeen(message: string): CasaError {
  return new CasaError('configuration_invalid', message);
}
