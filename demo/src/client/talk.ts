import { setTimeout as sleep } from 'node:timers/promises';
import type { Conversation, Spoken } from './conversation.ts';

const reachableWithinMs = 15_000;
const againMs = 250;
const answerWithinMs = 60_000;

/** Says one prompt to an agent and gives what came back; waits for an agent that is not up yet. */
export async function talk(conversation: Conversation, agentUrl: string): Promise<Spoken> {
  const deadline = performance.now() + reachableWithinMs;
  for (;;) {
    const spoken = await talkOnce(conversation, agentUrl, answerWithinMs);
    const isUp = spoken.status !== 0 && spoken.status !== 503;
    if (isUp || performance.now() > deadline) return spoken;
    await sleep(againMs);
  }
}

/** Says one prompt, once; no answer in time is status 0. */
export async function talkOnce(conversation: Conversation, agentUrl: string, timeoutMs: number): Promise<Spoken> {
  const start = performance.now();
  const latencyMs = () => Math.round(performance.now() - start);
  try {
    const response = await fetch(`${agentUrl}/chat`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ content: conversation.prompt }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    return { ...conversation, status: response.status, body: parseBody(text), latencyMs: latencyMs() };
  } catch (error) {
    return { ...conversation, status: 0, body: { error: String(error) }, latencyMs: latencyMs() };
  }
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
