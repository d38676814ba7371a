/** Spans of the OpenTelemetry GenAI and MCP conventions to runs: one for each conversation, or else for each trace. */
import type { JsonObject, JsonValue } from '../../policies/contract.ts';
import { type Imported, type ImportedCall, type ImportedRun, isObject, suiteName, textOf } from './imported.ts';
import { type OtelSpan, readSpans } from './otel_spans.ts';
import type { ReadDocument } from './read_documents.ts';

const llmOperations: ReadonlySet<unknown> = new Set(['chat', 'generate_content', 'text_completion', 'invoke_agent']);

/** `execute_tool` spans and MCP `tools/call` spans are calls; a call that both sides or both layers recorded is one. */
export function importOtel(documents: readonly ReadDocument[]): Imported {
  const read = readSpans(documents);
  const spans = read.flatMap((one) => (one.kind === 'span' ? [one.span] : []));
  const passedOver = new Map<string, number>();
  const passOver = (what: string) => passedOver.set(what, (passedOver.get(what) ?? 0) + 1);
  const unread = read.flatMap((one) => (one.kind === 'problem' ? [{ line: one.line, why: one.why }] : []));
  const runs = new Map<string, { calls: OtelSpan[]; asked: OtelSpan[] }>();
  const known = knownCalls(spans);
  for (const span of spans.toSorted((a, b) => (a.startNs < b.startNs ? -1 : Number(a.startNs > b.startNs)))) {
    const operation = span.attributes.get('gen_ai.operation.name');
    const isLlm = llmOperations.has(operation);
    if (!isLlm && !isCall(span)) passOver(`span of no tool call (${textOf(operation) ?? 'no GenAI operation'})`);
    else if (!isLlm && known.isRepeated(span)) passOver('span of a call that another span records');
    else if (!isLlm && toolOf(span) === null)
      unread.push({ line: span.line, why: 'a tool call without `gen_ai.tool.name`' });
    else {
      const id = textOf(span.attributes.get('gen_ai.conversation.id')) ?? span.traceId;
      const run = runs.get(id) ?? { calls: [], asked: [] };
      runs.set(id, run);
      (isLlm ? run.asked : run.calls).push(span);
      if (isLlm) passOver(`span of no tool call (${String(operation)})`);
    }
  }
  return {
    runs: [...runs]
      .filter(([, { calls }]) => calls.length > 0)
      .map(([id, { calls, asked }]) => runOf(id, calls, asked)),
    unread,
    passedOver: Object.fromEntries(passedOver),
  };
}

function isCall({ attributes }: OtelSpan): boolean {
  return (
    attributes.get('gen_ai.operation.name') === 'execute_tool' || attributes.get('mcp.method.name') === 'tools/call'
  );
}

/** CASA's own spans name the server; others only the tool. */
function toolOf({ attributes }: OtelSpan): string | null {
  const tool = textOf(attributes.get('gen_ai.tool.name'));
  const server = textOf(attributes.get('casa.callee'));
  return tool === null || tool === '' || server === null ? tool || null : `${server}/${tool}`;
}

/** A tool span within one of the same tool, or at the server of one that the caller recorded, is the same call. */
function knownCalls(spans: readonly OtelSpan[]): { readonly isRepeated: (span: OtelSpan) => boolean } {
  const byId = new Map(spans.map((span) => [`${span.traceId} ${span.spanId}`, span]));
  const key = (span: OtelSpan) => `${span.traceId} ${span.attributes.get('gen_ai.tool.name')}`;
  const callers = new Set(spans.filter((span) => isCall(span) && !span.isServer).map(key));
  const isWithin = (span: OtelSpan): boolean => {
    const seen = new Set<string>();
    let at = byId.get(`${span.traceId} ${span.parentSpanId}`);
    while (at !== undefined && !seen.has(at.spanId)) {
      if (isCall(at) && key(at) === key(span)) return true;
      seen.add(at.spanId);
      at = byId.get(`${at.traceId} ${at.parentSpanId}`);
    }
    return false;
  };
  return { isRepeated: (span) => isWithin(span) || (span.isServer && callers.has(key(span))) };
}

