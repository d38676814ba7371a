import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { required } from '../http/environment.ts';
import { type Conversation, parseConversations, type Spoken } from './conversation.ts';
import { repeat } from './repeat.ts';
import { talk } from './talk.ts';

// AGENT_URLS is JSON: {"agent name": "http://host:port"}
const urls: { readonly [agent: string]: unknown } = JSON.parse(required('AGENT_URLS'));
const file = required('ANSWERS');
const heard = (spoken: Spoken) => appendFileSync(file, `${JSON.stringify(spoken)}\n`);

writeFileSync(file, '');
if (process.env.LOOP_SECONDS) {
  const conversation: Conversation = { agent: required('AGENT'), case: 'loop', prompt: required('PROMPT') };
  await repeat(conversation, urlOf(conversation.agent), Number(process.env.LOOP_SECONDS), heard);
} else {
  for (const conversation of parseConversations(readFileSync(required('CONVERSATIONS'), 'utf8'))) {
    const spoken = await talk(conversation, urlOf(conversation.agent));
    heard(spoken);
    process.stdout.write(`${conversation.agent} (${conversation.case}): ${spoken.status} ${conversation.prompt}\n`);
  }
}

function urlOf(agent: string): string {
  const url = urls[agent];
  if (typeof url !== 'string') throw new Error(`\`AGENT_URLS\` has no \`${agent}\``);
  return url;
}
