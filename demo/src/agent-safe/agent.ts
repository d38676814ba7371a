import { chat } from '../agent/chat.ts';
import { honest } from '../agent/conduct.ts';
import { connectLlm, type LlmOptions } from '../agent/llm.ts';
import { parsePrompt, type Routes } from '../agent/server.ts';
import { Tools } from '../agent/tools.ts';

export const name = 'casa-demo-agent';

/** The agent that does what it is asked. */
export function safeRoutes(mcpUrl: string, llm: LlmOptions): Routes {
  const askLlm = connectLlm(llm);
  return {
    '/chat': async (body) => {
      const prompt = parsePrompt(body);
      const tools = await Tools.connect(name, mcpUrl);
      try {
        return await chat(prompt, honest, askLlm, tools);
      } finally {
        await tools.close();
      }
    },
  };
}
