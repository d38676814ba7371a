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

/**
 * One prompt from end to end: ask the LLM, call the tools it selects (those of one answer side by side), tell it the results,
 * until it answers.
 */
export async function chat(prompt: string, conduct: Conduct, askLlm: AskLlm, tools: Tools): Promise<ChatAnswer> {
  const toolCalls: ToolCall[] = [];
  for (const request of conduct.before) toolCalls.push((await tools.call(request)).call);
  const answer = await converse(prompt, conduct, askLlm, tools, (call) => toolCalls.push(call));
  for (const request of conduct.after) toolCalls.push((await tools.call(request)).call);
  return { answer, toolCalls };
}

async function converse(
  prompt: string,
  conduct: Conduct,
  askLlm: AskLlm,
  tools: Tools,
  called: (call: ToolCall) => void,
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
    const answers = await Promise.all(selected.map((toolCall) => carryOut(toolCall, conduct, tools)));
    for (const { toolCallId, answer } of answers) {
      if (answer !== null) called(answer.call);
      const content = answer?.text ?? 'the arguments are no JSON object';
      messages.push({ role: 'tool', tool_call_id: toolCallId, content });
    }
  }
  return 'I could not finish this.';
}

async function carryOut(
  toolCall: ChatCompletionMessageFunctionToolCall,
  conduct: Conduct,
  tools: Tools,
): Promise<{ readonly toolCallId: string; readonly answer: ToolAnswer | null }> {
  const { name, arguments: text } = toolCall.function;
  const args = parseArguments(text);
  const answer = args === null ? null : await tools.call(conduct.alter({ tool: name, arguments: args }));
  return { toolCallId: toolCall.id, answer };
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
