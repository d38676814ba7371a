import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { conformanceCommand } from './conformance.ts';
import { exitCodes } from './exit_codes.ts';
import { runCommand } from './testing.ts';

const testdata = fileURLToPath(new URL('../conformance/import/testdata/', import.meta.url));
const out = mkdtempSync(join(tmpdir(), 'casa-import-'));
afterAll(() => rmSync(out, { recursive: true, force: true }));

const casa = (...args: readonly string[]) => runCommand(conformanceCommand, 'conformance', ...args);
const imported = (file: string, from: string, ...more: readonly string[]) =>
  casa('import', file, '--from', from, '-o', out, ...more);
const runsOf = (name: string) =>
  readFileSync(join(out, name), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

test('spans of the GenAI conventions become a run: prompt, turns, tools, and each call once', async () => {
  const { code, stdout } = await imported(join(testdata, 'genai_spans.json'), 'otel');
  expect(code).toBe(exitCodes.ok);
  expect(stdout).toContain('1 runs, 3 calls (0 without recorded arguments); 0 not understood');
  expect(stdout).toContain('passed over: 2: `span of a call that another span records`');
  const [run] = runsOf('genai_spans.jsonl');
  expect(run).toMatchObject({ source: 'otel', suite: 'clerk-service', prompt: 'Pay Alice 100' });
  expect(run.turns).toEqual([{ before_call: 2, role: 'user', text: 'And 20 to Bob' }]);
  expect(run.tools.map(({ name }: { name: string }) => name)).toEqual(['transfer', 'get_balance']);
  expect(run.calls).toEqual([
    { i: 0, step: 1, tool: 'get_balance', arguments: {}, result: '1200' },
    { i: 1, step: 1, tool: 'transfer', arguments: { to: 'alice', amount: 100 }, result: '{"ok":true}' },
    { i: 2, step: 2, tool: 'transfer', arguments: { to: 'bob', amount: 20 }, error: 'timeout' },
  ]);
});

test('MCP spans alone are enough, and every line that is not understood is counted and shown', async () => {
  const { code, stdout } = await imported(join(testdata, 'mcp_spans.jsonl'), 'otel');
  expect(code).toBe(exitCodes.issues);
  expect(stdout).toContain('not understood: line 3: no JSON\n');
  expect(stdout).toContain('not understood: line 6: no `resourceSpans`\n');
  expect(stdout).toContain('not understood: line 7: a tool call without `gen_ai.tool.name`\n');
  expect(stdout).toContain('1 runs, 2 calls (1 without recorded arguments); 3 not understood');
});

test('decision logs become a run for each session, each call once, in the order of time', async () => {
  const { code, stdout } = await imported(join(testdata, 'decision_log.json'), 'opa-decision-log', '--json');
  expect(code).toBe(exitCodes.ok);
  expect(JSON.parse(stdout)).toMatchObject({ runs: 2, calls: 3, withoutArguments: 1, unread: [] });
  const calls = runsOf('decision_log.jsonl').map((run) => run.calls.map(({ tool }: { tool: string }) => tool));
  expect(calls).toEqual([['ledger/get_balance', 'ledger/transfer'], ['ledger/transfer']]);
});

test('decisions of other policies are not understood, and said so', async () => {
  const { code, stdout } = await imported(join(testdata, 'decision_log_others.jsonl'), 'opa-decision-log', '--json');
  expect(code).toBe(exitCodes.issues);
  expect(JSON.parse(stdout).unread).toEqual([
    { line: 2, why: '`path` is not `casa/decision`' },
    { line: 3, why: 'no JSON' },
    { line: 4, why: '`input.tool` has no `server` or no `name`' },
  ]);
});

test('what was imported can be replayed, every call of it', async () => {
  const { code, stdout } = await casa('--recorded', out);
  expect(code).toBe(exitCodes.ok);
  expect(stdout).toContain('recorded: 9 calls');
  expect(stdout).toContain('0 lines not read, 0 runs (0 calls) not replayed');
});

test('hostile spans are data: deep nesting, odd names and cycles import without harm', async () => {
  const file = join(out, 'hostile.json');
  let deep: object = { stringValue: 'x' };
  for (let depth = 0; depth < 500; depth += 1) deep = { arrayValue: { values: [deep] } };
  const span = (id: string, parent: string, attributes: object) => ({
    ...{ traceId: 't', spanId: id, parentSpanId: parent, startTimeUnixNano: '1', kind: 1 },
    attributes: Object.entries(attributes).map(([key, value]) => ({ key, value })),
  });
  const named = { 'mcp.method.name': { stringValue: 'tools/call' }, 'gen_ai.tool.name': { stringValue: '__proto__' } };
  const spans = [
    span('a', 'b', { 'mcp.method.name': { stringValue: 'ping' } }),
    span('b', 'a', { 'mcp.method.name': { stringValue: 'ping' } }),
    span('c', 'a', { ...named, 'gen_ai.tool.call.arguments': deep }),
    null,
  ];
  writeFileSync(file, JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }, 7] }));
  const { code, stdout } = await imported(file, 'otel', '--json');
  expect(code).toBe(exitCodes.issues);
  expect(JSON.parse(stdout)).toMatchObject({ runs: 1, calls: 1, withoutArguments: 1 });
  expect(runsOf('hostile.jsonl')[0].tools[0].name).toBe('__proto__');
});

test('a file that is not there, and no format, are wrong use', async () => {
  expect((await imported(join(out, 'no_such_file'), 'otel')).code).toBe(exitCodes.usage);
  expect((await casa('import', join(testdata, 'genai_spans.json'), '-o', out)).code).toBe(exitCodes.usage);
});
