/** The JSON documents of a recording: one a line, a list on a line, or one document over the whole file. */
import { type Line, readLines } from '../recorded/read/read_lines.ts';

/** Longest document over several lines, in characters. */
export const documentLengthMax = 64 * 1024 * 1024;

export type ReadDocument =
  | { readonly kind: 'document'; readonly line: number; readonly value: unknown }
  | { readonly kind: 'problem'; readonly line: number; readonly why: string };

/** Never throws for what is in the file. The items of a list are documents of their own. */
export async function readDocuments(file: string): Promise<readonly ReadDocument[]> {
  const lines: Line[] = [];
  for await (const line of readLines(file)) {
    if (line.kind === 'problem' || line.text.trim() !== '') lines.push(line);
  }
  const [first] = lines;
  // A document that was written for people begins with a line that is none.
  const spread = first?.kind === 'line' && parse(first.text) === undefined ? wholeOf(lines) : null;
  if (spread !== null) return spread;
  return lines.flatMap((line): readonly ReadDocument[] => {
    if (line.kind === 'problem') return [{ kind: 'problem', line: line.number, why: line.why }];
    const value = parse(line.text);
    return value === undefined ? [{ kind: 'problem', line: line.number, why: 'no JSON' }] : items(line.number, value);
  });
}

function wholeOf(lines: readonly Line[]): readonly ReadDocument[] | null {
  const texts = lines.flatMap((line) => (line.kind === 'line' ? [line.text] : []));
  const length = texts.reduce((total, text) => total + text.length + 1, 0);
  const value = texts.length === lines.length && length <= documentLengthMax ? parse(texts.join('\n')) : undefined;
  return value === undefined ? null : items(1, value);
}

function items(line: number, value: unknown): readonly ReadDocument[] {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  return all.map((one) => ({ kind: 'document', line, value: one }));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
