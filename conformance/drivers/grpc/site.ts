import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JWK } from 'jose';
import { compile } from '../../../compiler/compile.ts';
import { thisWorld } from '../../../ext-authz/pep.ts';
import type { PepWorld } from '../../../ext-authz/pep_world.ts';
import { readClientKey, signAssertion } from '../../../ext-authz/runtime_client/assertion.ts';
import type { JsonObject } from '../../../policies/contract.ts';
import { CasaError } from '../../../policies/errors.ts';
import type { PepDocument } from '../../../policies/pep.ts';
import { clientAssertionType, clientId, paths } from '../../../policies/wire.ts';
import type { Behaviour } from '../../format/behaviour.ts';
import { listAddresses } from '../../journey/addresses.ts';
import { type AppRef, appKey } from '../../journey/app_ref.ts';
import type { Site } from '../../journey/site.ts';
import type { FileClock } from '../file_clock.ts';
import { registrations } from '../registrations.ts';
import type { ManagementClient } from './management_client.ts';
import { GrpcPep } from './pep.ts';
import { TraceReader } from './trace_reader.ts';

export interface Place {
  /** Of this behaviour alone. */
  readonly folder: string;
  readonly runtimeUrl: string;
  readonly management: ManagementClient;
  readonly clock: FileClock;
  /** Of an app's enforcement point. */
  readonly socketPath: (app: AppRef) => string;
  readonly key: { readonly file: string; readonly publicJwk: JWK };
}

/** A revocation reaches every enforcement point that follows the feed; there is no answer that would say it has. */
const revocationSettlesMs = 500;

/** The systems of one behaviour, served over sockets. */
export class GrpcSite implements Site {
  readonly #place: Place;
  readonly #documents: ReadonlyMap<string, PepDocument>;
  readonly #traces = new Map<string, TraceReader>();
  readonly #peps = new Map<string, GrpcPep>();

  private constructor(place: Place, documents: ReadonlyMap<string, PepDocument>) {
    this.#place = place;
    this.#documents = documents;
  }

  static async open(behaviour: Behaviour, place: Place): Promise<GrpcSite> {
    const compiled = compile(behaviour);
    const documents = new Map(compiled.systems.map(({ mas, pep }) => [mas, pep]));
    for (const registration of registrations(behaviour)) await place.management.applyMas(registration);
    writeFileSync(peersFile(place), JSON.stringify(listAddresses(behaviour.systems)));
    return new GrpcSite(place, documents);
  }

  document(mas: string): PepDocument {
    const document = this.#documents.get(mas);
    if (document === undefined) throw new CasaError('bug', `\`${mas}\` was not compiled`);
    return document;
  }

  async pep(app: AppRef): Promise<GrpcPep> {
    const known = this.#peps.get(appKey(app));
    if (known !== undefined) return known;
    const { management, key, runtimeUrl, socketPath } = this.#place;
    const publicJwk = { ...key.publicJwk } as JsonObject; // a JWK is a JSON object
    await management.registerApp({ ...app, jwks: { keys: [publicJwk] } });
    const document = this.document(app.mas);
    const config = {
      ...app,
      namespace: document.namespace,
      runtimeUrl,
      keycloakUrl: null,
      credential: { kind: 'key', file: key.file } as const,
      socketPath: socketPath(app),
      peers: { kind: 'file', path: peersFile(this.#place) } as const,
      bundleFile: null,
    };
    const opened = await GrpcPep.open(config, this.#world(), this.#trace(app.mas));
    this.#peps.set(appKey(app), opened);
    return opened;
  }

  advance(seconds: number): void {
    this.#place.clock.nowMs += seconds * 1000;
  }

  async revoke({ mas, app }: AppRef, token: string): Promise<void> {
    const { key, runtimeUrl } = this.#place;
    const claims = { clientId: clientId(mas, app), audience: runtimeUrl, jti: crypto.randomUUID() };
    const assertion = await signAssertion(
      await readClientKey(key.file),
      claims,
      Math.floor(this.#place.clock.nowMs / 1000),
    );
    const form = { token, client_assertion_type: clientAssertionType, client_assertion: assertion };
    const response = await fetch(`${runtimeUrl}${paths.revoke}`, { method: 'POST', body: new URLSearchParams(form) });
    if (!response.ok) throw new CasaError('bug', `the revocation was answered ${response.status}`);
    await sleep(revocationSettlesMs);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#peps.values()].map((pep) => pep.close()));
    for (const mas of this.#documents.keys()) await this.#place.management.deleteMas(mas);
    rmSync(this.#place.folder, { recursive: true, force: true });
  }

  #world(): PepWorld {
    const { clock } = this.#place;
    const startedMs = clock.nowMs;
    return { ...thisWorld, clock: { nowMs: () => clock.nowMs, monotonicMs: () => clock.nowMs - startedMs } };
  }

  #trace(mas: string): TraceReader {
    const known = this.#traces.get(mas);
    if (known !== undefined) return known;
    const opened = new TraceReader(this.#place.management, mas);
    this.#traces.set(mas, opened);
    return opened;
  }
}

function peersFile(place: Place): string {
  return join(place.folder, 'peers.json');
}
