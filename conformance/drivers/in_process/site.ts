import { setTimeout as sleep } from 'node:timers/promises';
import { unpackBundle } from '../../../compiler/bundle_tar.ts';
import { type LoadedPolicy, loadPolicy } from '../../../ext-authz/bundle/loaded_policy.ts';
import { CasaError } from '../../../policies/errors.ts';
import type { PepDocument } from '../../../policies/pep.ts';
import { clientId } from '../../../policies/wire.ts';
import type { Parts } from '../../../runtime/parts.ts';
import type { ServedMas } from '../../../runtime/policy/policy_set.ts';
import { deleteMas } from '../../../runtime/policy/stored_mas.ts';
import { verifyOwn } from '../../../runtime/sessions/introspect_token.ts';
import { revokeSession } from '../../../runtime/sessions/revoke_session.ts';
import type { Behaviour } from '../../format/behaviour.ts';
import { addressBook } from '../../journey/addresses.ts';
import { type AppRef, appKey } from '../../journey/app_ref.ts';
import type { Pep, Site } from '../../journey/site.ts';
import type { FileClock } from '../file_clock.ts';
import { InProcessPep } from './pep.ts';

/** Nobody listens there: it is only what issuers are named by. */
export const runtimeUrl = 'http://runtime.invalid';

/** Longest that enforcement points may take to hear of a revocation. */
const heardMaxMs = 5_000;

/** The systems of one behaviour, served by function calls. */
export class InProcessSite implements Site {
  readonly #parts: Parts;
  readonly #clock: FileClock;
  readonly #policies: ReadonlyMap<string, LoadedPolicy>;
  readonly #peers: ReadonlyMap<string, AppRef>;
  readonly #peps = new Map<string, InProcessPep>();

  private constructor(
    parts: Parts,
    clock: FileClock,
    policies: ReadonlyMap<string, LoadedPolicy>,
    peers: ReadonlyMap<string, AppRef>,
  ) {
    this.#parts = parts;
    this.#clock = clock;
    this.#policies = policies;
    this.#peers = peers;
  }

  static async open(
    parts: Parts,
    clock: FileClock,
    behaviour: Behaviour,
    served: readonly ServedMas[],
  ): Promise<InProcessSite> {
    const policies = new Map<string, LoadedPolicy>();
    for (const { mas, packed } of served) policies.set(mas, await loadPolicy(mas, await unpackBundle(packed), null));
    const peers = [...addressBook(behaviour.systems)].map(([key, address]): [string, AppRef] => {
      const [mas = '', app = ''] = key.split('/');
      return [address, { mas, app }];
    });
    return new InProcessSite(parts, clock, policies, new Map(peers));
  }

  document(mas: string): PepDocument {
    return this.#policy(mas).pep;
  }

  async pep(app: AppRef): Promise<Pep> {
    const known = this.#peps.get(appKey(app));
    if (known !== undefined) return known;
    const opened = new InProcessPep(app, this.#policy(app.mas), {
      parts: this.#parts,
      clock: this.#clock,
      runtimeUrl,
      peers: this.#peers,
    });
    this.#peps.set(appKey(app), opened);
    return opened;
  }

  advance(seconds: number): void {
    this.#clock.nowMs += seconds * 1000;
  }

  async revoke({ mas, app }: AppRef, token: string): Promise<void> {
    const claims = await verifyOwn(this.#parts, { clientId: clientId(mas, app), mas, app }, token);
    if (claims === null || !(await revokeSession(this.#parts, mas, claims.session_id))) {
      throw new CasaError('bug', 'the session that should be revoked is unknown');
    }
    const [row] = await this.#parts.store.query<{ sequence: number }>(
      'select revocation_sequence as sequence from mas where name = $1',
      [mas],
    );
    const deadlineMs = performance.now() + heardMaxMs;
    for (const pep of this.#peps.values()) {
      while (pep.app.mas === mas && pep.heardOf < (row?.sequence ?? 0)) {
        if (performance.now() > deadlineMs) throw new CasaError('bug', 'an enforcement point heard of no revocation');
        await sleep(5);
      }
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#peps.values()].map((pep) => pep.close()));
    // The next behaviour finds nothing of this one.
    for (const mas of this.#policies.keys()) await deleteMas(this.#parts, mas);
  }

  #policy(mas: string): LoadedPolicy {
    const policy = this.#policies.get(mas);
    if (policy === undefined) throw new CasaError('bug', `\`${mas}\` is not served`);
    return policy;
  }
}
