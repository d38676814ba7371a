import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { readRecordings } from './read_recordings.ts';

const folder = mkdtempSync(join(tmpdir(), 'casa-recordings-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('every line that is not understood is told with its file, line and reason, and reading goes on', async () => {
  writeFileSync(join(folder, 'a.jsonl.gz'), gzipSync('{}\n\nnonsense\n'));
  writeFileSync(join(folder, 'b.jsonl.gz'), gzipSync('x'.repeat(100_000)).subarray(0, 60));
  writeFileSync(join(folder, 'c.jsonl.gz'), 'no gzip at all');
  writeFileSync(join(folder, 'd.txt'), 'not looked at');
  const told = [];
  for await (const recording of readRecordings(folder)) told.push(recording);
  expect(told).toEqual([
    { kind: 'unread', file: 'a.jsonl.gz', line: 1, why: '`schema` is no text' },
    { kind: 'unread', file: 'a.jsonl.gz', line: 3, why: 'no JSON' },
    { kind: 'unread', file: 'b.jsonl.gz', line: 1, why: 'the file cannot be read on (Z_BUF_ERROR)' },
    { kind: 'unread', file: 'c.jsonl.gz', line: 1, why: 'the file cannot be read on (Z_DATA_ERROR)' },
  ]);
});
