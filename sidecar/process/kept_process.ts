import { CasaError } from '../../policies/errors.ts';
import type { StartedProcess } from './started_process.ts';

export interface KeepSpec {
  readonly start: () => StartedProcess;
  readonly restartDelayMs: number;
  readonly say: (line: string) => void;
  /** Told of each process, the first included. */
  readonly started: (process: StartedProcess) => void;
  /** It ended too often to be started again. */
  readonly gaveUp: (error: CasaError) => void;
}

/** More deaths than this within the window are no accident. */
export const deathsMax = 10;
const deathsWindowMs = 60_000;

/** A process that is started again when it ends by itself, until `stop`. */
export class KeptProcess {
  readonly first: StartedProcess;
  readonly #spec: KeepSpec;
  #current: StartedProcess;
  #deathsAtMs: readonly number[] = [];
  #restart: NodeJS.Timeout | null = null;
  #isStopped = false;

  constructor(spec: KeepSpec) {
    this.#spec = spec;
    this.first = this.#start();
    this.#current = this.first;
  }

  /** Ends it for good. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#restart !== null) clearTimeout(this.#restart);
    await this.#current.stop();
  }

  #start(): StartedProcess {
    const started = this.#spec.start();
    this.#spec.started(started);
    void started.ended.then((code) => this.#onEnd(started, code));
    return started;
  }

  #onEnd(ended: StartedProcess, code: number): void {
    if (this.#isStopped) return;
    const { restartDelayMs, say, gaveUp } = this.#spec;
    const nowMs = performance.now();
    this.#deathsAtMs = [...this.#deathsAtMs.filter((atMs) => nowMs - atMs < deathsWindowMs), nowMs];
    if (this.#deathsAtMs.length > deathsMax) {
      gaveUp(ended.failure(code));
      return;
    }
    say(`${ended.name} ended with code ${code}: started again in ${restartDelayMs / 1000} s`);
    this.#restart = setTimeout(() => this.#startAgain(), restartDelayMs);
  }

  #startAgain(): void {
    try {
      this.#current = this.#start();
      this.#spec.say(`${this.#current.name} started again`);
    } catch (cause) {
      this.#spec.gaveUp(new CasaError('process_failed', `cannot start ${this.#current.name} again`, { cause }));
    }
  }
}
