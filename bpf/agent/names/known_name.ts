import { parseAddress, renderAddress } from '../rows/address.ts';
import type { Answer } from './resolver.ts';

/** What is known of a name: each address until its time is over. */
export interface KnownName {
  /** Address to the time (ms) it is good until. */
  readonly addresses: ReadonlyMap<string, number>;
  readonly refreshAtMs: number;
}

export const ttlMinMs = 5_000;
export const ttlMaxMs = 300_000;
/** Apps hold answers longer than they should, and a server with many addresses gives each asker others. */
export const graceMs = 60_000;
export const addressesMax = 64;

export const unknownName: KnownName = { addresses: new Map(), refreshAtMs: 0 };

/** Adds an answer: its addresses are good for their TTL and a grace; those of earlier answers run out in their own time. */
export function learnAnswer(known: KnownName, answer: Answer, nowMs: number): KnownName {
  const ttlMs = Math.min(ttlMaxMs, Math.max(ttlMinMs, answer.ttlMs));
  const kept = [...known.addresses].filter(([, untilMs]) => untilMs > nowMs);
  const addresses = new Map(kept);
  for (const text of answer.addresses) {
    const address = parseAddress(text);
    if (address === null) continue;
    const rendered = renderAddress(address);
    addresses.delete(rendered);
    addresses.set(rendered, nowMs + ttlMs + graceMs);
  }
  return { addresses: new Map([...addresses].slice(-addressesMax)), refreshAtMs: nowMs + ttlMs };
}

/** After a name could not be resolved: nothing new, asked again soon. */
export function learnFailure(known: KnownName, nowMs: number): KnownName {
  return { ...known, refreshAtMs: nowMs + ttlMinMs };
}

/** The addresses that are good now. */
export function addressesAt(known: KnownName, nowMs: number): readonly string[] {
  return [...known.addresses].filter(([, untilMs]) => untilMs > nowMs).map(([address]) => address);
}
