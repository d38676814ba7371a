/** Issues as lines for people and for editors. */
import type { Issue } from './issue.ts';

/** `file:line:column: error: resource: path: message (hint)`; what is not known is left out. */
export function renderIssue({ source, line, column, severity, resource, path, message }: Issue): string {
  const place = [source, line, column].filter((part) => part !== undefined).join(':');
  return [place, severity, resource, path, message].filter((part) => part !== '').join(': ');
}

/** `5 errors, 1 warning` */
export function countIssues(issues: readonly Issue[]): string {
  const errors = issues.filter(({ severity }) => severity === 'error').length;
  return `${plural(errors, 'error')}, ${plural(issues.length - errors, 'warning')}`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
