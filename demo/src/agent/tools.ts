import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpError, type Tool } from '@modelcontextprotocol/sdk/types.js';

export interface ToolRequest {
  readonly tool: string;
  readonly arguments: { readonly [name: string]: unknown };
}

/** One tool call as the agent saw it. */
export interface ToolCall extends ToolRequest {
  readonly ok: boolean;
  readonly error?: { readonly message: string; readonly code?: number; readonly data?: unknown };
  readonly latencyMs: number;
}

/** A tool call and what the LLM is told of it. */
export interface ToolAnswer {
  readonly call: ToolCall;
  readonly text: string;
}

/** A connection to an MCP server, with the tools it listed. */
export class Tools {
  readonly #client: Client;
  readonly offered: readonly Tool[];

  private constructor(client: Client, offered: readonly Tool[]) {
    this.#client = client;
    this.offered = offered;
  }

  static async connect(name: string, mcpUrl: string): Promise<Tools> {
    const client = new Client({ name, version: '1.0.0' });
    // the transport declares `sessionId: string | undefined`, which exact optional properties do not admit
    await client.connect(new StreamableHTTPClientTransport(new URL(mcpUrl)) as Parameters<Client['connect']>[0]);
    const { tools } = await client.listTools();
    return new Tools(client, tools);
  }

  /** Calls a tool; a failure is an answer too, whatever it came from. */
  async call(request: ToolRequest): Promise<ToolAnswer> {
    const start = performance.now();
    const done = (ok: boolean, text: string, error?: ToolCall['error']): ToolAnswer => {
      const latencyMs = Math.round((performance.now() - start) * 10) / 10;
      return { call: { ...request, ok, ...(error === undefined ? {} : { error }), latencyMs }, text };
    };
    try {
      const result = await this.#client.callTool({ name: request.tool, arguments: request.arguments });
      const text = textOf(result.content);
      return result.isError === true ? done(false, text, { message: text }) : done(true, text);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const details = error instanceof McpError ? { code: error.code, data: error.data } : {};
      return done(false, `the call failed: ${message}`, { message, ...details });
    }
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}

function textOf(content: unknown): string {
  const parts: readonly unknown[] = Array.isArray(content) ? content : [];
  return parts
    .map((part) => (typeof part === 'object' && part !== null && 'text' in part ? String(part.text) : ''))
    .join('\n');
}
