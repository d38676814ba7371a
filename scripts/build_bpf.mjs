// Builds the kernel programs with clang into .tools/bpf/ and prints where the objects are; nothing to do when they are there already.
// Usage: node scripts/build_bpf.mjs [--if-possible]   (with the flag, a machine without clang is told so and is no failure)
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = dirname(import.meta.dirname);
const programs = { connect: ['bpf/connect.bpf.c'], token: ['bpf/token.bpf.c', 'bpf/token_scan.h'] };
const target = join(root, '.tools', 'bpf');
const headers = `/usr/include/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`;
const flags = ['-O2', '-g', '-Wall', '-Wextra', '-Werror', '-target', 'bpfel', '-mcpu=v3', `-I${headers}`];

const clang = spawnSync('clang', ['--version'], { encoding: 'utf8' });
if (clang.status === 0) {
  for (const [program, sources] of Object.entries(programs)) {
    build(program, [...sources, 'bpf/casa_abi.h'], clang.stdout);
  }
} else {
  console.error('clang is not on this machine: no kernel layer');
  process.exitCode = process.argv.includes('--if-possible') ? 0 : 1;
}

function build(program, sources, compiler) {
  const hash = createHash('sha256').update(compiler).update(flags.join(' '));
  for (const source of sources) hash.update(readFileSync(join(root, source)));
  const name = hash.digest('hex').slice(0, 16);
  const object = join(target, `${program}-${name}.o`);
  mkdirSync(target, { recursive: true });
  if (!existsSync(object)) {
    const written = `${object}.${process.pid}`;
    const { status } = spawnSync('clang', [...flags, '-c', join(root, sources[0]), '-o', written], {
      stdio: 'inherit',
    });
    if (status !== 0) {
      process.exitCode = 1;
      return;
    }
    renameSync(written, object);
  }
  // Whoever looks for the object finds the newest, whole, under one name.
  const link = join(target, `link-${program}-${process.pid}`);
  symlinkSync(`${program}-${name}.o`, link);
  renameSync(link, join(target, `${program}.o`));
  console.log(object);
}
