/**
 * Text of others, so that nothing in it is unseen: characters that have no glyph, or that turn the reading direction, are
 * written as their code.
 */
export function readable(text: string): string {
  return text.replace(unseen, (character) =>
    character === '\n' || character === '\t' ? character : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

// Control characters but tab and line feed, soft hyphen, zero-width and direction marks, byte order mark, tags.
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029]/gu;
