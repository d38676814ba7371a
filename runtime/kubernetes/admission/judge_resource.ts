/** The verdict of `casa lint` on one changed resource, among those that are known. Pure. */
import { compile } from '../../../compiler/compile.ts';
import type { Issue } from '../../../crds/issue.ts';
import { sortIssues } from '../../../crds/issue.ts';
import { loadValues } from '../../../crds/load.ts';
import { countIssues, renderIssue } from '../../../crds/render_issue.ts';
import { type CustomResource, resourceOf } from '../reconcile/custom_resource.ts';

export interface AdmissionVerdict {
  readonly allowed: boolean;
  readonly message: string;
  readonly warnings: readonly string[];
}

/**
 * INVARIANT (deny by default): a change is refused for every error in the resource itself, and for every one that it makes
 * in another. Mistakes that were there before, elsewhere, do not keep a user from mending this one.
 */
export function judgeResource(changed: CustomResource, known: readonly CustomResource[]): AdmissionVerdict {
  const alive = known.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const name = resourceOf(changed);
  const before = new Set(lint(alive).map(renderIssue));
  const after = lint([...alive.filter((resource) => resourceOf(resource) !== name), changed]);
  const about = after.filter((issue) => issue.resource === name || !before.has(renderIssue(issue)));
  const errors = about.filter(({ severity }) => severity === 'error');
  const warnings = about.filter(({ severity }) => severity === 'warning').map(renderIssue);
  if (errors.length === 0) return { allowed: true, message: '', warnings };
  return { allowed: false, message: [countIssues(errors), ...errors.map(renderIssue)].join('\n'), warnings: [] };
}

function lint(resources: readonly CustomResource[]): readonly Issue[] {
  const loaded = loadValues(
    resources.map(({ apiVersion, kind, metadata: { name, namespace }, spec }) => ({
      apiVersion,
      kind,
      metadata: { name, namespace },
      spec,
    })),
  );
  return sortIssues([...loaded.issues, ...compile(loaded).issues]);
}
