import type { Direction } from '../../../ext-authz/check/read_request.ts';
import type { PepConfig } from '../../../ext-authz/config.ts';
import { EnforcementPoint } from '../../../ext-authz/pep.ts';
import type { PepWorld } from '../../../ext-authz/pep_world.ts';
import type { CheckRequest, Struct } from '../../../ext-authz/proto/messages.ts';
import type { CheckResult } from '../../../policies/contract.ts';
import { CasaError } from '../../../policies/errors.ts';
import type { LlmAnswer } from '../../journey/llm_answer.ts';
import type { Checked, Pep } from '../../journey/site.ts';
import { EnvoyClient } from './envoy_client.ts';
import type { TraceReader } from './trace_reader.ts';

/** Longest that the first bundle may take. */
const readyMaxMs = 15_000;

/** One enforcement point with its sockets, and Envoy's side of them. */
export class GrpcPep implements Pep {
  readonly #point: EnforcementPoint;
  readonly #envoy: EnvoyClient;
  readonly #trace: TraceReader;

  private constructor(point: EnforcementPoint, envoy: EnvoyClient, trace: TraceReader) {
    this.#point = point;
    this.#envoy = envoy;
    this.#trace = trace;
  }

  /** Resolves when the enforcement point has its bundle. */
  static async open(config: PepConfig, world: PepWorld, trace: TraceReader): Promise<GrpcPep> {
    let point: EnforcementPoint | null = null;
    let timer: NodeJS.Timeout | undefined;
    let lastFailure: unknown = null;
    try {
      await new Promise<void>((resolve, reject) => {
        const late = () => reject(new CasaError('process_failed', 'no bundle came', { cause: lastFailure }));
        timer = setTimeout(late, readyMaxMs);
        const log = {
          bundleLoaded: () => resolve(),
          bundleFailed: (error: unknown) => {
            lastFailure = error;
          },
          // Both are denials that a behaviour sees.
          checkFailed: () => undefined,
          streamFailed: () => undefined,
        };
        EnforcementPoint.open(config, world, log).then((opened) => {
          point = opened;
        }, reject);
      });
    } finally {
      clearTimeout(timer);
    }
    if (point === null) throw new CasaError('bug', 'a bundle came before its enforcement point was open');
    return new GrpcPep(point, new EnvoyClient(config.socketPath), trace);
  }

  async check(message: CheckRequest): Promise<Checked> {
    const response = await this.#envoy.check(message);
    const direction = message.attributes?.context_extensions?.['casa.direction'] as Direction; // as it was sent
    const decisionId = response.dynamic_metadata.fields.decision_id?.stringValue ?? '';
    return { response, checks: () => this.checksOf(decisionId, direction) };
  }

  /** The checks of a decision at this side of the call, as they were recorded. */
  checksOf(decisionId: string, direction: Direction): Promise<readonly CheckResult[]> {
    return this.#trace.checksOf(decisionId, direction);
  }

  readAnswer(answer: LlmAnswer, metadata: Struct): Promise<boolean> {
    return this.#envoy.process(answer, metadata);
  }

  async close(): Promise<void> {
    this.#envoy.close();
    await this.#point.close();
  }
}
