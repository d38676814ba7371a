import type { BehaviourResult } from '../run/result.ts';
import { renderFailure } from './render_text.ts';
import { attributes, escapeXml } from './xml.ts';

/** JUnit XML as CI systems read it: a suite for each driver, a case for each behaviour. */
export function renderJunit(results: readonly BehaviourResult[]): string {
  const drivers = [...new Set(results.map(({ driver }) => driver))];
  const suites = drivers.flatMap((driver) =>
    renderSuite(
      driver,
      results.filter((result) => result.driver === driver),
    ),
  );
  const total = attributes({ name: 'conformance', ...counts(results) });
  return `${['<?xml version="1.0" encoding="UTF-8"?>', `<testsuites ${total}>`, ...suites, '</testsuites>'].join('\n')}\n`;
}

function renderSuite(driver: string, results: readonly BehaviourResult[]): readonly string[] {
  const opening = attributes({ name: `conformance.${driver}`, ...counts(results) });
  return [`  <testsuite ${opening}>`, ...results.flatMap(renderCase), '  </testsuite>'];
}

function renderCase(result: BehaviourResult): readonly string[] {
  const named = attributes({
    name: result.id,
    classname: `conformance.${result.driver}`,
    file: result.source,
    time: seconds(result.durationMs),
  });
  if (result.result === 'skipped')
    return [`    <testcase ${named}><skipped message="not for this driver"/></testcase>`];
  if (result.failure === null) return [`    <testcase ${named}/>`];
  const { expected, got } = result.failure;
  const failed = attributes({ message: `expected ${expected}; got ${got}`, type: result.failure.kind });
  const lines = [result.behaviour, ...renderFailure(result.source, result.failure)].map(escapeXml).join('\n');
  return [`    <testcase ${named}>`, `      <failure ${failed}>${lines}</failure>`, '    </testcase>'];
}

function counts(results: readonly BehaviourResult[]): { readonly [name: string]: string } {
  const count = (wanted: BehaviourResult['result']) => String(results.filter(({ result }) => result === wanted).length);
  const durationMs = results.reduce((sum, result) => sum + result.durationMs, 0);
  return {
    tests: String(results.length),
    failures: count('failed'),
    skipped: count('skipped'),
    time: seconds(durationMs),
  };
}

function seconds(durationMs: number): string {
  return (durationMs / 1000).toFixed(3);
}
