/** An issue of the compiler before it is known which resource it belongs to. */
import { type Issue, resourceId } from '../crds/issue.ts';
import type { CASAPolicy, MultiAgentSystem } from '../crds/types.ts';

export interface Finding {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly path: string;
  readonly message: string;
}

export function errorAt(path: string, code: string, message: string): Finding {
  return { code, severity: 'error', path, message };
}

export function warningAt(path: string, code: string, message: string): Finding {
  return { code, severity: 'warning', path, message };
}

/** The finding as an issue of this resource. */
export function issueOf(resource: MultiAgentSystem | CASAPolicy, finding: Finding): Issue {
  return { ...finding, resource: resourceId(resource.kind, resource.metadata) };
}
