import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAgent } from '../src/agent/server.ts';
import { compromisedRoutes } from '../src/agent-compromised/agent.ts';
import { safeRoutes } from '../src/agent-safe/agent.ts';
import { type Listening, listen } from '../src/http/listen.ts';
import { scripted } from '../src/llm/scripted.ts';
import type { LedgerRow } from '../src/mcp/ledger.ts';
import { startBank } from '../src/mcp/server.ts';

/** The whole bank on loopback with nothing between its parts. */
export interface LoopbackBank {
  readonly mcpUrl: string;
  readonly llmUrl: string;
  /** By agent name. */
  readonly agents: { readonly [agent: string]: string };
  ledger(): Promise<readonly LedgerRow[]>;
  close(): Promise<void>;
}

/** Starts MCP server, LLM and both agents on free ports. */
export async function startLoopbackBank(): Promise<LoopbackBank> {
  const folder = await mkdtemp(join(tmpdir(), 'casa-bank-'));
  const ledgerPath = join(folder, 'ledger.jsonl');
  const host = '127.0.0.1';
  const bank = await startBank({ host, port: 0, ledgerPath, now: () => new Date('2026-11-20T10:00:00Z') });
  const llm = await listen(scripted, host, 0);
  const mcpUrl = `${bank.url}/mcp`;
  const llmOptions = { baseUrl: `${llm.url}/v1`, apiKey: 'not-needed', model: 'scripted' };
  const safe = await startAgent('safe', safeRoutes(mcpUrl, { ...llmOptions, streaming: true }), host, 0);
  const other = await startAgent('other', compromisedRoutes(mcpUrl, { ...llmOptions, streaming: false }), host, 0);
  const all: readonly Listening[] = [other, safe, llm, bank];
  return {
    mcpUrl,
    llmUrl: `${llm.url}/v1`,
    agents: { 'casa-demo-agent': safe.url, 'casa-demo-agent-compromised': other.url },
    ledger: async () =>
      (await readFile(ledgerPath, 'utf8'))
        .split('\n')
        .filter((line) => line !== '')
        // the bank's own rows
        .map((line) => JSON.parse(line) as LedgerRow),
    close: async () => {
      for (const part of all) await part.close();
      await rm(folder, { recursive: true });
    },
  };
}
