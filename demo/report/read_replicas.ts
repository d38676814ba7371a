/** A runtime that stood behind the run, and how often it was asked for a token. */
export interface Replica {
  readonly url: string;
  /** Since it was last started; null: it did not answer. */
  readonly decisions: number | null;
}

/** Asks each runtime for its own counters. */
export function readReplicas(urls: readonly string[]): Promise<readonly Replica[]> {
  return Promise.all(
    urls.map(async (url) => {
      const answer = await fetch(`${url}/metrics`).catch(() => null);
      return { url, decisions: answer?.ok === true ? countDecisions(await answer.text()) : null };
    }),
  );
}

/** The line that says who served. */
export function renderReplicas(store: string, replicas: readonly Replica[]): string {
  const served = replicas.filter(({ decisions }) => decisions !== null && decisions > 0);
  const each = replicas.map(({ decisions }) => decisions ?? 'no answer').join(', ');
  return `store ${store}; ${served.length} of ${replicas.length} runtimes decided on tokens (${each})`;
}

/** The sum of a counter over all of its labels, in Prometheus' text format. */
function countDecisions(text: string): number {
  const counts = text.matchAll(/^casa_token_decisions_total(?:\{.*\})? (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}
