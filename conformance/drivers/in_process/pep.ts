import { randomBytes, randomUUID } from 'node:crypto';
import type { LoadedPolicy } from '../../../ext-authz/bundle/loaded_policy.ts';
import { check } from '../../../ext-authz/check/check.ts';
import type { CheckParts } from '../../../ext-authz/check/parts.ts';
import { ProcessStream } from '../../../ext-authz/llm/process_stream.ts';
import type { CheckRequest, Struct } from '../../../ext-authz/proto/messages.ts';
import { AppTokens } from '../../../ext-authz/runtime_client/app_tokens.ts';
import { LlmCalls } from '../../../ext-authz/sessions/llm_calls.ts';
import { SessionStates } from '../../../ext-authz/sessions/session_states.ts';
import { SessionTable } from '../../../ext-authz/sessions/session_table.ts';
import { CasaError } from '../../../policies/errors.ts';
import { clientId } from '../../../policies/wire.ts';
import type { Parts } from '../../../runtime/parts.ts';
import { verifyOwn } from '../../../runtime/sessions/introspect_token.ts';
import type { AppRef } from '../../journey/app_ref.ts';
import type { LlmAnswer } from '../../journey/llm_answer.ts';
import { answerMessages } from '../../journey/process_messages.ts';
import type { Checked, Pep } from '../../journey/site.ts';
import type { FileClock } from '../file_clock.ts';
import { type FeedPosition, openRuntimePort } from './runtime_port.ts';

export interface Surroundings {
  readonly parts: Parts;
  readonly clock: Readonly<FileClock>;
  readonly runtimeUrl: string;
  /** Which app has which address. */
  readonly peers: ReadonlyMap<string, AppRef>;
}

/** One enforcement point whose two services are called as functions. */
export class InProcessPep implements Pep {
  readonly app: AppRef;
  readonly #parts: CheckParts;
  readonly #position: FeedPosition = { after: null };
  readonly #stop = new AbortController();
  readonly #feed: Promise<void>;

  constructor(app: AppRef, policy: LoadedPolicy, surroundings: Surroundings) {
    this.app = app;
    this.#parts = checkParts(app, policy, surroundings, this.#position);
    this.#feed = this.#parts.states.follow(this.#stop.signal);
  }

  /** Sequence of revocations that this enforcement point has surely read. */
  get heardOf(): number {
    return this.#position.after ?? -1;
  }

  async check(message: CheckRequest): Promise<Checked> {
    const { response, event, error } = await check(this.#parts, message);
    // A broken part would be a denial too; here it must not pass for the one that a behaviour expects.
    if (error !== null && !isRuntimeAway(error)) throw error;
    const checks = event !== null && 'decision' in event ? event.decision.checks : [];
    return { response, checks: async () => checks };
  }

  async readAnswer(answer: LlmAnswer, metadata: Struct): Promise<boolean> {
    const stream = new ProcessStream(this.#parts, 'outbound');
    for (const message of answerMessages(answer, metadata)) {
      const response = await stream.respond(message);
      if (response.immediate_response !== undefined) return false;
    }
    stream.close();
    return true;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#feed;
  }
}

function isRuntimeAway(error: unknown): boolean {
  return error instanceof CasaError && error.code === 'runtime_unavailable';
}

function checkParts(app: AppRef, policy: LoadedPolicy, around: Surroundings, position: FeedPosition): CheckParts {
  const runtime = openRuntimePort(around.parts, app, position);
  const startedMs = around.clock.nowMs;
  const monotonicMs = () => around.clock.nowMs - startedMs;
  const client = { clientId: clientId(app.mas, app.app), ...app };
  return {
    config: {
      ...app,
      namespace: policy.pep.namespace,
      runtimeUrl: around.runtimeUrl,
      keycloakUrl: null,
      credential: { kind: 'key', file: '' },
      socketPath: '',
      peers: { kind: 'none' },
      bundleFile: null,
    },
    clock: { nowMs: () => around.clock.nowMs, monotonicMs },
    random: { uuid: randomUUID, spanId: () => randomBytes(8).toString('hex') },
    policy: () => policy,
    runtime,
    appTokens: new AppTokens(runtime, monotonicMs),
    verifyToken: (token) => verifyOwn(around.parts, client, token),
    sessions: new SessionTable(monotonicMs),
    states: new SessionStates(runtime, app.mas, monotonicMs),
    llmCalls: new LlmCalls(monotonicMs),
    findPeer: (address) => {
      const peer = around.peers.get(address);
      return peer === undefined ? null : { ...peer, namespace: null, workload: null };
    },
  };
}
