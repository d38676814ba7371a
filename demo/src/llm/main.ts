import { once } from 'node:events';
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { endOnSignal, portOr, required } from '../http/environment.ts';
import { listen } from '../http/listen.ts';
import { forwardToSocket, parseEndpoint, relayTo } from './relay.ts';
import { scripted } from './scripted.ts';

const env = process.env;
const { kind, listener } = chooseListener();

if (env.LLM_LISTEN_SOCKET) {
  const path = env.LLM_LISTEN_SOCKET;
  rmSync(path, { force: true });
  const server = createServer(listener).listen(path);
  await once(server, 'listening');
  // the front runs as another user
  chmodSync(path, 0o666);
  endOnSignal(async () => {
    server.closeAllConnections();
    server.close();
  });
  process.stdout.write(`llm: ${kind}, listening on a unix socket\n`);
} else {
  const listening = await listen(listener, '0.0.0.0', portOr(8090));
  endOnSignal(listening.close);
  process.stdout.write(`llm: ${kind}, listening on port ${listening.port}\n`);
}

function chooseListener(): { readonly kind: string; readonly listener: RequestListener } {
  if (!env.CASA_LLM_HOST) return { kind: 'scripted', listener: scripted };
  if (env.LLM_UPSTREAM_SOCKET) return { kind: 'front of a relay', listener: forwardToSocket(env.LLM_UPSTREAM_SOCKET) };
  const endpoint = parseEndpoint(env.CASA_LLM_HOST, required('CASA_LLM_API_KEY'), required('CASA_LLM_MODEL_ID'));
  return { kind: `relay to ${endpoint.baseUrl.host}`, listener: relayTo(endpoint) };
}
