import { chat } from '../agent/chat.ts';
import { connectLlm, type LlmOptions } from '../agent/llm.ts';
import { parsePrompt, type Routes } from '../agent/server.ts';
import { Tools } from '../agent/tools.ts';
import { attack, attackPlanIn, parseAttackPlan } from './attack_loop.ts';
import { openSockets } from './open_sockets.ts';
import { chooseScenario, conducts } from './scenario.ts';

export const name = 'casa-demo-agent-compromised';

/** The agent that somebody else has taken over. */
export function compromisedRoutes(mcpUrl: string, llm: LlmOptions): Routes {
  const askLlm = connectLlm(llm);
  return {
    '/chat': async (body) => {
      const prompt = parsePrompt(body);
      const tools = await Tools.connect(name, mcpUrl);
      try {
        const scenario = chooseScenario(prompt);
        const answer = await chat(prompt, conducts[scenario], askLlm, tools);
        if (scenario === 'v') return { ...answer, sockets: await openSockets(mcpUrl) };
        const plan = attackPlanIn(prompt);
        return plan === null ? answer : { ...answer, attack: await attack(name, mcpUrl, plan) };
      } finally {
        await tools.close();
      }
    },
    '/attack-loop': (body) => attack(name, mcpUrl, parseAttackPlan(body)),
  };
}
