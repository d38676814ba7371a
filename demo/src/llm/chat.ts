/** The part of OpenAI's Chat Completions that this server reads. */
export interface ChatRequest {
  readonly model: string;
  readonly stream: boolean;
  readonly messages: readonly Message[];
  readonly tools: readonly OfferedTool[];
}

export interface Message {
  readonly role: string;
  readonly content: string;
  readonly toolCalls: readonly { readonly id: string; readonly tool: string; readonly arguments: string }[];
  /** Of a tool message: the call it answers. */
  readonly toolCallId: string | null;
}

export interface OfferedTool {
  readonly name: string;
  readonly properties: { readonly [name: string]: OfferedProperty };
  readonly required: readonly string[];
}

export interface OfferedProperty {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
}

type Fields = { readonly [name: string]: unknown };

/** The request that a body holds, or null when it is none. */
export function parseChatRequest(body: unknown): ChatRequest | null {
  const { model, stream, messages, tools } = fields(body);
  if (!Array.isArray(messages) || messages.length === 0) return null;
  return {
    model: string(model) || 'scripted',
    stream: stream === true,
    messages: messages.map(parseMessage),
    tools: Array.isArray(tools) ? tools.map(parseTool) : [],
  };
}

function parseMessage(value: unknown): Message {
  const message = fields(value);
  const calls = Array.isArray(message.tool_calls) ? message.tool_calls : [];
  return {
    role: string(message.role),
    content: Array.isArray(message.content)
      ? message.content.map((part) => string(fields(part).text)).join('\n')
      : string(message.content),
    toolCalls: calls.map((call) => {
      const { name, arguments: args } = fields(fields(call).function);
      return { id: string(fields(call).id), tool: string(name), arguments: string(args) };
    }),
    toolCallId: typeof message.tool_call_id === 'string' ? message.tool_call_id : null,
  };
}

function parseTool(value: unknown): OfferedTool {
  const { name, parameters } = fields(fields(value).function);
  const { properties, required } = fields(parameters);
  return {
    name: string(name),
    properties: Object.fromEntries(Object.entries(fields(properties)).map(([key, schema]) => [key, fields(schema)])),
    required: Array.isArray(required) ? required.map(string) : [],
  };
}

function fields(value: unknown): Fields {
  // any object can be read by name; what is found stays unknown
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function string(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
