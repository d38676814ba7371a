/** Asks an MCP server for its tools, by the official client. What it answers is a stranger's word: bounded, and only data. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { JsonObject } from '../../policies/contract.ts';
import { CasaError } from '../../policies/errors.ts';

export const answerBytesMax = 4 * 1024 * 1024;
export const toolsMax = 256;
const pagesMax = 32;
const timeoutMs = 10_000;
const descriptionLengthMax = 8192;
/** As the CRD has the names of tools. */
const namePattern = /^[A-Za-z0-9_./:-]{1,128}$/;

export interface ListedTools {
  /** As `apps[].tools` has them. */
  readonly tools: readonly JsonObject[];
  /** Tools whose names no manifest could have: how many were left out. */
  readonly unnamable: number;
}

/** Throws `mcp_unavailable` when there is no whole answer. */
export async function listTools(url: URL, token: string): Promise<ListedTools> {
  const client = new Client({ name: 'casa-runtime', version: '1' });
  const transport = new StreamableHTTPClientTransport(url, {
    requestInit: { headers: { authorization: `Bearer ${token}` }, redirect: 'error' },
    fetch: boundedFetch,
  });
  try {
    await client.connect(transport, { timeout: timeoutMs });
    const found = await readPages(client);
    const named = found.filter(({ name }) => namePattern.test(name));
    if (named.length > toolsMax) throw new Error(`more than ${toolsMax} tools`);
    return { tools: named.map(describe), unnamable: found.length - named.length };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.slice(0, 200) : 'unknown';
    throw new CasaError('mcp_unavailable', `\`${url.host}\` did not list its tools: ${why}`, { cause });
  } finally {
    await client.close().catch(() => undefined);
  }
}

type Tool = Awaited<ReturnType<Client['listTools']>>['tools'][number];

async function readPages(client: Client): Promise<readonly Tool[]> {
  const found = new Map<string, Tool>();
  let cursor: string | undefined;
  for (let page = 0; page < pagesMax; page += 1) {
    const answer = await client.listTools(cursor === undefined ? {} : { cursor }, { timeout: timeoutMs });
    for (const tool of answer.tools) {
      if (found.has(tool.name)) throw new Error('a tool is listed twice');
      found.set(tool.name, tool);
    }
    cursor = answer.nextCursor;
    if (cursor === undefined) return [...found.values()];
  }
  throw new Error(`more than ${pagesMax} pages`);
}

/** INVARIANT (deny by default): hints are left out, for a server's word about itself is no reason to let more pass. */
function describe({ name, description = '', inputSchema }: Tool): JsonObject {
  // `as`: parsed from JSON by the client.
  return { name, description: description.slice(0, descriptionLengthMax), inputSchema: inputSchema as JsonObject };
}

async function boundedFetch(input: string | URL, init?: RequestInit): Promise<Response> {
  const response = await fetch(input, init);
  if (response.body === null) return response;
  let bytes = 0;
  const bound = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      if (bytes > answerBytesMax) controller.error(new Error(`an answer larger than ${answerBytesMax} bytes`));
      else controller.enqueue(chunk);
    },
  });
  const { status, statusText, headers } = response;
  return new Response(response.body.pipeThrough(bound), { status, statusText, headers });
}
