/** A text that a pattern of the subset of `policies/argument_pattern.ts` takes; where it is no such text, none is found. */
export function exampleText(pattern: string): string | null {
  const text = alternative(pattern.replace(/^\^/, '').replace(/\$$/, ''));
  return new RegExp(pattern, 'u').test(text) ? text : null;
}

/** The shortest way through, the first of alternatives. */
function alternative(pattern: string): string {
  let rest = pattern;
  let text = '';
  while (rest !== '') {
    const { atom, length } = firstAtom(rest);
    rest = rest.slice(length);
    const [quantifier = ''] = /^(?:[*+?]|\{\d+(?:,\d*)?\})/.exec(rest) ?? [];
    rest = rest.slice(quantifier.length);
    text += atom.repeat(timesOf(quantifier));
  }
  return text;
}

function timesOf(quantifier: string): number {
  if (quantifier === '*' || quantifier === '?') return 0;
  return quantifier.startsWith('{') ? Number.parseInt(quantifier.slice(1), 10) : 1;
}

function firstAtom(pattern: string): { readonly atom: string; readonly length: number } {
  const [set] = /^\[[^\]]*\]/.exec(pattern) ?? [];
  if (set !== undefined) return { atom: memberOfSet(set), length: set.length };
  const [group] = /^\([^()]*\)/.exec(pattern) ?? [];
  if (group !== undefined) {
    const [first = ''] = group.slice(1, -1).replace(/^\?:/, '').split('|');
    return { atom: alternative(first), length: group.length };
  }
  if (pattern.startsWith('\\')) return { atom: escaped(pattern[1] ?? ''), length: 2 };
  return { atom: pattern.startsWith('.') ? 'a' : pattern.slice(0, 1), length: 1 };
}

function memberOfSet(set: string): string {
  const inside = new RegExp(set, 'u');
  return [...'a0A-_. @/%'].find((character) => inside.test(character)) ?? set.slice(1, 2);
}

function escaped(letter: string): string {
  return { d: '0', w: 'a', s: ' ', D: 'a', W: ' ', S: 'a' }[letter] ?? letter;
}
