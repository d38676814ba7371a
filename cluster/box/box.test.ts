import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, test } from 'vitest';
import { casaFolder } from '../casa_folder.ts';
import { runTool, tryTool } from '../run_tool.ts';
import { clearLeftovers } from './box_record.ts';
import { checkMachine } from './check_machine.ts';
import { type Box, kubeProgram, openBox } from './open_box.ts';
import { network } from './places.ts';

const missing = await checkMachine();
const reason = missing.length === 0 ? '' : ` (skipped: ${missing.join('; ')})`;

describe.skipIf(missing.length > 0)(`a box on this machine${reason}`, () => {
  const boxes: Box[] = [];
  const open = async () => {
    const box = await openBox(() => {});
    boxes.push(box);
    return box;
  };
  const kubectl = (box: Box, ...argv: readonly string[]) =>
    runTool(kubeProgram, ['kubectl', `--kubeconfig=${box.kubeconfig}`, ...argv]);
  afterEach(() => Promise.all(boxes.splice(0).map((box) => box.close())).then(() => {}));

  test('two boxes at once each have a node of their own, and leave nothing', { timeout: 180_000 }, async () => {
    const [one, other] = await Promise.all([open(), open()]);
    await kubectl(one, 'create', 'namespace', 'only-here');
    expect(await kubectl(one, 'get', 'nodes', '-o', 'name')).toBe(`node/${network.nodeName}\n`);
    expect(await kubectl(other, 'get', 'namespaces', '-o', 'name')).not.toContain('only-here');
    await Promise.all(boxes.splice(0).map((box) => box.close()));
    for (const { folder } of [one, other]) await expectNothingOf(folder);
  });

  test('a pod cannot ask the kubelet: it wants the certificate of the API server', { timeout: 90_000 }, async () => {
    const box = await open();
    // The box's own process 1 is in its network, as a pod with the host's network would be.
    const asked = await tryTool('nsenter', [
      ...['-t', await firstProcess(box.folder), '-n', '--', process.execPath, '-e'],
      `process.env.NODE_TLS_REJECT_UNAUTHORIZED='0';
      fetch('https://${network.nodeAddress}:10250/pods').then((answer) => console.log(answer.status));`,
    ]);
    expect(asked.stdout.trim()).toBe('401');
  });

  test('a box ends with its owner, however that ends, and the next one clears up', { timeout: 180_000 }, async () => {
    const owner = spawn(process.execPath, ['--input-type=module', '-e', openAndStay], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: owner.stdout })[Symbol.asyncIterator]();
    const folder = String((await lines.next()).value);
    const first = await firstProcess(folder);
    owner.kill('SIGKILL');
    await expect.poll(() => existsSync(`/proc/${first}`), { timeout: 10_000 }).toBe(false);
    expect(await clearLeftovers()).toContain(folder);
    await expectNothingOf(folder);
  });
});

const openAndStay = `
import { openBox } from '${join(casaFolder, 'dist/cluster/box/open_box.js')}';
console.log((await openBox(() => {})).folder);`;

/** The process whose command line is the box's. */
async function firstProcess(folder: string): Promise<string> {
  const listed = await runTool('pgrep', ['-f', `^bash -c "\\$@"; exit \\$\\? casa-box .*${folder}`]);
  return listed.trim().split('\n')[0] ?? '';
}

async function expectNothingOf(folder: string): Promise<void> {
  const name = folder.slice(folder.lastIndexOf('/') + 1);
  expect(existsSync(folder)).toBe(false);
  expect(await runTool('find', ['/sys/fs/cgroup', '-name', name])).toBe('');
  expect(await runTool('cat', ['/proc/mounts'])).not.toContain(name);
  expect((await tryTool('pgrep', ['-f', folder])).stdout).toBe('');
}
