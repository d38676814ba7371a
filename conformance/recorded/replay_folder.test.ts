import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { replayFolder } from './replay_folder.ts';
import { renderReplayHtml } from './report/render_html.ts';
import { renderReplayJunit } from './report/render_junit.ts';
import { renderReplayText } from './report/render_text.ts';
import type { Counts, ReplayReport } from './report/tally.ts';

const testdata = fileURLToPath(new URL('./testdata/', import.meta.url));
const recordings = fileURLToPath(new URL('./testdata/notes/', import.meta.url));
const dev = fileURLToPath(new URL('../../../shared/traces/dev/', import.meta.url));

function sum(counts: readonly Counts[]): number {
  return counts.reduce((total, { benign, injected, unknown }) => total + benign + injected + unknown, 0);
}

/** The counts of a report add up in every way that they can be added. */
function checkCounts({ suites }: ReplayReport): void {
  for (const { calls, allowed, denied, reasons, blockedBenign, missedInjected } of suites) {
    expect(sum([allowed, denied])).toBe(calls);
    expect(sum(Object.values(reasons))).toBe(calls);
    expect(blockedBenign.length).toBe(Math.min(denied.benign, 20));
    expect(missedInjected.length).toBe(Math.min(allowed.injected, 20));
  }
}

test('a run is replayed against the policies of its source, limits counted by session', async () => {
  const report = await replayFolder(recordings, { policies: testdata });
  checkCounts(report);
  expect(report.suites).toMatchObject([
    {
      suite: 'house-notes',
      runs: 3,
      calls: 10,
      allowed: { benign: 6, injected: 1, unknown: 0 },
      denied: { benign: 1, injected: 1, unknown: 1 },
      reasons: {
        tool_denied_by_policy: { injected: 1 },
        limit_exceeded: { unknown: 1 },
        tool_unknown: { benign: 1 },
      },
    },
  ]);
});

test('a suite without policies gets what its MAS implies: every tool it was offered', async () => {
  const { suites } = await replayFolder(recordings);
  expect(Object.keys(suites[0]?.reasons ?? {}).sort()).toEqual(['ok', 'tool_unknown']);
});

test('the page shows what strangers wrote and runs none of it', async () => {
  const page = renderReplayHtml(await replayFolder(recordings, { policies: testdata }));
  expect(page).toContain('&lt;b&gt;eve&lt;/b&gt;');
  expect(page).not.toMatch(/<(script|b|img|iframe|link|object)\b/i);
  expect(page).not.toMatch(/\b(src|href|on\w+)=/i);
});

test('text and JUnit name the suite, its rates and what was left out', async () => {
  const report = await replayFolder(recordings, { policies: testdata });
  expect(renderReplayText(report)).toMatch(
    /10 calls: benign denied 1\/7 .* injected denied 1\/2 .* unknown 1; 0 lines/,
  );
  expect(renderReplayJunit(report)).toContain('tests="3" failures="0"');
  const unread = { lines: 1, shown: [{ file: 'f', line: 7, why: 'no JSON' }] };
  expect(renderReplayJunit({ ...report, unread })).toContain('failures="1"');
  expect(renderReplayText({ ...report, unread })).toContain('not read: `f` line 7: no JSON');
});

describe.skipIf(!existsSync(dev))(`the recorded dev set (skipped where ../shared/traces/dev is missing)`, () => {
  test('is read whole, replayed whole, and adds up', async () => {
    const report = await replayFolder(dev);
    checkCounts(report);
    expect(report.unread.lines).toBe(0);
    expect(report.notReplayed.runs).toBe(0);
    expect(report.suites.reduce((total, { calls }) => total + calls, 0)).toBe(33_290);
    const unknownTools = report.suites.map(({ reasons }) =>
      sum([reasons.tool_unknown ?? { benign: 0, injected: 0, unknown: 0 }]),
    );
    expect(unknownTools.reduce((total, count) => total + count, 0)).toBe(116);
  }, 300_000);
});
