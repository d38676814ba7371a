import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { deathsMax, KeptProcess } from './kept_process.ts';
import { until } from './listening.ts';
import { StartedProcess } from './started_process.ts';

const patience = () => AbortSignal.timeout(20_000);

/** Keeps a command; what it was told and started, and how it was given up. */
function keep(command: readonly string[], restartDelayMs: number) {
  const said: string[] = [];
  const pids: number[] = [];
  const gaveUp: string[] = [];
  const kept = new KeptProcess({
    start: () => new StartedProcess({ name: 'clock', argv: command, env: {}, cwd: '/', log: null }),
    restartDelayMs,
    say: (line) => said.push(line),
    started: ({ pid }) => pids.push(pid),
    gaveUp: ({ message }) => gaveUp.push(message),
  });
  return { kept, said, pids, gaveUp };
}

test('a process that is killed is started again, and a line says so', async () => {
  const { kept, said, pids } = keep(['/bin/sleep', '600'], 20);
  process.kill(kept.first.pid, 'SIGKILL');
  await until(() => pids.length === 2, patience());
  await kept.stop();
  expect(said).toEqual(['clock ended with code 128: started again in 0.02 s', 'clock started again']);
  expect(pids[1]).not.toBe(pids[0]);
});

test('a process that is stopped stays so, also while it waits to be started again', async () => {
  const running = keep(['/bin/sleep', '600'], 20);
  await running.kept.stop();
  const waiting = keep(['/bin/true'], 200);
  await until(() => waiting.said.length === 1, patience());
  await waiting.kept.stop();
  await sleep(400);
  expect([running.pids.length, running.said, waiting.pids.length]).toEqual([1, [], 1]);
});

test('a process that dies again and again is given up', async () => {
  const { pids, gaveUp } = keep(['/bin/false'], 20);
  await until(() => gaveUp.length > 0, patience());
  expect({ starts: pids.length, gaveUp }).toEqual({
    starts: deathsMax + 1,
    gaveUp: [expect.stringContaining('clock ended with code 1')],
  });
});
