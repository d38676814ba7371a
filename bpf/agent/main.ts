#!/usr/bin/env node
/** The node agent as a process: `--config FILE`. */
import { parseArgs } from 'node:util';
import { runAgent } from './run_agent.ts';

try {
  const { values } = parseArgs({ options: { config: { type: 'string' } } });
  if (values.config === undefined) throw new Error('usage: main --config FILE');
  await runAgent(values.config);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
