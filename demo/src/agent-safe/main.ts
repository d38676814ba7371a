import { readAgentEnvironment } from '../agent/environment.ts';
import { startAgent } from '../agent/server.ts';
import { endOnSignal } from '../http/environment.ts';
import { name, safeRoutes } from './agent.ts';

const { port, mcpUrl, llm } = readAgentEnvironment(8082, true);
const agent = await startAgent(name, safeRoutes(mcpUrl, llm), '0.0.0.0', port);
endOnSignal(agent.close);
process.stdout.write(`${name}: listening on port ${agent.port}\n`);
