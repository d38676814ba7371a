/** The Explorer as it runs: on its own port, with a first link to it. */
import type { FastifyBaseLogger } from 'fastify';
import { makeCode } from '../../explorer/sign_in.ts';
import type { Parts } from '../../parts.ts';
import { buildExplorer } from './explorer_app.ts';
import { readPageFiles } from './page_routes.ts';

export interface ExplorerPlace {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** The built UI. */
  readonly folder: string;
}

export interface StartedExplorer {
  /** Signs one browser in, once. */
  readonly signInUrl: string;
  close(): Promise<void>;
}

export async function startExplorer(
  parts: Parts,
  logger: FastifyBaseLogger,
  place: ExplorerPlace,
): Promise<StartedExplorer> {
  const app = await buildExplorer({ parts, files: readPageFiles(place.folder), logger });
  const url = await app.listen({ host: place.host, port: place.port });
  return { signInUrl: `${url}/signin?code=${await makeCode(parts)}`, close: () => app.close() };
}
