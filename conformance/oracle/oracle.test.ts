import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { PolicyEngine } from '../../policies/engine/engine.ts';
import { readPolicyModules } from '../../policies/read_modules.ts';
import { openWorld } from './ask_engine.ts';
import { traces, worlds } from './draw.ts';
import { judge, knowledge } from './oracle.ts';
import type { Answer, Step, World } from './world.ts';

const seed = 20261125;
const worldsDrawn = 130;
const tracesPerWorld = 50;
const tracesMin = 5000;

interface Judged {
  readonly world: World;
  readonly steps: readonly Step[];
  readonly engine: readonly Answer[];
}

const judged: Judged[] = [];
beforeAll(async () => {
  const engine = await PolicyEngine.open(readPolicyModules().wasm);
  for (const [index, world] of fc.sample(worlds, { seed, numRuns: worldsDrawn }).entries()) {
    const ask = openWorld(engine, world);
    if (ask === null) continue;
    const drawn = fc.sample(traces, { seed: seed + index, numRuns: tracesPerWorld });
    judged.push(...drawn.map((steps) => ({ world, steps, engine: ask(steps) })));
  }
}, 300_000);

test('the oracle and the engine agree on every call of at least 5,000 generated traces', () => {
  const differing = judged.filter(({ world, steps, engine }) => differ(judge(world, steps), engine));
  const first = differing[0];
  if (first !== undefined) expect({ ...first, engine: judge(first.world, first.steps) }).toEqual(first);
  expect(judged.length).toBeGreaterThanOrEqual(tracesMin);
  const answers = judged.flatMap(({ engine }) => engine);
  const counts = new Map<Answer, number>();
  for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  console.log(`${judged.length} traces, ${answers.length} calls: ${JSON.stringify(Object.fromEntries(counts))}`);
  // Neither side is right by saying the same to everything.
  expect(counts.get('ok') ?? 0).toBeGreaterThan(answers.length / 5);
  expect(counts.size).toBeGreaterThanOrEqual(11);
});

test.each(knowledge)('an oracle that has forgotten `%s` is noticed', (forgotten) => {
  expect(judged.some(({ world, steps, engine }) => differ(judge(world, steps, forgotten), engine))).toBe(true);
});

function differ(left: readonly Answer[], right: readonly Answer[]): boolean {
  return left.length !== right.length || left.some((answer, index) => answer !== right[index]);
}
