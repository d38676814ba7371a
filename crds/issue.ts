/** Issues: what is wrong in a manifest. Values, collected, sorted, all at once (DESIGN 2). */

export interface Issue {
  /** Stable, `snake_case`: `unknown_field`, `unknown_app`, ... */
  readonly code: string;
  /** An error keeps the MAS concerned from being compiled; a warning does not. */
  readonly severity: 'error' | 'warning';
  /** `casapolicy/NAMESPACE/NAME`; empty where no resource could be read. */
  readonly resource: string;
  /** `spec.apps[2].type`; empty for the whole resource. */
  readonly path: string;
  /** Lower case, no full stop, user text in backticks, a hint at the end in parentheses. */
  readonly message: string;
  readonly source?: string;
  /** From 1, as editors count. */
  readonly line?: number;
  readonly column?: number;
}

/** How an issue names a resource. */
export function resourceId(kind: string, metadata: { readonly namespace: string; readonly name: string }): string {
  return `${kind.toLowerCase()}/${metadata.namespace}/${metadata.name}`;
}

/** By file and place, then by resource, path and words, so that the order of the input never shows. */
export function sortIssues(issues: readonly Issue[]): readonly Issue[] {
  return [...issues].sort(
    (a, b) =>
      compareText(a.source ?? '', b.source ?? '') ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0) ||
      compareText(a.resource, b.resource) ||
      compareText(a.path, b.path) ||
      compareText(a.code, b.code) ||
      compareText(a.message, b.message),
  );
}

/** Order by UTF-16 code units, whatever the machine's language. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
