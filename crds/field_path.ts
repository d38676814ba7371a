/** Paths into a resource, as issues write them: `spec.apps[2].type`. */

export type FieldPath = readonly (string | number)[];

export function renderPath(path: FieldPath): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    if (!/^[\w$-]{1,128}$/.test(step)) return `${text}[${JSON.stringify(step.slice(0, 80))}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}

/** The inverse of `renderPath` as far as steps were not cut. */
export function parsePath(text: string): FieldPath {
  return [...text.matchAll(/\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|([\w$-]+)/g)].map(([, index, quoted, name]) => {
    if (index !== undefined) return Number(index);
    return quoted !== undefined ? String(JSON.parse(quoted)) : String(name);
  });
}

/** A JSON pointer of ajv, whose numbers are list indexes where the value has a list. */
export function pathOfPointer(pointer: string, value: unknown): FieldPath {
  const path: (string | number)[] = [];
  let at = value;
  for (const raw of pointer.split('/').slice(1)) {
    const step = raw.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(Array.isArray(at) ? Number(step) : step);
    at = at !== null && typeof at === 'object' ? Reflect.get(at, step) : undefined;
  }
  return path;
}
