/** YAML text to plain values that know where each of their parts stands. */
import { type Document, isAlias, isMap, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml';
import type { FieldPath } from './field_path.ts';

export const textBytesMax = 8 * 1024 * 1024;
/** Documents of one text; a system of 500 MAS and 10,000 policies fits. */
export const documentsMax = 20_000;
/** Times that anchors may be expanded in one document, so that a small text cannot become a huge value. */
export const aliasesMax = 100;
export const depthMax = 64;

export interface Position {
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
}

export interface YamlProblem extends Position {
  readonly code: string;
  readonly message: string;
}

export interface YamlValue {
  readonly value: unknown;
  /** Where the path stands, or the nearest part of it that is there. */
  readonly position: (path: FieldPath) => Position;
}

export interface ParsedYaml {
  readonly values: readonly YamlValue[];
  readonly problems: readonly YamlProblem[];
}

/** Parses all documents of a text; a document with a problem gives no value. */
export function parseYaml(text: string): ParsedYaml {
  const start = { line: 1, column: 1 };
  if (Buffer.byteLength(text) > textBytesMax) {
    return failed({ ...start, code: 'text_too_large', message: `larger than ${textBytesMax} bytes` });
  }
  const lines = new LineCounter();
  const documents = parseDocuments(text, lines);
  if (documents === null) return failed({ ...start, code: 'yaml_invalid', message: 'nested too deep' });
  if (documents.length > documentsMax) {
    return failed({ ...start, code: 'too_many_documents', message: `more than ${documentsMax} documents` });
  }
  const values: YamlValue[] = [];
  const problems: YamlProblem[] = [];
  for (const document of documents) {
    const found = documentProblems(document, lines);
    if (found.length > 0) {
      problems.push(...found);
      continue;
    }
    const position = (path: FieldPath) => positionOf(document, lines, path);
    const result = readValue(document);
    if ('problem' in result) problems.push({ ...position([]), ...result.problem });
    else values.push({ value: result.value, position });
  }
  return { values, problems };
}

/** True for values nested deeper than `depthMax`. */
export function tooDeep(value: unknown, depth = 0): boolean {
  if (value === null || typeof value !== 'object') return false;
  return depth >= depthMax || Object.values(value).some((member) => tooDeep(member, depth + 1));
}

function failed(problem: YamlProblem): ParsedYaml {
  return { values: [], problems: [problem] };
}

function parseDocuments(text: string, lines: LineCounter): readonly Document.Parsed[] | null {
  try {
    const parsed = parseAllDocuments(text, {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: true,
      stringKeys: true,
      version: '1.2',
    });
    return Array.isArray(parsed) ? parsed : [];
  } catch (error) {
    // The parser calls itself for each level of nesting.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function documentProblems(document: Document.Parsed, lines: LineCounter): readonly YamlProblem[] {
  return [...document.errors, ...document.warnings].map((error) => ({
    ...toPosition(lines, error.pos[0]),
    code: error.code === 'DUPLICATE_KEY' ? 'duplicate_key' : 'yaml_invalid',
    message: error.code === 'DUPLICATE_KEY' ? 'the same key twice in one map' : firstLine(error.message),
  }));
}

function readValue(document: Document.Parsed): { value: unknown } | { problem: { code: string; message: string } } {
  try {
    const value: unknown = document.toJS({ maxAliasCount: aliasesMax });
    if (tooDeep(value)) {
      return { problem: { code: 'too_deep', message: `nested deeper than ${depthMax} levels` } };
    }
    return { value };
  } catch (error) {
    // `yaml` throws these for an anchor used too often, and for one that is not there.
    const reason = error instanceof RangeError || error instanceof ReferenceError ? firstLine(error.message) : null;
    if (reason === null) throw error;
    return { problem: { code: 'alias_invalid', message: `anchors and aliases cannot be resolved: ${reason}` } };
  }
}

function positionOf(document: Document.Parsed, lines: LineCounter, path: FieldPath): Position {
  let node: unknown = document.contents;
  let offset = document.contents?.range?.[0] ?? document.range[0];
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap<Node, unknown>(node)) {
      const pair = node.items.find(({ key }) => 'value' in key && key.value === step);
      if (pair === undefined) break;
      offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq<Node>(node) && typeof step === 'number') {
      const item = node.items[step];
      if (item === undefined) break;
      offset = item.range?.[0] ?? offset;
      node = item;
    } else break;
  }
  return toPosition(lines, offset);
}

function toPosition(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

function firstLine(message: string): string {
  const [line = ''] = message.split('\n');
  return line.slice(0, 200);
}
