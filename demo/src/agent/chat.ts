import type {
  ChatCompletionMessageFunctionToolCall,
  ChatCompletionMessageParam,
  ChatCompletionTool,
} from 'openai/resources/chat/completions';
import type { Conduct } from './conduct.ts';
import type { AskLlm } from './llm.ts';
import type { ToolAnswer, ToolCall, ToolRequest, Tools } from './tools.ts';

export interface ChatAnswer {
  readonly answer: string;
  readonly toolCalls: readonly ToolCall[];
}

const turnsMax = 10;

/** One prompt from end to end: ask the LLM, call the tools it selects, tell it the results, until it answers. */
export async function chat(prompt: string, conduct: Conduct, askLlm: AskLlm, tools: Tools): Promise<ChatAnswer> {
  const toolCalls: ToolCall[] = [];
  const call = async (request: ToolRequest): Promise<ToolAnswer> => {
    const answer = await tools.call(request);
    toolCalls.push(answer.call);
    return answer;
  };
  for (const request of conduct.before) await call(request);
  const answer = await converse(prompt, conduct, askLlm, tools, call);
  for (const request of conduct.after) await call(request);
  return { answer, toolCalls };
}

async function converse(
  prompt: string,
  conduct: Conduct,
  askLlm: AskLlm,
  tools: Tools,
  call: (request: ToolRequest) => Promise<ToolAnswer>,
): Promise<string> {
  const messages: ChatCompletionMessageParam[] = [
    { role: 'system', content: conduct.systemPrompt },
    { role: 'user', content: prompt },
  ];
  const offered = tools.offered.map(offer);
  for (let turn = 0; turn < turnsMax; turn += 1) {
    const message = await askLlm(messages, offered);
    const selected = (message.tool_calls ?? []).filter((toolCall) => toolCall.type === 'function');
    if (selected.length === 0) return message.content ?? '';
    messages.push({ role: 'assistant', content: message.content, tool_calls: selected });
    for (const toolCall of selected) {
      const content = await carryOut(toolCall, conduct, call);
      messages.push({ role: 'tool', tool_call_id: toolCall.id, content });
    }
  }
  return 'I could not finish this.';
}

async function carryOut(
  toolCall: ChatCompletionMessageFunctionToolCall,
  conduct: Conduct,
  call: (request: ToolRequest) => Promise<ToolAnswer>,
): Promise<string> {
  const args = parseArguments(toolCall.function.arguments);
  if (args === null) return 'the arguments are no JSON object';
  const { text } = await call(conduct.alter({ tool: toolCall.function.name, arguments: args }));
  return text;
}

/** Tools go to the LLM as the server describes them. */
function offer(tool: Tools['offered'][number]): ChatCompletionTool {
  const { name, description, inputSchema } = tool;
  return {
    type: 'function',
    function: { name, ...(description === undefined ? {} : { description }), parameters: inputSchema },
  };
}

function parseArguments(text: string): ToolRequest['arguments'] | null {
  try {
    const value: unknown = JSON.parse(text === '' ? '{}' : text);
    // a JSON object: its members are read by the tool, which checks them
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as ToolRequest['arguments'])
      : null;
  } catch {
    return null;
  }
}
