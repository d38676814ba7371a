/** A Keycloak as identity provider: one realm per MAS, which vouches for the tokens that the runtime signs. */
import { CasaError } from '../../../policies/errors.ts';
import { realmUrl } from '../../../policies/realm_token.ts';
import { clientId } from '../../../policies/wire.ts';
import type { Client } from '../../clients/client.ts';
import { readPepKeys } from '../../clients/pep_keys.ts';
import { authenticatePod, looksLikePodToken } from '../../clients/pod_client.ts';
import type { Parts } from '../../parts.ts';
import type { IdentityProvider, IdentityStatus, VouchedNames } from '../identity_provider.ts';
import { type AdminApi, type AdminCredentials, openAdminApi } from './admin_api.ts';
import { applyRealm } from './apply_realm.ts';
import { type DesiredRealm, desiredRealm } from './desired_realm.ts';
import { isOurs, planRealm } from './plan_realm.ts';
import { readRealm } from './read_realm.ts';
import { openRealmKeys, type RealmKeys } from './realm_keys.ts';
import { claimedRealm, verifyRealmToken } from './realm_tokens.ts';

/** What somebody changed in a realm is put right at the latest then. */
export const reconcileEveryMs = 60_000;
/** What could not be done is tried again then. */
export const retryEveryMs = 5_000;
/** So long the realm's last word counts, that it vouches for our key. */
export const vouchedForMs = 10_000;
/** A word that is older is asked for anew, before it is needed. */
const vouchedFreshMs = 2_000;

export interface KeycloakOptions {
  /** Without a slash at its end; the realms' issuers begin with it. */
  readonly url: string;
  readonly admin: AdminCredentials;
  readonly parts: Pick<Parts, 'store' | 'policies' | 'keys' | 'cluster' | 'world'>;
  readonly monotonicMs: () => number;
  /** Told once for each change: null when all is well again. */
  readonly onProblem: (mas: string, error: unknown) => void;
}

interface Realm {
  readonly keys: RealmKeys;
  /** When it was asked, the last time that it vouched for our key; null: it does not. */
  vouchedMs: number | null;
  asking: Promise<void> | null;
  /** An operator may switch it off: Keycloak goes on publishing its keys. */
  isEnabled: boolean;
  /** As it should be, when last looked at. */
  isApplied: boolean;
  problem: string | null;
  running: Promise<void> | null;
  waiting: Promise<void> | null;
}

export class KeycloakIdentity implements IdentityProvider {
  readonly kind = 'keycloak';
  readonly #options: KeycloakOptions;
  readonly #api: AdminApi;
  readonly #realms = new Map<string, Realm>();
  #timer: NodeJS.Timeout | null = null;
  #reconciling: Promise<void> | null = null;
  #reconciledMs = 0;

  constructor(options: KeycloakOptions) {
    this.#options = options;
    this.#api = openAdminApi(options.url, options.admin, options.monotonicMs);
  }

  get keycloakUrl(): string {
    return this.#options.url;
  }

