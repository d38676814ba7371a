/** For tests: an OpenAI-compatible endpoint on loopback that answers as it is told. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { VerifierEndpoint } from '../verifier/llm_verifier.ts';

export interface VerifierRequest {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: {
    readonly model: string;
    readonly messages: readonly { readonly role: string; readonly content: string }[];
  };
}

/** What the endpoint answers: a model's text, a whole answer, or nothing at all. */
export type Script = (
  request: VerifierRequest,
) =>
  | { readonly kind: 'text'; readonly text: string; readonly finish?: string }
  | { readonly kind: 'raw'; readonly status: number; readonly body: string }
  | { readonly kind: 'silence'; readonly after: 'nothing' | 'headers' };

export interface ScriptedVerifier {
  readonly endpoint: VerifierEndpoint;
  readonly requests: readonly VerifierRequest[];
  script: Script;
  close(): Promise<void>;
}

export async function startScriptedVerifier(script: Script, timeoutMs = 10_000): Promise<ScriptedVerifier> {
  const requests: VerifierRequest[] = [];
  const server = createServer((request, response) => {
    readRequest(request).then(
      (read) => {
        requests.push(read);
        answer(verifier.script(read), response);
      },
      () => response.destroy(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const verifier: ScriptedVerifier = {
    endpoint: { baseUrl: `http://127.0.0.1:${port}/v1`, model: 'judge', apiKey: 'key-of-tests', timeoutMs },
    requests,
    script,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return verifier;
}

async function readRequest(request: IncomingMessage): Promise<VerifierRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer); // a stream without encoding gives buffers
  const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as VerifierRequest['body']; // our own client's
  return { path: request.url ?? '', authorization: request.headers.authorization, body };
}

function answer(answered: ReturnType<Script>, response: ServerResponse): void {
  if (answered.kind === 'raw') {
    response.writeHead(answered.status, { 'content-type': 'application/json' }).end(answered.body);
    return;
  }
  if (answered.kind === 'silence') {
    if (answered.after === 'headers') response.writeHead(200, { 'content-type': 'application/json' }).write('{');
    return;
  }
  const message = { role: 'assistant', content: answered.text };
  const choices = [{ index: 0, message, finish_reason: answered.finish ?? 'stop' }];
  const body = { id: 'c1', object: 'chat.completion', created: 0, model: 'judge', choices };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

export const says = (verdict: string, score: number): ReturnType<Script> => ({
  kind: 'text',
  text: JSON.stringify({ verdict, score }),
});

/** A judge as good as the library of `questions.ts` needs: it refuses acts whose verb is not among the words. */
export const literalJudge: Script = ({ body }) => {
  const { call, user_words: words } = JSON.parse(body.messages.at(-1)?.content ?? '{}') as {
    readonly call: { readonly tool: string };
    readonly user_words: string;
  };
  const [verb = ''] = call.tool.split('_');
  const reads = ['search', 'get', 'opening'].includes(verb);
  return reads || words.toLowerCase().includes(verb) ? says('match', 0.9) : says('no_match', 0.1);
};
