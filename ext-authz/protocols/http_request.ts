import type { RequestProblem } from '../../policies/contract.ts';

/** One HTTP request as the proxy shows it, before anything is made of it. */
export interface HttpRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: string;
  readonly authority: string;
  /** Names in lower case; repeated ones are joined by commas. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
  /** The body cannot be trusted to be what the callee will read. */
  readonly problem: RequestProblem | null;
}
