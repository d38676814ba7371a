import { randomBytes, randomUUID } from 'node:crypto';
import { chmodSync, rmSync } from 'node:fs';
import {
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { BundleFeed } from './bundle/bundle_feed.ts';
import type { LoadedPolicy } from './bundle/loaded_policy.ts';
import { showBundle } from './bundle/show_bundle.ts';
import { check } from './check/check.ts';
import type { CheckParts } from './check/parts.ts';
import { PeerFeed } from './check/peer_feed.ts';
import { type FindPeer, openPeers } from './check/peers.ts';
import type { PeerSource, PepConfig } from './config.ts';
import { grpcMessageBytesMax } from './limits.ts';
import { ProcessStream } from './llm/process_stream.ts';
import type { PepWorld } from './pep_world.ts';
import type { CheckRequest, CheckResponse, ProcessingRequest, ProcessingResponse } from './proto/messages.ts';
import { loadEnvoyServices } from './proto/services.ts';
import { AppTokens } from './runtime_client/app_tokens.ts';
import { openCredential } from './runtime_client/credential.ts';
import { EventQueue } from './runtime_client/event_queue.ts';
import { openRuntimeClient } from './runtime_client/runtime_client.ts';
import { openTokenVerifier } from './runtime_client/verify_token.ts';
import { LlmCalls } from './sessions/llm_calls.ts';
import { SessionStates } from './sessions/session_states.ts';
import { SessionTable } from './sessions/session_table.ts';

/** What is worth a line of log. Never a token, a prompt or arguments. */
export interface PepLog {
  bundleLoaded(revision: string): void;
  bundleFailed(error: unknown): void;
  checkFailed(error: unknown): void;
  streamFailed(error: unknown): void;
}

/** Time and chance of this machine. */
export const thisWorld: PepWorld = {
  clock: { nowMs: () => Date.now(), monotonicMs: () => performance.now() },
  random: { uuid: () => randomUUID(), spanId: () => randomBytes(8).toString('hex') },
};

/** One enforcement point: Envoy's two services on a unix socket, and what it keeps up to date with the runtime. */
export class EnforcementPoint {
  readonly #server: Server;
  readonly #stop = new AbortController();
  readonly #events: EventQueue;
  readonly #feeds: readonly Promise<void>[];

  private constructor(server: Server, events: EventQueue, follow: (signal: AbortSignal) => readonly Promise<void>[]) {
    this.#server = server;
    this.#events = events;
    this.#feeds = follow(this.#stop.signal);
  }

  /** Binds the socket (only this user may open it) and begins to follow the runtime; denies until a bundle is loaded. */
  static async open(config: PepConfig, world: PepWorld, log: PepLog): Promise<EnforcementPoint> {
    const { clock, random } = world;
    const monotonicMs = () => clock.monotonicMs();
    const runtime = openRuntimeClient(config.runtimeUrl, await openCredential(config, world));
    showBundle(config.bundleFile, null);
    const appTokens = new AppTokens(runtime, monotonicMs);
    const events = new EventQueue(runtime);
    const states = new SessionStates(runtime, config.mas, monotonicMs);
    const peerFeed = new PeerFeed(runtime, config.mas, monotonicMs);
    const bundles = new BundleFeed(runtime, config.mas, {
      loaded: (policy: LoadedPolicy) => {
        appTokens.clear();
        showBundle(config.bundleFile, policy);
        log.bundleLoaded(policy.revision);
      },
      withdrawn: () => showBundle(config.bundleFile, null),
      failed: log.bundleFailed,
    });
    const parts: CheckParts = {
      config,
      clock,
      random,
      policy: () => bundles.current,
      runtime,
      appTokens,
      verifyToken: openTokenVerifier(config),
      sessions: new SessionTable(monotonicMs),
      states,
      llmCalls: new LlmCalls(monotonicMs),
      findPeer: findPeerBy(config.peers, peerFeed),
    };
    const server = await bindServer(parts, events, log);
    return new EnforcementPoint(server, events, (signal) => [
      bundles.follow(signal),
      states.follow(signal),
      ...(config.peers.kind === 'feed' ? [peerFeed.follow(signal)] : []),
    ]);
  }

  /** Stops answering, and sends the events that wait. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#server.forceShutdown();
    await Promise.all([...this.#feeds, this.#events.close()]);
  }
}

function findPeerBy(peers: PeerSource, feed: PeerFeed): FindPeer {
  if (peers.kind === 'feed') return (address) => feed.find(address);
  return openPeers(peers.kind === 'file' ? peers.path : null);
}

async function bindServer(parts: CheckParts, events: EventQueue, log: PepLog): Promise<Server> {
  const server = new Server({
    'grpc.max_receive_message_length': grpcMessageBytesMax,
    'grpc.max_send_message_length': grpcMessageBytesMax,
  });
  const services = loadEnvoyServices();
  server.addService(services.authorization, {
    check: (call: ServerUnaryCall<CheckRequest, CheckResponse>, answer: sendUnaryData<CheckResponse>) => {
      void check(parts, call.request).then(({ response, event, error }) => {
        answer(null, response);
        if (error !== null) log.checkFailed(error);
        if (event !== null) events.push(event);
      });
    },
  });
  server.addService(services.externalProcessor, {
    process: (call: ServerDuplexStream<ProcessingRequest, ProcessingResponse>) => serve(call, parts, events, log),
  });
  const { socketPath } = parts.config;
  rmSync(socketPath, { force: true });
  const umask = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.bindAsync(`unix:${socketPath}`, ServerCredentials.createInsecure(), (error) =>
        error === null ? resolve() : reject(error),
      );
    });
  } finally {
    process.umask(umask);
  }
  chmodSync(socketPath, 0o600);
  return server;
}

function serve(
  call: ServerDuplexStream<ProcessingRequest, ProcessingResponse>,
  parts: CheckParts,
  events: EventQueue,
  log: PepLog,
): void {
  const direction = call.metadata.get('casa-direction')[0]?.toString() ?? '';
  const stream = new ProcessStream(parts, direction);
  // One after the other: a chunk must not overtake one that is held.
  let turn = Promise.resolve();
  call.on('data', (message: ProcessingRequest) => {
    turn = turn
      .then(async () => {
        if (!call.cancelled) call.write(await stream.respond(message));
      })
      .catch((error: unknown) => {
        log.streamFailed(error);
        call.destroy(new Error('the message could not be answered'));
      });
  });
  const close = () => {
    void turn.then(() => {
      const event = stream.close();
      if (event !== null) events.push(event);
    });
  };
  call.on('end', () => {
    close();
    void turn.then(() => call.end());
  });
  call.on('cancelled', close);
  call.on('error', close);
}
