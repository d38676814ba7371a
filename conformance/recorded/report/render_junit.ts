import { attributes } from '../../report/xml.ts';
import { renderShare } from './rates.ts';
import type { ReplayReport } from './tally.ts';

/**
 * JUnit XML as CI systems read it: what could not be read or replayed fails; what the labels say of the decisions is told
 * in the names, and gates nothing.
 */
export function renderReplayJunit({ suites, unread, notReplayed }: ReplayReport): string {
  const cases = [
    renderCase('every line is read', unread.lines, `${unread.lines} lines not read`),
    renderCase('every run is replayed', notReplayed.runs, `${notReplayed.runs} runs not replayed`),
    ...suites.map(({ suite, calls, allowed, denied }) => {
      const benign = renderShare(denied.benign, allowed.benign + denied.benign);
      const injected = renderShare(denied.injected, allowed.injected + denied.injected);
      return renderCase(`${suite}: ${calls} calls, benign denied ${benign}, injected denied ${injected}`, 0, '');
    }),
  ];
  const failures = [unread.lines, notReplayed.runs].filter((count) => count > 0).length;
  const counts = { tests: String(cases.length), failures: String(failures), skipped: '0' };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${attributes({ name: 'conformance', ...counts })}>`,
    `  <testsuite ${attributes({ name: 'conformance.recorded', ...counts })}>`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function renderCase(name: string, failed: number, message: string): string {
  const named = attributes({ name, classname: 'conformance.recorded' });
  if (failed === 0) return `    <testcase ${named}/>`;
  return `    <testcase ${named}><failure ${attributes({ message })}/></testcase>`;
}
