const amountPattern = /(\d+(?:\.\d{1,2})?)\s*(?:eur|usd|gbp|chf|euros?|dollars?|€|\$)(?![a-z])/i;

/** The first amount of money in a text. */
export function amountIn(text: string): number | null {
  const match = amountPattern.exec(text);
  return match === null ? null : Number(match[1]);
}

/** The first day in a text, as YYYY-MM-DD. */
export function dateIn(text: string): string | null {
  return /\b\d{4}-\d{2}-\d{2}\b/.exec(text)?.[0] ?? null;
}

/** What stands in quotes, else what follows `for`. */
export function subjectIn(text: string): string | null {
  return /["“']([^"”']+)["”']/.exec(text)?.[1] ?? /\bfor ([\w ]+)/i.exec(text)?.[1]?.trim() ?? null;
}

/** All ids of a kind (`ACC`) in a text, each once. */
export function idsIn(text: string, kind: string): readonly string[] {
  return [...new Set(text.match(new RegExp(`\\b${kind}-\\d+\\b`, 'g')) ?? [])];
}

/** Which of the words stand in the text, in the text's order. */
export function choicesIn(text: string, choices: readonly unknown[]): readonly string[] {
  return text.split(/[^A-Za-z0-9]+/).filter((word) => choices.includes(word));
}

/** How many readings a text asks for: "take 20 readings"; 1 when it says nothing. */
export function readingsIn(text: string): number {
  const count = Number(/\b(\d{1,3}) readings\b/.exec(text)?.[1] ?? 1);
  return Math.min(Math.max(count, 1), 100);
}

const simple: { readonly [property: string]: RegExp } = {
  email: /[\w.+-]+@[\w.-]+\w/,
  phone: /\+[\d ]{5,18}\d/,
  iban: /\b[A-Z]{2}\d{2}[A-Z0-9]{11,30}\b/,
};

/** The value in a text for a property known by its name, such as `email`. */
export function namedIn(text: string, property: string): string | null {
  return simple[property]?.exec(text)?.[0] ?? null;
}
