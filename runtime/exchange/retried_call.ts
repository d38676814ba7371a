/** The same call again is a retry and gets the same token; the same call with another id is a second call. */
import { seconds } from '../parts.ts';
import type { Queries } from '../store/store.ts';
import type { TokenGrant } from '../tokens/token_grants.ts';

export const retryWindowMs = 60_000;

/** What makes two requests the same call. */
export interface CallIdentity {
  readonly sessionId: string;
  readonly caller: string;
  readonly callId: string;
  readonly callDigest: string;
}

/** What a retry's token has of the first one. */
export type RetriedToken = Pick<TokenGrant, 'jti' | 'iat' | 'exp' | 'audit'>;

/** The token that this call got within the last 60 s and that is still good, or null. */
export async function findRetried(queries: Queries, call: CallIdentity, nowMs: number): Promise<RetriedToken | null> {
  const [row] = await queries.query<RetriedToken>(
    `select token_grants.jti, iat, exp, audit from exchanged_calls join token_grants using (jti)
     where exchanged_calls.session_id = $1 and caller = $2 and call_id = $3 and exchanged_calls.call_digest = $4
       and at > $5 and exp > $6`,
    [call.sessionId, call.caller, call.callId, call.callDigest, nowMs - retryWindowMs, seconds(nowMs)],
  );
  return row ?? null;
}

export async function rememberCall(queries: Queries, call: CallIdentity, jti: string, nowMs: number): Promise<void> {
  await queries.query(
    `insert into exchanged_calls (session_id, caller, call_id, call_digest, jti, at) values ($1, $2, $3, $4, $5, $6)
     on conflict (session_id, caller, call_id, call_digest) do update set jti = excluded.jti, at = excluded.at`,
    [call.sessionId, call.caller, call.callId, call.callDigest, jti, nowMs],
  );
}
