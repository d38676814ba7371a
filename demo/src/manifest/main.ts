import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { tools } from '../mcp/tools.ts';
import { declareTools } from './declare_tools.ts';

// run from the project's folder: the manifest is a source file
const path = resolve(process.argv[2] ?? 'demo/manifests/multi_agent_system.yaml');
writeFileSync(path, declareTools(readFileSync(path, 'utf8'), 'bank-mcp', tools));
process.stdout.write(`declared ${tools.length} tools\n`);
