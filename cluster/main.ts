#!/usr/bin/env node
/**
 * `make cluster-demo`: CASA and the bank in a one-node Kubernetes of its own. With `--once` it ends after the conversations, a
 * killed ext-authz and the removal of everything. Exit 77: this machine cannot do it, for the reasons printed.
 */
import { clearLeftovers } from './box/box_record.ts';
import { checkMachine } from './box/check_machine.ts';
import { type ClusterDemo, openClusterDemo, writeSteps } from './demo/cluster_demo.ts';
import { StepList } from './demo/step_list.ts';

/** As test runners know it: not failed, and not run. */
const skippedStatus = 77;

const say = (line: string) => void process.stdout.write(`${line}\n`);

process.exit(await main(process.argv.includes('--once')));

async function main(once: boolean): Promise<number> {
  const missing = await checkMachine();
  if (missing.length > 0) {
    for (const reason of missing) say(`skipped: ${reason}`);
    writeSteps([]);
    return skippedStatus;
  }
  for (const folder of await clearLeftovers()) say(`cleared up after an earlier run: ${folder}`);
  const steps = new StepList(say);
  const interrupted = untilInterrupted();
  const start = performance.now();
  let demo: ClusterDemo | null = null;
  try {
    const opening = openClusterDemo(steps, say);
    opening.catch(() => {});
    demo = await Promise.race([opening, interrupted.then(() => null)]);
    if (demo === null) {
      // What is being opened is closed when it is open or has failed.
      await opening.then((opened) => opened.close()).catch(() => {});
      return 130;
    }
    if (once) await demo.breakAndRemove();
    else await stay(demo, interrupted);
  } catch (error) {
    // A failed step has told of itself.
    if (steps.results.every((step) => step.passed)) say(error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    await demo?.close();
    writeSteps(steps.results);
    const passed = steps.results.filter((step) => step.passed).length;
    const seconds = Math.round((performance.now() - start) / 1000);
    say(`\ncluster-demo: ${passed} steps passed, ${steps.results.length - passed} failed in ${seconds} s`);
  }
  return 0;
}

async function stay(demo: ClusterDemo, interrupted: Promise<void>): Promise<void> {
  say(`\nExplorer: ${demo.explorerUrl}`);
  say(`kubectl: export KUBECONFIG=${demo.kubeconfig}`);
  say('Ctrl-C ends it');
  const broken = await Promise.race([demo.broken, interrupted.then(() => null)]);
  if (broken !== null) throw broken;
}

function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}
