/** The recorded development runs through the loader, the compiler and the engine. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { replayFolder } from '../conformance/recorded/replay_folder.ts';
import { CasaError } from '../policies/errors.ts';
import type { Benchmark } from './bench.ts';

/** Beside the repository, whether this runs built or not. */
const folders = ['../../shared/traces/dev/', '../../../shared/traces/dev/'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);
const replayMsMax = 5000;

export const replayBenchmark: Benchmark = {
  name: 'replay',
  run: async () => {
    const folder = folders.find((path) => existsSync(path));
    if (folder === undefined)
      return { skipped: 'there are no recordings beside the repository (../shared/traces/dev)' };
    const before = process.cpuUsage();
    const { suites, unread, notReplayed } = await replayFolder(folder);
    const { user, system } = process.cpuUsage(before);
    if (unread.lines + notReplayed.runs > 0) throw new CasaError('bug', 'not everything was replayed');
    const calls = suites.reduce((total, suite) => total + suite.calls, 0);
    return [
      {
        what: `replay of ${calls.toLocaleString('en')} recorded calls`,
        measured: (user + system) / 1000,
        against: { name: 'limit', value: replayMsMax },
        unit: 'ms CPU',
        ratioMax: 1,
      },
    ];
  },
};
