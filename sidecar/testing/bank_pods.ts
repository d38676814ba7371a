/** For tests: the demo's bank in pods, which a real API server knows, with a real runtime and what the webhook would put into them. */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoreV1Api } from '@kubernetes/client-node';
import { inboundPort, outboundPort, proxyUid } from '../../compiler/envoy/options.ts';
import {
  type ControlPlane,
  installCrds,
  startControlPlane,
  until,
} from '../../runtime/kubernetes/testing/control_plane.ts';
import { StartedProcess } from '../process/started_process.ts';
import { openPodNetwork, type PodNetwork } from './pod_network.ts';
import { casaFolder, envoyInCasa, type PodSpot, startInPod } from './pod_process.ts';

export const [server, agent, compromised] = ['bank-mcp', 'casa-demo-agent', 'casa-demo-agent-compromised'] as const;
/** Pods of no system. */
export const [user, llm] = ['user', 'llm'] as const;
const apps = [server, agent, compromised] as const;
const pods = [...apps, user, llm];
const namespace = 'bank';
const appUid = 4711;
export const patienceMs = 120_000;

export class BankPods {
  readonly folder: string;
  readonly network: PodNetwork;
  readonly #plane: ControlPlane;
  readonly #started: StartedProcess[] = [];
  #runtimeUrl = '';

  private constructor(folder: string, network: PodNetwork, plane: ControlPlane) {
    this.folder = folder;
    this.network = network;
    this.#plane = plane;
  }

