/** Prints issues: one line each on stdout, how many on stderr. */
import type { Issue } from '../crds/issue.ts';
import { countIssues, renderIssue } from '../crds/render_issue.ts';
import type { Terminal } from './command_line.ts';
import { type ExitCode, exitCodes } from './exit_codes.ts';

/** With `json`, all issues as one JSON object. Warnings wait until the errors are gone: what is broken warns of much that is not so. */
export function showIssues(issues: readonly Issue[], terminal: Terminal, json?: true): ExitCode {
  const isSound = issues.every(({ severity }) => severity !== 'error');
  if (json === true) {
    terminal.stdout(`${JSON.stringify({ issues }, null, 2)}\n`);
    return isSound ? exitCodes.ok : exitCodes.issues;
  }
  const errors = issues.filter(({ severity }) => severity === 'error');
  const shown = errors.length > 0 ? errors : issues;
  for (const issue of shown) terminal.stdout(`${renderIssue(issue)}\n`);
  if (issues.length > 0) {
    const waiting = shown.length < issues.length ? ' (warnings are shown once the errors are gone)' : '';
    terminal.stderr(`${countIssues(issues)}${waiting}\n`);
  }
  return isSound ? exitCodes.ok : exitCodes.issues;
}
