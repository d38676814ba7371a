import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseRun } from './parse_run.ts';

const [first = ''] = readFileSync(new URL('../testdata/notes/notes.jsonl', import.meta.url), 'utf8').split('\n');

/** The first run with something about it changed. */
function changed(change: (run: Record<string, unknown>) => void): string {
  const run: Record<string, unknown> = JSON.parse(first);
  change(run);
  return JSON.stringify(run);
}

test('a run is split into what may be seen and what is known afterwards', () => {
  const parsed = parseRun(first);
  if (parsed.kind !== 'run') throw new Error(parsed.why);
  const { seen, truth, suite } = parsed.run;
  expect(suite).toBe('house-notes');
  expect(Object.keys(seen)).toEqual(['prompt', 'turns', 'tools', 'calls']);
  expect(Object.keys(seen.calls[0] ?? {})).toEqual(['step', 'tool', 'arguments', 'result', 'error']);
  expect(truth.calls.map(({ label }) => label)).toEqual(['benign', 'benign', 'injected']);
});

test.each([
  ['{', 'no JSON'],
  ['[]', '`the line` is no object'],
  [changed((run) => Object.assign(run, { schema: 'agent-trace/2' })), '`schema` is not `agent-trace/1`'],
  [changed((run) => delete run.prompt), '`prompt` is no text'],
  [changed((run) => Object.assign(run, { suite: '../up' })), '`suite` is no name of a-z, 0-9, _ and -'],
  [changed((run) => Object.assign(run, { calls: [{ i: 1 }] })), '`calls[0].i` is not 0'],
  [
    changed((run) => Object.assign(run, { calls: [{ i: 0, step: 0, tool: 'a', arguments: [], label: 'benign' }] })),
    '`calls[0].arguments` is no object',
  ],
  [
    changed((run) => Object.assign(run, { calls: [{ i: 0, step: 0, tool: 'a', arguments: {}, label: 'evil' }] })),
    '`calls[0].label` is none of benign, injected, unknown',
  ],
])('a line that is not understood says why: %.40s', (line, why) => {
  expect(parseRun(line)).toEqual({ kind: 'problem', why });
});

test('a member that the format does not have is set aside and named', () => {
  const parsed = parseRun(changed((run) => Object.assign(run, { mood: 'fine' })));
  expect(parsed).toMatchObject({ kind: 'run', run: { unknownMembers: ['mood'] } });
});
