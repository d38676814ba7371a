// Puts Istio's custom resource definitions into .tools, out of the Go module that carries them, pinned by tools/istio/go.sum; prints
// their path.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findGo } from './find_go.mjs';

const root = dirname(import.meta.dirname);
const sources = join(root, 'tools/istio');
const version = /istio\.io\/api (v[0-9.]+)$/m.exec(readFileSync(join(sources, 'go.mod'), 'utf8'))?.[1];
const file = join(root, `.tools/istio-crds-${version}.yaml`);

try {
  if (!existsSync(file)) install();
  console.log(file);
} catch (error) {
  // The tests that need them skip and say why; every other test can still run.
  console.error(`no definitions of Istio's resources: ${error.message}`);
}

function install() {
  console.error(`getting Istio's resource definitions (istio.io/api ${version}) from the Go module proxy`);
  const { status, stdout, error } = spawnSync(findGo(), ['mod', 'download', '-json', 'istio.io/api'], {
    cwd: sources,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, GOFLAGS: '-mod=readonly', GOWORK: 'off' },
  });
  if (status !== 0) throw new Error(`\`go mod download\` failed: ${error?.message ?? stdout}`);
  const { Dir } = JSON.parse(stdout);
  mkdirSync(dirname(file), { recursive: true });
  const unfinished = `${file}.${process.pid}`;
  copyFileSync(join(Dir, 'kubernetes/customresourcedefinitions.gen.yaml'), unfinished);
  renameSync(unfinished, file);
}
