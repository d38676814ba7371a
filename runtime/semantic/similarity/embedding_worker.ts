/** What runs in the thread of the sentence model. */

export interface EmbeddingRequest {
  readonly id: number;
  readonly texts: readonly string[];
}
export interface EmbeddingAnswer {
  readonly id: number;
  readonly vectors?: readonly Float32Array[];
  readonly error?: string;
}
export interface EmbeddingWorkerOptions {
  readonly transformersPath: string;
  /** Folder that holds the model's folder. */
  readonly modelsPath: string;
  readonly modelName: string;
}

/** The parts of transformers.js that are used. */
interface Transformers {
  readonly env: { allowRemoteModels: boolean; allowLocalModels: boolean; localModelPath: string; useFSCache: boolean };
  pipeline(task: string, model: string, options: unknown): Promise<Extract>;
}
type Extract = (texts: readonly string[], options: unknown) => Promise<Tensor>;
interface Tensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}
interface Port {
  on(event: 'message', listener: (request: EmbeddingRequest) => void): void;
  postMessage(answer: EmbeddingAnswer): void;
}

/**
 * The thread's whole program. It is sent as text, because Node 20 reads no TypeScript and a thread has no bundler: so it
 * may use nothing but its argument.
 */
export function runEmbeddingWorker(require: (name: string) => unknown): void {
  // The casts name what `require` gives for these modules.
  const { parentPort, workerData } = require('node:worker_threads') as {
    parentPort: Port;
    workerData: EmbeddingWorkerOptions;
  };
  const { env, pipeline } = require(workerData.transformersPath) as Transformers;
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.localModelPath = workerData.modelsPath;
  env.useFSCache = false;
  const options = { dtype: 'q8', session_options: { intraOpNumThreads: 1, interOpNumThreads: 1 } };
  const opened = pipeline('feature-extraction', workerData.modelName, options);
  opened.catch(() => undefined);

  async function embed(texts: readonly string[]): Promise<readonly Float32Array[]> {
    const extract = await opened;
    const vectors: Float32Array[] = [];
    // One by one: a batch is as slow as its longest text times its number, and int8 differs with the padding.
    for (const text of texts) {
      const { data } = await extract([text], { pooling: 'mean', normalize: true });
      vectors.push(Float32Array.from(data));
    }
    return vectors;
  }

  parentPort.on('message', ({ id, texts }) => {
    embed(texts).then(
      (vectors) => parentPort.postMessage({ id, vectors }),
      (error: unknown) => parentPort.postMessage({ id, error: String(error) }),
    );
  });
}
