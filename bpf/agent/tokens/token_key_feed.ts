import { paths, type TokenHashKey } from '../../../policies/wire.ts';
import type { RuntimeAccess, Speaker } from '../runtime_access.ts';

const firstEveryMs = 1_000;
/** A runtime that was set up anew has another key. */
const againEveryMs = 30_000;
const keyText = /^[0-9a-f]{32}$/;

export interface KeyWorld {
  /** As whom to ask; null: nobody is known yet. */
  readonly speaker: () => Speaker | null;
  readonly monotonicMs: () => number;
  readonly onKey: (key: Uint8Array) => void;
}

/** Fetches the key under which the runtime hashes the tokens that it makes, until it has it and then now and then. */
export class TokenKeyFeed {
  readonly #access: RuntimeAccess;
  readonly #world: KeyWorld;
  #dueMs = 0;

  constructor(access: RuntimeAccess, world: KeyWorld) {
    this.#access = access;
    this.#world = world;
  }

  /** Asks when it is time to; never rejects: a runtime that is away is asked again. */
  async refresh(): Promise<void> {
    const { speaker, monotonicMs, onKey } = this.#world;
    const asking = speaker();
    if (asking === null || monotonicMs() < this.#dueMs) return;
    this.#dueMs = monotonicMs() + firstEveryMs;
    const key = await this.#read(asking);
    if (key === null) return;
    onKey(key);
    this.#dueMs = monotonicMs() + againEveryMs;
  }

  async #read(speaker: Speaker): Promise<Uint8Array | null> {
    try {
      const { status, text } = await this.#access(speaker, paths.tokenHashKey);
      const { key }: Partial<TokenHashKey> = status === 200 ? Object(JSON.parse(text)) : {};
      return typeof key === 'string' && keyText.test(key) ? Buffer.from(key, 'hex') : null;
    } catch {
      return null;
    }
  }
}
