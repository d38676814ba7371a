import { CasaError } from '../../policies/errors.ts';
import type { SelectionFact } from '../../policies/trace.ts';
import { paths, type SelectionsRequest } from '../../policies/wire.ts';
import type { CheckParts } from '../check/parts.ts';
import { llmAnswerBytesMax, selectionsDeadlineMs } from '../limits.ts';
import { isJsonObject, parseStrictJson } from '../protocols/strict_json.ts';
import type { LlmCall } from '../sessions/llm_calls.ts';
import { type AnswerReader, type ReadToolCall, UnreadableAnswer } from './answer_reader.ts';
import type { AnswerDecoder } from './decode_answer.ts';
import { mapToolName } from './tool_names.ts';

/** How the bytes of one answer become tool calls. */
export interface AnswerReading {
  readonly reader: AnswerReader;
  readonly decoder: AnswerDecoder;
}

/** One LLM answer on its way to the agent: each chunk may pass once what it completes is stored by the runtime. */
export class AnswerRecorder {
  readonly #parts: CheckParts;
  readonly #call: LlmCall;
  readonly #reader: AnswerReader;
  readonly #decoder: AnswerDecoder;
  readonly #selections: SelectionFact[] = [];
  #bytes = 0;
  #acknowledged = 0;

  constructor(parts: CheckParts, call: LlmCall, { reader, decoder }: AnswerReading) {
    this.#parts = parts;
    this.#call = call;
    this.#reader = reader;
    this.#decoder = decoder;
  }

  /** Selections that were acknowledged; null when the answer was never read to an end. */
  get selections(): readonly SelectionFact[] | null {
    return this.#acknowledged === 0 ? null : this.#selections;
  }

  /** The answer is over, or was broken off. */
  close(): void {
    this.#decoder.close();
  }

  /** Resolves when the chunk may pass; rejects when the answer must be cut. */
  async take(chunk: Uint8Array, last: boolean): Promise<void> {
    this.#bytes += chunk.length;
    if (this.#bytes > llmAnswerBytesMax) throw new UnreadableAnswer('the answer is larger than is read');
    const { calls, completes } = this.#reader.push(await this.#decoder.push(chunk, last), last);
    if (calls.length === 0 && (!completes || this.#acknowledged > 0)) return;
    await this.#acknowledge(calls.map((call, index) => this.#selection(call, this.#selections.length + index)));
  }

  async #acknowledge(selections: readonly SelectionFact[]): Promise<void> {
    const { config, runtime, sessions } = this.#parts;
    const { llmCallId, sessionId } = this.#call;
    // One id an acknowledged part: the runtime takes an id once.
    const part = this.#acknowledged === 0 ? llmCallId : `${llmCallId}.${this.#acknowledged}`;
    const body: SelectionsRequest = {
      mas: config.mas,
      app: config.app,
      session_id: sessionId,
      llm_call_id: part,
      selections,
    };
    const status = await runtime.postJson(paths.selections, body, AbortSignal.timeout(selectionsDeadlineMs));
    // INVARIANT (deny by default): what is not stored does not reach the agent.
    if (status !== 200) throw new CasaError('runtime_unavailable', `selections were answered ${status}`);
    this.#acknowledged += 1;
    this.#selections.push(...selections);
    sessions.recordSelections(sessionId, selections);
    const answerId = this.#reader.answerId();
    if (answerId !== null) sessions.recordAnswer(sessionId, answerId);
  }

  #selection(call: ReadToolCall, index: number): SelectionFact {
    const policy = this.#parts.policy();
    const text = call.argumentsText.trim();
    const value = text === '' ? {} : parseStrictJson(Buffer.from(text))?.value;
    const readable = isJsonObject(value);
    const tool =
      policy === null || !readable ? null : mapToolName(policy, this.#parts.config.app, this.#call.offered, call.name);
    return {
      id: call.id === '' ? `${this.#call.llmCallId}:${index}` : call.id,
      tool,
      llm_name: call.name,
      arguments: readable ? value : {},
    };
  }
}
