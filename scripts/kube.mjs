// Builds tools/kube (Kubernetes in one program, control plane and node) once per state of its sources and Go.
// Usage: node scripts/kube.mjs --build | --key | etcd|kube-apiserver|kube-controller-manager|kube-scheduler|kubelet|kube-proxy|kubectl ARGUMENT...
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findGo } from './find_go.mjs';

const root = dirname(import.meta.dirname);
const sources = join(root, 'tools/kube');
const tools = join(root, '.tools/kube');
const program = join(tools, 'kube');
/** Says which sources and which Go `program` is of, so that a cache of the folder can be trusted or not. */
const keyFile = join(tools, 'kube.key');

if (import.meta.filename === process.argv[1]) process.exitCode = main(process.argv.slice(2));

function main(argv) {
  if (argv[0] === '--key') {
    console.log(sourcesHash());
    return 0;
  }
  if (argv[0] === '--build') {
    try {
      kubeProgram();
    } catch (error) {
      // The tests against a real API server skip and say why; every other test can still run.
      console.error(`no control plane for the Kubernetes tests: ${error.message}`);
    }
    return 0;
  }
  const { status, error } = spawnSync(kubeProgram(), argv, { stdio: 'inherit' });
  if (error) console.error(error.message);
  return status ?? 1;
}

/** The path of the program, built if its sources or Go changed. Progress goes to stderr. */
export function kubeProgram() {
  const key = sourcesHash();
  // The machine's Go may have gone since: a program of the same sources stays good, so Go's version is asked for only to build.
  if (existsSync(program) && existsSync(keyFile) && readFileSync(keyFile, 'utf8').startsWith(`${key} `)) return program;
  const go = findGo();
  const version = kubernetesVersion();
  console.error(`building Kubernetes ${version} from tools/kube (the first time takes about ten minutes)`);
  mkdirSync(tools, { recursive: true });
  const unfinished = `${program}.${process.pid}`;
  const stamp = 'k8s.io/component-base/version';
  const flags = `-s -w -X ${stamp}.gitVersion=${version} -X ${stamp}.gitMajor=1 -X ${stamp}.gitMinor=${version.split('.')[1]} -X ${stamp}.gitTreeState=clean`;
  const { status } = spawnSync(
    go,
    ['build', '-buildvcs=false', '-trimpath', '-ldflags', flags, '-o', unfinished, '.'],
    {
      cwd: sources,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly', GOWORK: 'off' },
    },
  );
  if (status !== 0) throw new Error(`\`go build\` of tools/kube failed with ${status}`);
  // Whole or not at all: another run may be building beside this one.
  renameSync(unfinished, program);
  writeFileSync(keyFile, `${key} ${goVersion(go)}\n`);
  return program;
}

function goVersion(go) {
  return spawnSync(go, ['env', 'GOVERSION'], { encoding: 'utf8' }).stdout.trim();
}

function kubernetesVersion() {
  const pinned = /k8s\.io\/kubernetes (v1\.[0-9.]+)$/m.exec(readFileSync(join(sources, 'go.mod'), 'utf8'));
  if (pinned === null) throw new Error('tools/kube/go.mod pins no k8s.io/kubernetes');
  return pinned[1];
}

function sourcesHash() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  for (const file of ['go.mod', 'go.sum', 'main.go']) {
    hash.update(`${file}\n`).update(readFileSync(join(sources, file)));
  }
  return hash.digest('hex').slice(0, 16);
}