  static async open(): Promise<BankPods> {
    const folder = mkdtempSync(join(tmpdir(), 'casa-pods-'));
    chmodSync(folder, 0o711);
    for (const name of ['casa', 'node']) mkdirSync(join(folder, name), { mode: 0o711 });
    const plane = await startControlPlane();
    const network = await openPodNetwork(folder, pods, { llm: 'llm.example.com extra.example' });
    const bank = new BankPods(folder, network, plane);
    try {
      await bank.#start();
      return bank;
    } catch (error) {
      await bank.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#started.map((each) => each.stop()));
    await this.network.close();
    await this.#plane.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The app's own place in its pod. */
  spot(pod: string): PodSpot {
    return { folder: this.folder, namespace: this.network.namespaceOf(pod), uid: appUid };
  }

  runDir = (pod: string) => join(this.folder, pod, 'run');
  tokenFile = (pod: string) => join(this.folder, pod, 'token', 'token');

  /** Whether the sidecar says that its app may start. */
  ready(pod: string): boolean {
    const argv = [join(casaFolder, 'dist/sidecar/main.js'), '--ready'];
    return spawnSync(process.execPath, argv, { env: this.#sidecarEnvironment(pod) }).status === 0;
  }

  /** Starts one more process of a pod's app. */
  start(pod: string, name: string, script: readonly string[], env: { readonly [name: string]: string } = {}): void {
    this.#started.push(startInPod(this.spot(pod), name, script, env));
  }

  /** What the bank did. */
  ledger(): string {
    const file = join(this.folder, server, 'out', 'ledger.jsonl');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  async patchPolicy(name: string, spec: object): Promise<void> {
    await this.#kubectl('patch', 'casapolicy', '-n', namespace, name, '--type=merge', '-p', JSON.stringify({ spec }));
  }

  async #start(): Promise<void> {
    await installCrds(this.#plane);
    for (const name of ['multi_agent_system', 'policies']) {
      await this.#kubectl('apply', '-f', join(casaFolder, `demo/manifests/${name}.yaml`));
    }
    const port = await freePort();
    this.#runtimeUrl = `http://${this.network.hostAddress}:${port}`;
    await this.#startRuntime(port);
    await this.network.offer(port);
    this.start(llm, 'llm', ['dist/demo/src/llm/main.js'], { PORT: '8090' });
    const extra = `require('http').createServer((_asked, answer) => answer.end('extra')).listen(8095)`;
    this.start(llm, 'extra', ['-e', extra]);
    for (const pod of apps) await this.#makePod(pod);
    for (const pod of apps) this.#redirect(pod);
    for (const pod of apps) {
      const spot = { ...this.spot(pod), uid: proxyUid };
      this.#started.push(startInPod(spot, `sidecar-${pod}`, ['dist/sidecar/main.js'], this.#sidecarEnvironment(pod)));
    }
    for (const pod of apps) await until(() => this.ready(pod), patienceMs);
    const urls = { MCP_URL: `http://${server}:8080/mcp`, OPENAI_BASE_URL: 'http://llm.example.com:8090/v1' };
    const ledger = { LEDGER: join(this.folder, server, 'out', 'ledger.jsonl') };
    this.start(server, server, ['dist/demo/src/mcp/main.js'], { PORT: '8080', ...ledger });
    this.start(agent, agent, ['dist/demo/src/agent-safe/main.js'], { PORT: '8082', ...urls });
    this.start(compromised, compromised, ['dist/demo/src/agent-compromised/main.js'], { PORT: '8083', ...urls });
  }

  async #startRuntime(port: number): Promise<void> {
    const adminToken = join(this.folder, 'admin-token');
    writeFileSync(adminToken, 'management-token-of-a-test', { mode: 0o600 });
    const flags = [`--port=${port}`, `--base-url=${this.#runtimeUrl}`, `--admin-token-file=${adminToken}`];
    const main = join(casaFolder, 'dist/runtime/main.js');
    const runtime = new StartedProcess({
      name: 'runtime',
      argv: [process.execPath, main, ...flags, '--kubernetes-namespace=default'],
      env: { PATH: process.env.PATH ?? '', KUBECONFIG: this.#plane.kubeconfig },
      cwd: this.folder,
      log: join(this.folder, 'runtime.log'),
    });
    this.#started.push(runtime);
    await runtime.firstLine((line) => (line.includes('"ready"') ? true : null));
    const status = () => this.#kubectl('get', 'mas', '-n', namespace, '-o', 'json');
    await until(async () => (await status()).includes('"Programmed"'), patienceMs);
  }

  /** The pod as the API server knows it, and its token where the kubelet would put it. */
  async #makePod(pod: string): Promise<void> {
    const core = this.#plane.config.makeApiClient(CoreV1Api);
    await core.createNamespacedServiceAccount({ namespace, body: { metadata: { name: pod } } });
    const labels = { 'casa.io/mas': 'bank', 'casa.io/app': pod };
    const spec = { serviceAccountName: pod, containers: [{ name: 'app', image: 'none' }] };
    const made = await core.createNamespacedPod({ namespace, body: { metadata: { name: pod, labels }, spec } });
    const status = JSON.stringify([{ op: 'add', path: '/status/podIP', value: this.network.addressOf(pod) }]);
    await this.#kubectl('patch', 'pod', '-n', namespace, pod, '--subresource=status', '--type=json', '-p', status);
    const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name: pod, uid: made.metadata?.uid ?? '' };
    const body = { spec: { audiences: ['casa'], expirationSeconds: 600, boundObjectRef } };
    const token = await core.createNamespacedServiceAccountToken({ namespace, name: pod, body });
    for (const name of ['run', 'token', 'out']) {
      mkdirSync(join(this.folder, pod, name), { recursive: true, mode: 0o700 });
    }
    chmodSync(join(this.folder, pod), 0o711);
    writeFileSync(this.tokenFile(pod), token.status?.token ?? '', { mode: 0o400 });
    const ofProxy = [this.runDir(pod), join(this.folder, pod, 'token'), this.tokenFile(pod)];
    for (const path of ofProxy) chownSync(path, proxyUid, proxyUid);
    chownSync(join(this.folder, pod, 'out'), appUid, appUid);
  }

  #redirect(pod: string): void {
    const main = join(casaFolder, 'dist/sidecar/redirect/main.js');
    const argv = ['netns', 'exec', this.network.namespaceOf(pod), process.execPath, main];
    const done = spawnSync('ip', [...argv, String(inboundPort), String(outboundPort), String(proxyUid)]);
    if (done.status !== 0) throw new Error(done.stderr.toString());
  }

  #sidecarEnvironment(pod: string) {
    return {
      CASA_MAS: `${namespace}.bank`,
      CASA_APP: pod,
      CASA_NAMESPACE: namespace,
      CASA_RUNTIME_URL: this.#runtimeUrl,
      CASA_TOKEN_FILE: this.tokenFile(pod),
      CASA_RUN_DIR: this.runDir(pod),
      CASA_ENVOY: join(this.folder, 'casa', envoyInCasa),
      CASA_ACCESS_LOG: join(this.runDir(pod), 'access.log'),
    };
  }

  async #kubectl(...argv: readonly string[]): Promise<string> {
    const done = await this.#plane.kubectl(argv);
    if (!done.ok) throw new Error(done.stderr);
    return done.stdout;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const door = createServer();
    door.listen(0, '127.0.0.1', () => {
      const address = door.address();
      door.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
