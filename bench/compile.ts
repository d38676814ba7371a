/** 10,000 policies of 500 MAS: from loaded resources to compiled systems, and one edit to a new bundle. */
import { emitBundle } from '../compiler/bundle.ts';
import { packBundle } from '../compiler/bundle_tar.ts';
import { compile, recompile } from '../compiler/compile.ts';
import { loadValues, rememberParsed } from '../crds/load.ts';
import type { JsonObject } from '../policies/contract.ts';
import { readPolicyModules } from '../policies/read_modules.ts';
import type { Benchmark, Measurement } from './bench.ts';
import { cpuMs, median } from './cpu.ts';
import { drawEstate, plannedSize } from './estate.ts';

const rounds = 5;
const compileMsMax = 2000;
const editMsMax = 100;

export const compileBenchmark: Benchmark = {
  name: 'compile',
  run: async () => {
    const values = drawEstate(plannedSize);
    const loaded = loadValues(values);
    const full = await medianMs(() => compile(loaded));
    const edit = await measureEdits(values);
    return [
      against('compile 10,000 policies of 500 MAS', full, compileMsMax),
      against('edit one of 10,000 policies: to the bytes of a new bundle', edit, editMsMax),
    ];
  },
};

/** Each round changes one policy, as a controller that keeps its objects sees it. */
async function measureEdits(values: readonly JsonObject[]): Promise<number> {
  const modules = readPolicyModules();
  const parse = rememberParsed();
  let { memo, compilation } = recompile(loadValues(values, parse), new Map());
  let round = 0;
  return medianMs(async () => {
    round += 1;
    const known = new Set(compilation.systems);
    const edited = values.map((value, index) => (index === editedAt(round) ? widened(value) : value));
    ({ memo, compilation } = recompile(loadValues(edited, parse), memo));
    const changed = compilation.systems.filter((system) => !known.has(system));
    if (changed.length === 0) throw new Error('the edit changed nothing');
    for (const system of changed) await packBundle(emitBundle(system, modules));
  });
}

/** Where the first policy of a MAS stands, another MAS each round. */
function editedAt(round: number): number {
  return round * (1 + plannedSize.policiesPerSystem) + 1;
}

/** The policy of an agent, with one more rule. */
function widened(policy: JsonObject): JsonObject {
  // `as`: drawn by `drawEstate`.
  const { tools = [], ...spec } = policy.spec as { readonly tools?: readonly JsonObject[] } & JsonObject;
  return { ...policy, spec: { ...spec, tools: [...tools, { server: '*', name: 'update_*', effect: 'Allow' }] } };
}

async function medianMs(work: () => unknown): Promise<number> {
  const figures: number[] = [];
  for (let round = 0; round < rounds; round += 1) figures.push(await cpuMs(work));
  return median(figures);
}

function against(what: string, measured: number, limit: number): Measurement {
  return { what, measured, against: { name: 'limit', value: limit }, unit: 'ms CPU', ratioMax: 1 };
}
