/** An answer of the runtime, asked for again and again while the page is looked at. */
import { useEffect, useState } from 'react';

export type Live<Value> =
  | { readonly kind: 'loading' }
  | { readonly kind: 'signed_out' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'failed' }
  /** `stale`: the last answer; the runtime gives none at the moment. */
  | { readonly kind: 'ready'; readonly value: Value; readonly stale: boolean };

const everyMs = 2_000;
const answerTimeoutMs = 10_000;

/** `Value` is what the path's answer is in `policies/explorer_wire.ts`. */
export function useLive<Value>(path: string): Live<Value> {
  const [live, setLive] = useState<{ readonly path: string; readonly of: Live<Value> }>({ path, of: loading });
  useEffect(() => {
    const ended = new AbortController();
    void follow<Value>(path, ended.signal, (change) =>
      setLive((before) => {
        const of = change(before.path === path ? before.of : loading);
        return of === before.of ? before : { path, of };
      }),
    );
    return () => ended.abort();
  }, [path]);
  return live.path === path ? live.of : loading;
}

const loading = { kind: 'loading' } as const;

type Change<Value> = (before: Live<Value>) => Live<Value>;

async function follow<Value>(path: string, ended: AbortSignal, set: (change: Change<Value>) => void): Promise<void> {
  let known = '';
  while (!ended.aborted) {
    if (document.visibilityState === 'visible') {
      const answer = await ask(path, ended);
      if (ended.aborted) return;
      const isSame = answer.kind === 'text' && answer.text === known;
      known = answer.kind === 'text' ? answer.text : '';
      if (!isSame) set((before) => changed(before, answer));
      if (answer.kind === 'signed_out') return;
    }
    await pause(ended);
  }
}

type Answer = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'signed_out' | 'missing' | 'failed' };

async function ask(path: string, ended: AbortSignal): Promise<Answer> {
  try {
    const signal = AbortSignal.any([ended, AbortSignal.timeout(answerTimeoutMs)]);
    const response = await fetch(path, { signal, headers: { accept: 'application/json' } });
    if (response.status === 401) return { kind: 'signed_out' };
    if (response.status === 404) return { kind: 'missing' };
    return response.ok ? { kind: 'text', text: await response.text() } : { kind: 'failed' };
  } catch {
    return { kind: 'failed' };
  }
}

function changed<Value>(before: Live<Value>, answer: Answer): Live<Value> {
  if (answer.kind === 'failed') return before.kind === 'ready' ? { ...before, stale: true } : { kind: 'failed' };
  if (answer.kind !== 'text') return { kind: answer.kind };
  // The runtime that served this page is the one that answers: both were built from the same types.
  return { kind: 'ready', value: JSON.parse(answer.text) as Value, stale: false };
}

function pause(ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, everyMs);
    ended.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
