import type { BehaviourResult, StepFailure } from '../run/result.ts';

/** One line a behaviour, failures with what was expected and what came, and a closing line that counts. */
export function renderText(results: readonly BehaviourResult[]): string {
  return `${[...results.flatMap(renderResult), renderCounts(results)].join('\n')}\n`;
}

const marks = { passed: 'ok  ', failed: 'FAIL', skipped: 'skip' } as const;

function renderResult(result: BehaviourResult): readonly string[] {
  const line = `${marks[result.result]} ${result.driver.padEnd(10)} ${result.id}: ${result.behaviour}`;
  if (result.result === 'skipped') return [`${line} (not for this driver)`];
  return result.failure === null ? [line] : [line, ...renderFailure(result.source, result.failure)];
}

/** The lines below a failed behaviour. */
export function renderFailure(source: string, failure: StepFailure): readonly string[] {
  const asked = failure.checks.filter((check) => check.outcome !== 'ABSTAIN');
  return [
    `       ${source}:${failure.line} step ${failure.step} (${failure.kind})`,
    `       expected  ${failure.expected}`,
    `       got       ${failure.got}`,
    ...asked.map((check) =>
      `       ${check.outcome.padEnd(5)} ${check.check} ${check.reason} ${check.detail}`.trimEnd(),
    ),
  ];
}

function renderCounts(results: readonly BehaviourResult[]): string {
  const count = (wanted: BehaviourResult['result']) => results.filter(({ result }) => result === wanted).length;
  return `conformance: ${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`;
}
