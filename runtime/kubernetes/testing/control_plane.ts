/** For tests: a real etcd and kube-apiserver on loopback, in a folder of their own, with our CRDs. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const program = join(root, '.tools/kube/kube');
const readyWithinMs = 90_000;

/** Why there is no control plane on this machine, or null. */
export const noControlPlane: string | null = existsSync(program)
  ? null
  : 'no control plane: `node scripts/kube.mjs --build` makes it';

export interface ControlPlane {
  readonly config: KubeConfig;
  /** Path of a kubeconfig file with every right. */
  readonly kubeconfig: string;
  readonly stop: () => Promise<void>;
  /** Runs kubectl; what it printed, and whether it went well. */
  readonly kubectl: (argv: readonly string[], stdin?: string) => Promise<Output>;
  /** A new namespace, with a name of its own. */
  readonly namespace: (prefix: string, labels?: { readonly [name: string]: string }) => Promise<string>;
}

export interface Output {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

export async function startControlPlane(): Promise<ControlPlane> {
  const folder = mkdtempSync(join(tmpdir(), 'casa-kube-'));
  const processes: ChildProcess[] = [];
  const run = (name: string, argv: readonly string[]) => {
    const log = openSync(join(folder, `${name}.log`), 'a');
    const child = spawn(program, [name, ...argv], { stdio: ['ignore', log, log], cwd: folder });
    processes.push(child);
    return child;
  };
  const stop = async () => {
    for (const child of processes.toReversed()) await end(child);
    rmSync(folder, { recursive: true, force: true });
  };
  const [etcdPort, peerPort, port] = [await freePort(), await freePort(), await freePort()];
  const token = writeSecrets(folder);
  run('etcd', etcdFlags(folder, etcdPort, peerPort));
  const api = run('kube-apiserver', apiFlags(folder, etcdPort, port));
  const authority = join(folder, 'certs/apiserver.crt');
  try {
    await until(() => existsSync(authority) || api.exitCode !== null, readyWithinMs);
    const kubeconfig = writeKubeconfig(folder, port, token, readFileSync(authority));
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    const kubectl = (argv: readonly string[], stdin?: string) => runKubectl(kubeconfig, folder, argv, stdin);
    await until(async () => api.exitCode !== null || (await kubectl(['get', '--raw', '/readyz'])).ok, readyWithinMs);
    if (api.exitCode !== null) throw new Error(readFileSync(join(folder, 'kube-apiserver.log'), 'utf8').slice(-2000));
    const core = config.makeApiClient(CoreV1Api);
    const namespace = async (prefix: string, labels = {}) => {
      const name = `${prefix}-${randomBytes(4).toString('hex')}`;
      await core.createNamespace({ body: { metadata: { name, labels } } });
      return name;
    };
    return { config, kubeconfig, stop, kubectl, namespace };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Applies our CRDs, and waits until the API server has established them. */
export async function installCrds({ kubectl }: ControlPlane): Promise<void> {
  const files = ['multiagentsystems', 'casapolicies'].map((name) => join(root, `crds/${name}.casa.io.yaml`));
  const applied = await kubectl(['apply', ...files.flatMap((file) => ['-f', file])]);
  if (!applied.ok) throw new Error(applied.stderr);
  // `kubectl wait` fails at once for a CRD that has no conditions yet.
  const wait = ['wait', '--for=condition=established', '--timeout=30s', 'crd', '--all'];
  await until(async () => (await kubectl(wait)).ok, 30_000);
}

/** Polls until it holds, or throws. */
export async function until(holds: () => unknown, withinMs = 20_000): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > deadlineMs) throw new Error(`not within ${withinMs} ms: ${holds}`);
    await sleep(100);
  }
}

function etcdFlags(folder: string, port: number, peerPort: number): readonly string[] {
  const [client, peer] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${peerPort}`];
  return [
    ...['--data-dir', join(folder, 'etcd'), '--unsafe-no-fsync', '--log-level=warn'],
    ...[`--listen-client-urls=${client}`, `--advertise-client-urls=${client}`],
    ...[`--listen-peer-urls=${peer}`, `--initial-advertise-peer-urls=${peer}`, `--initial-cluster=default=${peer}`],
  ];
}

function apiFlags(folder: string, etcdPort: number, port: number): readonly string[] {
  return [
    ...[`--etcd-servers=http://127.0.0.1:${etcdPort}`, '--bind-address=127.0.0.1', '--advertise-address=127.0.0.1'],
    ...[`--secure-port=${port}`, `--cert-dir=${join(folder, 'certs')}`],
    ...[`--token-auth-file=${join(folder, 'tokens.csv')}`, '--authorization-mode=RBAC', '--anonymous-auth=false'],
    '--service-account-issuer=https://kubernetes.default.svc',
    ...[`--service-account-key-file=${join(folder, 'sa.pub')}`],
    ...[`--service-account-signing-key-file=${join(folder, 'sa.key')}`],
    ...['--service-cluster-ip-range=10.96.0.0/16', '--allow-privileged=true', '--endpoint-reconciler-type=none'],
    // Without a controller manager no namespace has a ServiceAccount.
    ...['--disable-admission-plugins=ServiceAccount', '--profiling=false'],
  ];
}

function writeSecrets(folder: string): string {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ownerOnly = { mode: 0o600 };
  writeFileSync(join(folder, 'sa.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }), ownerOnly);
  writeFileSync(join(folder, 'sa.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
  const token = randomBytes(24).toString('hex');
  writeFileSync(join(folder, 'tokens.csv'), `${token},test-admin,0,"system:masters"\n`, ownerOnly);
  return token;
}

function writeKubeconfig(folder: string, port: number, token: string, authority: Uint8Array): string {
  const file = join(folder, 'kubeconfig');
  const cluster = {
    server: `https://127.0.0.1:${port}`,
    'certificate-authority-data': Buffer.from(authority).toString('base64'),
  };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 't',
    clusters: [{ name: 't', cluster }],
    users: [{ name: 't', user: { token } }],
    contexts: [{ name: 't', context: { cluster: 't', user: 't' } }],
  };
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}

async function runKubectl(kubeconfig: string, home: string, argv: readonly string[], stdin?: string): Promise<Output> {
  const env = { ...process.env, KUBECONFIG: kubeconfig, HOME: home };
  const running = promisify(execFile)(program, ['kubectl', ...argv], { env, maxBuffer: 32 * 1024 * 1024 });
  running.child.stdin?.end(stdin ?? '');
  return running.then(
    ({ stdout, stderr }) => ({ ok: true, stdout, stderr }),
    ({ stdout, stderr }) => ({ ok: false, stdout: String(stdout), stderr: String(stderr) }),
  );
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await Promise.race([ended, sleep(3000)]);
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  await ended;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
