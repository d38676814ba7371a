/** 10,000 policies of 500 MAS: from loaded resources to compiled systems. */
import { compile } from '../compiler/compile.ts';
import { loadValues } from '../crds/load.ts';
import type { Benchmark } from './bench.ts';
import { cpuMs, median } from './cpu.ts';
import { drawEstate, plannedSize } from './estate.ts';

const rounds = 5;
const compileMsMax = 2000;

export const compileBenchmark: Benchmark = {
  name: 'compile',
  run: async () => {
    const loaded = loadValues(drawEstate(plannedSize));
    const full = median(Array.from({ length: rounds }, () => cpuMs(() => compile(loaded))));
    const limit = (value: number) => ({ name: 'limit', value });
    return [
      {
        what: 'compile 10,000 policies of 500 MAS',
        measured: full,
        against: limit(compileMsMax),
        unit: 'ms CPU',
        ratioMax: 1,
      },
    ];
  },
};
