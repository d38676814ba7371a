import { expect, test } from 'vitest';
import { checkMachine } from './check_machine.ts';

test('a machine without the programs is told of each, with the package that has it', async () => {
  const reasons = await checkMachine('/nowhere');
  expect(reasons).toEqual(
    expect.arrayContaining([
      '`containerd` is missing (Debian package containerd)',
      '`nft` is missing (Debian package nftables)',
      '`unshare` is missing (Debian package util-linux)',
    ]),
  );
});
