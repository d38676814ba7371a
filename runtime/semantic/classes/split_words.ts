/** Text to words, as the class rules read it. */

/** Words of a prompt or description that are looked at; what a user says after that asks for nothing. */
export const promptWordsMax = 2_000;
/** Stands between two clauses. */
export const clauseEnd = '.';

/** Lower-case words with `clauseEnd` at every end of a clause, so that a verb's place in its clause can be seen. */
export function promptWords(text: string): readonly string[] {
  const tokens =
    text
      .normalize('NFKC')
      .toLowerCase()
      .replaceAll('’', "'")
      .match(/[\p{L}\p{N}][\p{L}\p{N}'_-]*|[.,;:!?()\n"“”[\]–—•*-]+|[€$£¥]/gu) ?? [];
  return tokens.slice(0, promptWordsMax).map((token) => (/^[\p{L}\p{N}€$£¥]/u.test(token) ? token : clauseEnd));
}

/** The words in an identifier: `getUserInfo`, `get_user_info` and `users/get-info` alike. */
export function nameWords(name: string): readonly string[] {
  return (
    name
      .normalize('NFKC')
      .replaceAll(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1 $2')
      .replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  );
}

/** What a word may be a form of, itself first: `sends` and `sending` of `send`, `cancelled` of `cancel`. */
export function baseForms(word: string): readonly string[] {
  const stem = /^(?<stem>.{2,}?)(?:ies|ied|es|s|ed|ing)$/.exec(word)?.groups?.stem;
  if (stem === undefined) return [word];
  const y = /(?:ies|ied)$/.test(word) ? [`${stem}y`] : [];
  const single = /(.)\1$/.test(stem) ? [stem.slice(0, -1)] : [];
  const cut = word.replace(/s$/, '');
  return [word, ...y, cut, stem, `${stem}e`, ...single];
}
