/** User text inside messages: bounded, and harmless in a terminal. */
import { closest, distance } from 'fastest-levenshtein';

/** Characters of user text that a message shows. */
export const quotedLengthMax = 80;
/** Longest text that is compared for a hint: the distance costs the square. */
const comparedLengthMax = 256;

/** The text in backticks, cut to `quotedLengthMax`, with control and direction characters spelt out. */
export function quote(text: string): string {
  const cut = text.length > quotedLengthMax ? `${text.slice(0, quotedLengthMax)}...` : text;
  const spelt = cut.replaceAll(/[\p{C}\p{Z}`]/gu, (character) =>
    character === ' ' ? character : `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
  return `\`${spelt}\``;
}

/** ` (did you mean ...?)` when one of the names is near, else nothing. */
export function hint(text: string, names: readonly string[]): string {
  if (names.length === 0 || text.length > comparedLengthMax) return '';
  const nearest = closest(text, names);
  const far = distance(text.toLowerCase(), nearest.toLowerCase()) > Math.max(2, Math.floor(nearest.length / 3));
  return far ? '' : ` (did you mean ${quote(nearest)}?)`;
}