function runOf(id: string, calls: readonly OtelSpan[], asked: readonly OtelSpan[]): ImportedRun {
  const said = asked.map((span) => ({ span, text: lastUserText(span) }));
  const prompt = said.find(({ text }) => text !== null)?.text ?? '';
  let latest = prompt;
  const turns = said.flatMap(({ span, text }) => {
    if (text === null || text === latest) return [];
    latest = text;
    return [{ beforeCall: calls.filter(({ startNs }) => startNs < span.startNs).length, text }];
  });
  return {
    id,
    source: 'otel',
    suite: suiteName(calls[0]?.service ?? ''),
    prompt,
    turns,
    tools: toolsOf(calls, asked),
    calls: calls.map((span, index) => callOf(span, stepOf(span, index, asked))),
  };
}

/** The answers before a call are its step: those of one answer were chosen together. Without any, each is its own. */
function stepOf(call: OtelSpan, index: number, asked: readonly OtelSpan[]): number {
  const answers = asked.filter(({ attributes }) => attributes.get('gen_ai.operation.name') !== 'invoke_agent');
  return answers.length === 0 ? index : answers.filter(({ startNs }) => startNs < call.startNs).length;
}

function callOf(span: OtelSpan, step: number): ImportedCall {
  const { attributes } = span;
  const given = structured(attributes.get('gen_ai.tool.call.arguments'));
  const result = attributes.get('gen_ai.tool.call.result');
  return {
    step,
    tool: toolOf(span) ?? '',
    arguments: isObject(given) ? (given as JsonObject) : null, // `as`: made of JSON
    result: result === undefined || result === null ? null : (textOf(result) ?? JSON.stringify(result)),
    error: textOf(attributes.get('error.type')),
  };
}

function toolsOf(calls: readonly OtelSpan[], asked: readonly OtelSpan[]): ImportedRun['tools'] {
  const tools = new Map<string, ImportedRun['tools'][number]>();
  const offered = [...asked, ...calls].flatMap(({ attributes }) => {
    const definitions = structured(attributes.get('gen_ai.tool.definitions'));
    return Array.isArray(definitions) ? (definitions as readonly unknown[]).filter(isObject) : [];
  });
  const add = (name: string, description: unknown, schema: unknown) => {
    if (name === '' || tools.has(name)) return;
    const inputSchema = isObject(schema) ? (schema as JsonObject) : { type: 'object' }; // `as`: made of JSON
    tools.set(name, { name, description: textOf(description) ?? '', inputSchema });
  };
  for (const { name, description, parameters } of offered) add(textOf(name) ?? '', description, parameters);
  for (const span of calls) add(toolOf(span) ?? '', span.attributes.get('gen_ai.tool.description'), null);
  return [...tools.values()];
}

/** The text of the user's latest message, in `gen_ai.input.messages`. */
function lastUserText({ attributes }: OtelSpan): string | null {
  const messages = structured(attributes.get('gen_ai.input.messages'));
  if (!Array.isArray(messages)) return null;
  const user = (messages as readonly unknown[]).filter(isObject).findLast(({ role }) => role === 'user');
  if (user === undefined || !Array.isArray(user.parts)) return null;
  const texts = user.parts.filter(isObject).flatMap(({ type, content }) => (type === 'text' ? [textOf(content)] : []));
  return texts.filter((text) => text !== null).join('\n') || null;
}

/** Structured values may come as JSON text, where a span cannot hold them. */
function structured(value: JsonValue | undefined): JsonValue {
  if (typeof value !== 'string') return value ?? null;
  try {
    return JSON.parse(value);
  } catch {
    return null;
  }
}
