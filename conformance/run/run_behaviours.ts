import { CasaError } from '../../policies/errors.ts';
import type { Behaviour, Step } from '../format/behaviour.ts';
import { compareOutcome } from './compare.ts';
import type { Driver, Run } from './driver.ts';
import type { BehaviourResult, StepFailure } from './result.ts';

/** Runs each behaviour with the driver, one after the other, in the order given. Never throws for a behaviour. */
export async function runBehaviours(
  behaviours: readonly Behaviour[],
  driver: Driver,
  monotonicMs: () => number,
): Promise<readonly BehaviourResult[]> {
  const results: BehaviourResult[] = [];
  for (const behaviour of behaviours) results.push(await runBehaviour(behaviour, driver, monotonicMs));
  return results;
}

async function runBehaviour(behaviour: Behaviour, driver: Driver, monotonicMs: () => number): Promise<BehaviourResult> {
  const { id, source } = behaviour;
  const about = { id, behaviour: behaviour.behaviour, source, driver: driver.name };
  if (!behaviour.drivers.includes(driver.name)) return { ...about, result: 'skipped', failure: null, durationMs: 0 };
  const startedAtMs = monotonicMs();
  const failure = await findFailure(behaviour, driver);
  const durationMs = Math.round(monotonicMs() - startedAtMs);
  return { ...about, result: failure === null ? 'passed' : 'failed', failure, durationMs };
}

async function findFailure(behaviour: Behaviour, driver: Driver): Promise<StepFailure | null> {
  let run: Run | null = null;
  try {
    run = await driver.begin(behaviour);
    for (const [index, step] of behaviour.steps.entries()) {
      const failure = await runStep(run, step, index + 1);
      if (failure !== null) return failure;
    }
    return null;
  } catch (error) {
    // What could not be begun is no behaviour that holds.
    return broken(0, 1, 'begin', error);
  } finally {
    await run?.end();
  }
}

async function runStep(run: Run, step: Step, number: number): Promise<StepFailure | null> {
  try {
    const outcome = await run.runStep(step);
    if (step.expect === null) return null;
    if (outcome === null) throw new CasaError('bug', `a step of kind ${step.kind} decided nothing`);
    const mismatch = await compareOutcome(step.expect, outcome);
    return mismatch === null ? null : { step: number, line: step.line, kind: step.kind, ...mismatch };
  } catch (error) {
    return broken(number, step.line, step.kind, error);
  }
}

function broken(step: number, line: number, kind: string, error: unknown): StepFailure {
  return { step, line, kind, expected: 'the step can be carried out', got: messageOf(error), checks: [] };
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
