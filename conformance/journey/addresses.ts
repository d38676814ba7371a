/** Addresses of the workloads, as if each had a pod of its own. */
import type { MultiAgentSystem } from '../../crds/types.ts';
import { CasaError } from '../../policies/errors.ts';
import { type AppRef, appKey, masName } from './app_ref.ts';

/** Of no workload (TEST-NET-1, RFC 5737). */
export const outsideAddress = '192.0.2.7';
export const loopbackAddress = '127.0.0.1';

export interface KnownAddress extends AppRef {
  readonly address: string;
}

/** One address for each app, the same for the same systems. */
export function listAddresses(systems: readonly MultiAgentSystem[]): readonly KnownAddress[] {
  return systems.flatMap((system, index) =>
    system.spec.apps.map(({ name: app }, position) => {
      const address = `10.${77 + index}.${position >> 8}.${(position & 255) + 1}`;
      return { mas: masName(system), app, address };
    }),
  );
}

/** By `appKey`. */
export function addressBook(systems: readonly MultiAgentSystem[]): ReadonlyMap<string, string> {
  return new Map(listAddresses(systems).map((known) => [appKey(known), known.address]));
}

/** The address of an app's pod, from the book. */
export function addressOf(addresses: ReadonlyMap<string, string>, app: AppRef): string {
  const address = addresses.get(appKey(app));
  if (address === undefined) throw new CasaError('bug', `\`${appKey(app)}\` has no address`);
  return address;
}
