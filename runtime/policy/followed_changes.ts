/** What other replicas changed, taken over within a second: LISTEN/NOTIFY is the hint, sequence numbers are the truth. */
import { CasaError } from '../../policies/errors.ts';
import type { PolicyModules } from '../../policies/read_modules.ts';
import type { Parts } from '../parts.ts';
import { topics } from '../traces/news.ts';
import { readServed, warmSemantic } from './stored_mas.ts';

/** So often sequence numbers are compared without any hint. */
export const readEveryMs = 250;

interface Sequences {
  readonly name: string;
  readonly policy_sequence: number;
  readonly revocation_sequence: number;
}

export interface NotFollowed {
  readonly mas: string | null;
  readonly err: unknown;
}

/** Follows the store from its making until `close`. */
export class FollowedChanges {
  readonly #parts: Parts;
  readonly #modules: PolicyModules;
  readonly #failed: (failure: NotFollowed) => void;
  readonly #revocations = new Map<string, number>();
  /** Changes that this program cannot serve: not tried again, and what served before goes on. */
  readonly #refused = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  #reading: Promise<void> | null = null;
  #isAskedAgain = false;
  #isAway = false;
  #closed = false;

  constructor(parts: Parts, modules: PolicyModules, failed: (failure: NotFollowed) => void) {
    this.#parts = parts;
    this.#modules = modules;
    this.#failed = failed;
    parts.store.listen((hint) => this.#hear(hint));
    this.#timer = setInterval(() => void this.read(), readEveryMs);
    this.#timer.unref();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
  }

  /** Resolves when everything that was committed before the call is taken over, or the store is away. */
  read(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    if (this.#reading === null) {
      this.#reading = this.#readAll();
      return this.#reading;
    }
    this.#isAskedAgain = true;
    return this.#reading;
  }

  #hear(hint: string | null): void {
    // Whoever waits for revocations reads the store itself.
    if (hint?.startsWith(topics.revocations(''))) this.#parts.news.changed(hint);
    else void this.read();
  }

  async #readAll(): Promise<void> {
    do {
      this.#isAskedAgain = false;
      try {
        await this.#readOnce();
        this.#isAway = false;
      } catch (err) {
        if (!this.#isAway && !this.#closed) this.#failed({ mas: null, err });
        this.#isAway = true;
      }
    } while (this.#isAskedAgain && !this.#closed);
    this.#reading = null;
  }

  async #readOnce(): Promise<void> {
    const rows = await this.#parts.store.query<Sequences>(
      'select name, policy_sequence, revocation_sequence from mas order by name',
    );
    for (const row of rows) {
      const { policies, news } = this.#parts;
      if (policies.sequence(row.name) !== row.policy_sequence && this.#refused.get(row.name) !== row.policy_sequence) {
        await this.#takeOver(row);
      }
      const known = this.#revocations.get(row.name);
      this.#revocations.set(row.name, row.revocation_sequence);
      if (known !== undefined && known !== row.revocation_sequence) news.changed(topics.revocations(row.name));
    }
    const stored = new Set(rows.map(({ name }) => name));
    for (const mas of this.#parts.policies.names()) if (!stored.has(mas)) await this.#takeOverEnd(mas);
  }

  async #takeOver({ name, policy_sequence }: Sequences): Promise<void> {
    try {
      await this.#swap(name);
    } catch (err) {
      if (err instanceof CasaError && err.code === 'store_unavailable') throw err;
      this.#refused.set(name, policy_sequence);
      this.#failed({ mas: name, err });
    }
  }

  async #swap(name: string): Promise<void> {
    const { store, policies, keys, news } = this.#parts;
    const read = await readServed(store, name, this.#modules);
    if (read === null) return;
    const isSwapped = await store.transaction(async (queries) => {
      // Under the lock that `applyMas` holds as well: an older change never serves after a newer one.
      const [row] = await queries.query<{ policy_sequence: number }>(
        'select policy_sequence from mas where name = $1 for share',
        [name],
      );
      if (row?.policy_sequence !== read.sequence || policies.sequence(name) === read.sequence) return false;
      policies.serve(read.served, read.sequence);
      return true;
    });
    if (!isSwapped) return;
    // It may have been deleted and made anew, with other keys.
    keys.forget(name);
    news.changed(topics.bundle(name));
    warmSemantic(this.#parts, read.served).catch(() => undefined);
  }

  async #takeOverEnd(mas: string): Promise<void> {
    const { store, policies, keys, news } = this.#parts;
    // It may have been made since the rows were read.
    if ((await store.query('select name from mas where name = $1', [mas])).length > 0) return;
    policies.withdraw(mas);
    keys.forget(mas);
    this.#revocations.delete(mas);
    news.changed(topics.bundle(mas));
  }
}
