/** Sends the corpus to any proxy before an MCP server, and says how each pair was answered. */
import { parseArgs } from 'node:util';
import { corpusFolder, readCorpus } from './format/parse_family.ts';
import { type Filling, renderShape } from './format/render_shape.ts';
import { judgeAllowed, judgeHostile } from './judge.ts';
import type { RawRequest } from './send/raw_request.ts';
import { sendAll } from './send/send_raw.ts';

const atOnceMax = 8;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    path: { type: 'string', default: '/mcp' },
    tool: { type: 'string' },
    arguments: { type: 'string' },
    token: { type: 'string' },
  },
});
const [to] = positionals;
if (to === undefined || values.tool === undefined || values.arguments === undefined) {
  throw new Error("usage: main.js HOST:PORT --tool NAME --arguments '{...}' [--path /mcp] [--token T]");
}
const call = {
  host: to,
  path: values.path,
  name: values.tool,
  arguments: values.arguments,
  token: values.token ?? null,
};
const corpus = readCorpus(corpusFolder).filter(({ family }) => family !== 'harmless');

const requests = corpus.flatMap(({ id, hostile, twin }): readonly RawRequest[] => {
  const filling: Filling = { ...call, id };
  return [hostile, twin].map((shape) => ({
    id,
    to,
    base64: renderShape(shape, filling).toString('base64'),
    ends: shape.ends === true,
  }));
});
const answers = await sendAll(requests, atOnceMax);
let problems = 0;
for (const [index, { id }] of corpus.entries()) {
  const [hostile, twin] = [answers[2 * index], answers[2 * index + 1]];
  if (hostile === undefined || twin === undefined) throw new Error(`no answer to ${id}`);
  const answered = hostile.answers.map(({ status, reason }) => `${status} ${reason ?? '-'}`).join(', ') || 'closed';
  const allowed = judgeHostile(hostile, answered)?.includes('ALLOWED') === true;
  const twinProblem = judgeAllowed(twin);
  if (allowed || twinProblem !== null) problems += 1;
  console.log(
    `${allowed ? 'ALLOWED ' : 'refused '} ${id}: ${answered}${twinProblem === null ? '' : `; twin ${twinProblem}`}`,
  );
}
console.log(`${corpus.length} pairs, ${problems} problems`);
process.exitCode = problems === 0 ? 0 : 1;
