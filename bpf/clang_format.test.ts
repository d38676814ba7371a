import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

const hasClangFormat = spawnSync('clang-format', ['--version']).status === 0;

test.skipIf(!hasClangFormat)('the C is in the house format (needs clang-format)', () => {
  const argv = ['--dry-run', '--Werror', 'connect.bpf.c', 'token.bpf.c', 'token_scan.h', 'casa_abi.h'];
  const { status, stderr } = spawnSync('clang-format', argv, { cwd: import.meta.dirname, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
