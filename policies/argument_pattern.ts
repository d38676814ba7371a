/** Regular expressions that Go's RE2, the RE2 in OPA's WASM and JavaScript read alike: a small anchored subset. */

/** Longest pattern, in characters. */
export const patternLengthMax = 256;
/** Largest number in a `{n,m}` repetition. */
export const patternRepeatMax = 100;

const atom = String.raw`(?:[A-Za-z0-9 _\-/:,@#%&=~!<>"';.]|\\[dwsDWS]|\\[.\\+*?()|[\]{}^$/\-]|\[\^?(?:[A-Za-z0-9 _/:,@#%&=~!<>"';.+*?()|{}$]|\\[dws\\\]\[^\-.]|[A-Za-z0-9]-[A-Za-z0-9])+-?\])`;
const quantifier = String.raw`(?:[*+?]|\{\d{1,3}(?:,\d{0,3})?\})?`;
const flat = new RegExp(`^(?:${atom}${quantifier})*$`);
const innermostGroup = /\((?:\?:)?([^()]*)\)/;

/**
 * Says what is wrong with a pattern, or null. Allowed: `^` first and `$` last; between them printable ASCII, `.`, classes
 * such as `[a-z0-9]`, `\d \w \s` and their capitals, escaped punctuation, groups with `|` inside, and `* + ? {n,m}`.
 */
export function patternProblem(pattern: string): string | null {
  if (pattern.length > patternLengthMax) return `longer than ${patternLengthMax} characters`;
  if (!/^\^[\s\S]*\$$/.test(pattern) || pattern.endsWith('\\$'))
    return 'not anchored: it must begin with `^` and end with `$`';
  for (const [, digits] of pattern.matchAll(/[{,](\d+)/g)) {
    if (Number(digits) > patternRepeatMax) return `repeats more than ${patternRepeatMax} times`;
  }
  return flatProblem(pattern.slice(1, -1));
}

/** Replaces groups by a plain letter from the inside out, so that a flat grammar judges every level. */
function flatProblem(body: string): string | null {
  // Escaped parentheses and those in classes are no groups.
  let rest = body.replaceAll(/\\[()]/g, '\\.').replaceAll(/\[[^\]]*\]/g, (set) => set.replaceAll(/[()]/g, 'x'));
  for (let group = innermostGroup.exec(rest); group !== null; group = innermostGroup.exec(rest)) {
    if (!(group[1] ?? '').split('|').every((branch) => flat.test(branch))) return 'outside the supported subset of RE2';
    rest = `${rest.slice(0, group.index)}x${rest.slice(group.index + group[0].length)}`;
  }
  if (!flat.test(rest)) return 'outside the supported subset of RE2, or `|` outside a group';
  return null;
}
