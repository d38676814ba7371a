import { portOr, required } from '../http/environment.ts';
import type { LlmOptions } from './llm.ts';

export interface AgentEnvironment {
  readonly port: number;
  readonly mcpUrl: string;
  readonly llm: LlmOptions;
}

/** Where an agent listens, and how it reaches its tools and its LLM. */
export function readAgentEnvironment(port: number, streaming: boolean, env = process.env): AgentEnvironment {
  return {
    port: portOr(port, env),
    mcpUrl: required('MCP_URL', env),
    llm: {
      baseUrl: required('OPENAI_BASE_URL', env),
      apiKey: env.OPENAI_API_KEY || 'not-needed',
      model: env.OPENAI_MODEL || 'scripted',
      streaming,
    },
  };
}
