/**
 * An app that takes every part: it answers with what it was told to (`x-answer`, base64), and otherwise as an MCP server that did
 * what was asked, with the headers that reached it.
 */
import { createServer } from 'node:http';

createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { 'x-answer': answer, 'x-answer-type': type } = request.headers;
    if (typeof answer === 'string') {
      response.writeHead(200, { 'content-type': String(type) }).end(Buffer.from(answer, 'base64'));
      return;
    }
    const result = { headers: request.headers };
    const body = JSON.stringify({ jsonrpc: '2.0', id: idOf(Buffer.concat(chunks).toString('utf8')), result });
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  });
}).listen(Number(process.env.PORT));

function idOf(text: string): unknown {
  try {
    return Object(JSON.parse(text)).id ?? null;
  } catch {
    return null;
  }
}
