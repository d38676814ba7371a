import { setTimeout as sleep } from 'node:timers/promises';
import type { Conversation, Spoken } from './conversation.ts';
import { talkOnce } from './talk.ts';

const everyMs = 1000;
const failedAgainMs = 200;
// a request that something swallowed must not hold up the next ones
const answerWithinMs = 3000;

/**
 * Says the same prompt again and again, a new request each second, for so many seconds. Each is a conversation of its own, so
 * that the work goes on by itself after anything on the way was down.
 */
export async function repeat(
  conversation: Conversation,
  agentUrl: string,
  seconds: number,
  heard: (spoken: Spoken) => void,
): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    const start = performance.now();
    const spoken = await talkOnce(conversation, agentUrl, answerWithinMs);
    heard(spoken);
    const next = spoken.status === 200 ? start + everyMs - performance.now() : failedAgainMs;
    if (next > 0) await sleep(next);
  }
}
