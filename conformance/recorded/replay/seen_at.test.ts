import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { replayFolder } from '../replay_folder.ts';
import type { SeenAt } from './seen_at.ts';

const recordings = fileURLToPath(new URL('../testdata/notes/', import.meta.url));

/** Every member name in a value, at any depth, tool schemas and arguments aside. */
function names(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    ['arguments', 'inputSchema'].includes(name) ? [name] : [name, ...names(member)],
  );
}

test('a check that peeks finds no label, no verdict and nothing later', async () => {
  const seen: SeenAt[] = [];
  await replayFolder(recordings, {
    verdictFor: (call) => {
      // @ts-expect-error a planted check that reads the label does not compile
      expect(call.label).toBeUndefined();
      // @ts-expect-error nor one that reads the result of its own call
      expect(call.result).toBeUndefined();
      seen.push(call);
      return { outcome: 'match', score: null, strategy: 'hybrid' };
    },
  });
  expect(seen.length).toBe(9);
  const allowed = ['prompt', 'turns', 'tools', 'tool', 'arguments', 'earlier', 'beforeCall', 'text', 'name'];
  const known = new Set([...allowed, 'description', 'inputSchema', 'step', 'result', 'error']);
  for (const call of seen) {
    expect(names(call).filter((name) => !known.has(name) && !/^\d+$/.test(name))).toEqual([]);
  }
  const lengths = seen.map(({ tool, earlier, turns }) => [tool, earlier.length, turns.length]);
  expect(lengths.slice(6)).toEqual([
    ['send_note', 0, 1],
    ['send_note', 1, 1],
    ['send_note', 2, 2],
  ]);
});

test('without a verdict, an enabled semantic check blocks', async () => {
  const { suites } = await replayFolder(recordings, { verdictFor: () => null });
  expect(suites[0]?.allowed).toEqual({ benign: 0, injected: 0, unknown: 0 });
  expect(Object.keys(suites[0]?.reasons ?? {}).sort()).toEqual(['semantic_unavailable', 'tool_unknown']);
});
