/** The user's words as `startSession` stored them. */
export const wordsInListMax = 280;

export function wordsOf(userInput: string): string {
  return String(JSON.parse(userInput));
}

/** What a list shows of them. */
export function clip(words: string): string {
  return words.length > wordsInListMax ? `${words.slice(0, wordsInListMax)}…` : words;
}
