/** The sentence model behind a port: all-MiniLM-L6-v2 in a thread of its own, read from files, never from a network. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { CasaError } from '../../../policies/errors.ts';
import { type EmbeddingAnswer, type EmbeddingWorkerOptions, runEmbeddingWorker } from './embedding_worker.ts';

export interface SentenceModel {
  /** What one answer may take. */
  readonly timeoutMs: number;
  /** One vector a text, in order; throws `semantic_check_failed` when there is none in time. */
  embed(texts: readonly string[]): Promise<readonly Float32Array[]>;
  /** Loads the model before it is needed; throws where it cannot be had. */
  warm(): Promise<void>;
  close(): Promise<void>;
}

export const modelName = 'all-MiniLM-L6-v2';
/** The model reads some 500 tokens of a text, and its time grows with them. */
export const textCharsMax = 1_000;
/** What a serving process allows an answer: below the time in which an enforcement point must answer Envoy. */
export const answerTimeoutMs = 2_000;
const warmTimeoutMs = 60_000;
/** A thread that says nothing for so long, its loading included, is ended. */
const silenceMsMax = 60_000;
const questionsWaitingMax = 100;

interface Waiting {
  readonly resolve: (vectors: readonly Float32Array[]) => void;
  readonly reject: (error: CasaError) => void;
  readonly timer: NodeJS.Timeout;
}

/** The thread starts with the first question, and again after it ended. `modelsPath` holds the model's folder. */
export function openSentenceModel(modelsPath: string, timeoutMs: number): SentenceModel {
  return new ThreadModel(modelsPath, timeoutMs);
}

class ThreadModel implements SentenceModel {
  readonly #modelsPath: string;
  readonly timeoutMs: number;
  readonly #waiting = new Map<number, Waiting>();
  #thread: Worker | null = null;
  #lastId = 0;
  #heardAtMs = 0;

  constructor(modelsPath: string, timeoutMs: number) {
    this.#modelsPath = modelsPath;
    this.timeoutMs = timeoutMs;
  }

  embed(texts: readonly string[]): Promise<readonly Float32Array[]> {
    return this.#ask(texts, this.timeoutMs);
  }

  async warm(): Promise<void> {
    await this.#ask([''], warmTimeoutMs);
  }

  async close(): Promise<void> {
    const thread = this.#thread;
    if (thread === null) return;
    this.#drop(thread, failed('the sentence model was closed'));
  }

  async #ask(texts: readonly string[], timeoutMs: number): Promise<readonly Float32Array[]> {
    if (this.#waiting.size >= questionsWaitingMax) throw failed('too many questions wait for the sentence model');
    this.#thread ??= this.#start();
    const thread = this.#thread;
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#giveUp(thread, id), timeoutMs);
      this.#waiting.set(id, { resolve, reject, timer });
      thread.postMessage({ id, texts: texts.map((text) => text.slice(0, textCharsMax)) });
    });
  }

  #start(): Worker {
    const folder = join(this.#modelsPath, modelName);
    if (!existsSync(folder)) throw new CasaError('tool_missing', `no sentence model in \`${folder}\``);
    const workerData: EmbeddingWorkerOptions = {
      transformersPath: createRequire(import.meta.url).resolve('@xenova/transformers'),
      modelsPath: this.#modelsPath,
      modelName,
    };
    const thread = new Worker(`(${runEmbeddingWorker.toString()})(require)`, { eval: true, workerData });
    thread.on('message', (answer: EmbeddingAnswer) => this.#settle(answer));
    thread.on('error', (cause) => this.#drop(thread, failed('the thread of the sentence model ended', cause)));
    thread.on('exit', () => this.#drop(thread, failed('the thread of the sentence model ended')));
    this.#heardAtMs = performance.now();
    // A model alone keeps no process alive.
    thread.unref();
    return thread;
  }

  #settle(answer: EmbeddingAnswer): void {
    this.#heardAtMs = performance.now();
    const waiting = this.#waiting.get(answer.id);
    if (waiting === undefined) return;
    this.#waiting.delete(answer.id);
    clearTimeout(waiting.timer);
    if (answer.vectors === undefined) waiting.reject(failed(answer.error ?? 'no vectors'));
    else waiting.resolve(answer.vectors);
  }

  /** One question fails; the thread goes on, for it may still be loading the model for the next one. */
  #giveUp(thread: Worker, id: number): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.reject(failed('the sentence model did not answer in time'));
    if (performance.now() - this.#heardAtMs > silenceMsMax) this.#drop(thread, failed('the sentence model is silent'));
  }

  /** Ends this thread, and fails who waits for it; the next question starts another. */
  #drop(thread: Worker, error: CasaError): void {
    if (this.#thread !== thread) return;
    this.#thread = null;
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(error);
    }
    this.#waiting.clear();
    thread.terminate().catch(() => undefined);
  }
}

function failed(message: string, cause?: unknown): CasaError {
  return new CasaError('semantic_check_failed', message, { cause });
}