  issuer(mas: string): string {
    return realmUrl(this.#options.url, mas);
  }

  async vouch({ mas, app }: Client): Promise<VouchedNames> {
    const realm = this.#realm(mas);
    const ageMs = this.#options.monotonicMs() - (realm.vouchedMs ?? Number.NEGATIVE_INFINITY);
    // INVARIANT (deny by default): only the realm's own word, and no old one, lets a token be made.
    if (ageMs >= vouchedForMs) await this.#ask(mas, realm);
    else if (ageMs >= vouchedFreshMs) this.#ask(mas, realm).catch(() => {});
    if (!realm.isEnabled) throw new CasaError('identity_unavailable', `the realm \`${mas}\` is switched off`);
    return { iss: this.issuer(mas), typ: 'Bearer', azp: app, preferred_username: `service-account-${app}` };
  }

  async authenticate(assertion: string): Promise<Client | null> {
    const { policies, keys, world } = this.#options.parts;
    // In a cluster the API server knows the pod, and says more than a realm could.
    if (looksLikePodToken(assertion)) return authenticatePod(this.#options.parts, assertion);
    const mas = claimedRealm(assertion, `${this.#options.url}/realms`);
    if (mas === null || policies.get(mas) === null) return null;
    const own = await keys.of(mas, world.now());
    const app = await verifyRealmToken(assertion, this.#realm(mas).keys, {
      issuer: this.issuer(mas),
      ownKids: new Set(own.verifying.keys()),
      nowMs: world.now(),
    });
    return app === null || policies.app(mas, app) === null ? null : { clientId: clientId(mas, app), mas, app };
  }

  /** Calls that come while one is at work share the next. */
  apply(mas: string): Promise<void> {
    const realm = this.#realm(mas);
    if (realm.running === null) return this.#run(mas, realm);
    realm.waiting ??= realm.running.catch(() => {}).then(() => this.#run(mas, realm));
    return realm.waiting;
  }

  async remove(mas: string): Promise<void> {
    const observed = await readRealm(this.#api, mas);
    if (observed !== null && isOurs(await this.#desired(mas), observed)) {
      await this.#api.delete(`/${encodeURIComponent(mas)}`);
    }
    this.#realms.delete(mas);
  }

  async status(): Promise<IdentityStatus> {
    const names = this.#options.parts.policies.names();
    const pending = names.filter((mas) => this.#realms.get(mas)?.isApplied !== true);
    const reachable = await fetch(`${this.#options.url}/realms/master`, { signal: AbortSignal.timeout(1_500) }).then(
      (answer) => answer.ok,
      () => false,
    );
    return { provider: this.kind, reachable, pending };
  }

  keep(): void {
    this.#timer = setInterval(() => void this.#keepUp(), retryEveryMs);
    this.#timer.unref();
    void this.#keepUp();
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  #keepUp(): Promise<void> {
    this.#reconciling ??= this.#reconcile().finally(() => {
      this.#reconciling = null;
    });
    return this.#reconciling;
  }

  /** Every realm now and then; between, those that are not as they should be. */
  async #reconcile(): Promise<void> {
    const nowMs = this.#options.monotonicMs();
    const isDue = this.#reconciledMs === 0 || nowMs - this.#reconciledMs >= reconcileEveryMs;
    if (isDue) this.#reconciledMs = nowMs;
    for (const mas of this.#options.parts.policies.names()) {
      // What failed was told; it is pending, and so tried again.
      if (isDue || !this.#realm(mas).isApplied) await this.apply(mas).catch(() => {});
    }
  }

  #ask(mas: string, realm: Realm): Promise<void> {
    realm.asking ??= this.#askRealm(mas, realm).finally(() => {
      realm.asking = null;
    });
    return realm.asking;
  }

  async #askRealm(mas: string, realm: Realm): Promise<void> {
    const askedMs = this.#options.monotonicMs();
    const { current } = await this.#options.parts.keys.of(mas, this.#options.parts.world.now());
    try {
      if (!(await realm.keys.publishes(current.kid))) {
        throw new CasaError('identity_unavailable', `the realm \`${mas}\` does not vouch for the runtime's key`);
      }
    } catch (error) {
      realm.vouchedMs = null;
      this.#tell(mas, realm, error);
      throw error;
    }
    realm.vouchedMs = askedMs;
    if (realm.isApplied) this.#tell(mas, realm, null);
  }

  #run(mas: string, realm: Realm): Promise<void> {
    realm.waiting = null;
    realm.running = this.#applyNow(mas, realm).finally(() => {
      realm.running = null;
    });
    return realm.running;
  }

  async #applyNow(mas: string, realm: Realm): Promise<void> {
    try {
      const [desired, observed] = await Promise.all([this.#desired(mas), readRealm(this.#api, mas)]);
      const plan = planRealm(desired, observed);
      if (plan.kind === 'conflict') throw new CasaError('identity_conflict', plan.why);
      await applyRealm(this.#api, mas, plan.actions);
      realm.isApplied = true;
      realm.isEnabled = observed?.enabled ?? true;
      this.#tell(mas, realm, null);
    } catch (error) {
      realm.isApplied = false;
      this.#tell(mas, realm, error);
      throw error;
    }
  }

  async #desired(mas: string): Promise<DesiredRealm> {
    const { store, policies, keys, world } = this.#options.parts;
    const { jwks } = await keys.of(mas, world.now());
    const names = Object.keys(policies.get(mas)?.pep.apps ?? {}).sort();
    const apps = await Promise.all(names.map(async (name) => ({ name, jwks: await readPepKeys(store, mas, name) })));
    return desiredRealm({ mas, keys: jwks.keys, apps });
  }

  #realm(mas: string): Realm {
    let realm = this.#realms.get(mas);
    if (realm === undefined) {
      const keys = openRealmKeys(this.issuer(mas));
      realm = {
        keys,
        vouchedMs: null,
        asking: null,
        isEnabled: true,
        isApplied: false,
        problem: null,
        running: null,
        waiting: null,
      };
      this.#realms.set(mas, realm);
    }
    return realm;
  }

  #tell(mas: string, realm: Realm, error: unknown): void {
    const problem = error === null ? null : error instanceof Error ? error.message : String(error);
    if (problem === realm.problem) return;
    realm.problem = problem;
    this.#options.onProblem(mas, error);
  }
}
