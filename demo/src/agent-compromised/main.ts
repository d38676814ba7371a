import { readAgentEnvironment } from '../agent/environment.ts';
import { startAgent } from '../agent/server.ts';
import { endOnSignal } from '../http/environment.ts';
import { compromisedRoutes, name } from './agent.ts';

const { port, mcpUrl, llm } = readAgentEnvironment(8083, false);
const agent = await startAgent(name, compromisedRoutes(mcpUrl, llm), '0.0.0.0', port);
endOnSignal(agent.close);
process.stdout.write(`${name}: listening on port ${agent.port}\n`);
