/** The built UI, read once; and the two plain pages around it, which need neither script nor style of ours. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { FastifyInstance, FastifyReply } from 'fastify';

/** Files by their path below the UI's root. */
export type PageFiles = ReadonlyMap<string, Buffer>;

const contentTypes: { readonly [extension: string]: string } = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const index = 'index.html';

/** Only files of the build itself can be served: a path is looked up in the map, never on the disk. */
export function readPageFiles(folder: string): PageFiles {
  const files = new Map<string, Buffer>();
  if (!existsSync(folder)) return files;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || contentTypes[extname(entry.name)] === undefined) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(path.slice(folder.length).replace(/^\/+/, ''), readFileSync(path));
  }
  return files;
}

/** Every path that is no file is a view of the UI. */
export async function pageRoutes(app: FastifyInstance, { files }: { files: PageFiles }): Promise<void> {
  app.get('/*', async (request, reply) => {
    const path = new URL(request.url, 'http://explorer').pathname.slice(1);
    const name = files.has(path) ? path : index;
    const content = files.get(name);
    if (content === undefined) {
      return sendPage(reply, 503, 'not built', 'The user interface is not built. Run <code>make build</code>.');
    }
    const isHashed = name.startsWith('assets/');
    reply.header('cache-control', isHashed ? 'private, max-age=31536000, immutable' : 'no-cache');
    return reply.header('content-type', contentTypes[extname(name)] ?? 'text/plain').send(content);
  });
}

export function sendNotSignedIn(reply: FastifyReply, code: 'none' | 'used'): FastifyReply {
  const why =
    code === 'used'
      ? 'This link was used already, or is past its time.'
      : 'This browser is not signed in to this Explorer.';
  return sendPage(
    reply,
    401,
    'sign in',
    `${why}</p><p>The link is printed where CASA runs: in the last lines of <code>make demo</code> and
     <code>casa local</code>, and in the line <code>ready</code> of the runtime's log. It works once, for an hour.`,
  );
}

/** A page of our own goes on to the UI: a redirect would not carry the cookie when another site held the link. */
export function sendSignedIn(reply: FastifyReply): FastifyReply {
  reply.header('refresh', '0; url=/');
  return sendPage(reply, 200, 'signed in', '<a href="/">Open the Explorer</a>');
}

/** `html` is only ever text of this file. */
function sendPage(reply: FastifyReply, status: number, title: string, html: string): FastifyReply {
  const page = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<meta name="viewport" content="width=device-width"><title>CASA Explorer: ${title}</title>
<h1>CASA Explorer</h1><p>${html}</p></html>
`;
  reply.header('cache-control', 'no-store').header('content-type', 'text/html; charset=utf-8');
  return reply.code(status).send(page);
}
