import { expect, test } from 'vitest';
import { listen } from '../src/http/listen.ts';
import { readReplicas, renderReplicas } from './read_replicas.ts';

const metrics = `# TYPE casa_token_decisions_total counter
casa_token_decisions_total{kind="session",reason="ok"} 9
casa_token_decisions_total{kind="exchange",reason="tool_intent_mismatch"} 2
casa_events_stored_total 70
`;

test('each runtime says how often it was asked for a token, and one that is gone says nothing', async () => {
  const runtime = await listen((_request, response) => void response.end(metrics), '127.0.0.1', 0);
  const gone = await listen((_request, response) => void response.end(), '127.0.0.1', 0);
  await gone.close();
  const replicas = await readReplicas([runtime.url, gone.url]);
  await runtime.close();
  expect(replicas).toEqual([
    { url: runtime.url, decisions: 11 },
    { url: gone.url, decisions: null },
  ]);
  expect(renderReplicas('postgres', replicas)).toBe(
    'store postgres; 1 of 2 runtimes decided on tokens (11, no answer)',
  );
});
