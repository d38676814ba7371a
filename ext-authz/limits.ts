/** Every limit of the enforcement point: DESIGN says each has a name and a place. */

/** A request's body; Envoy's own limit is the same, so that it answers 413 first. */
export const bodyBytesMax = 1024 * 1024;
/** Nesting of arrays and objects in a body. */
export const jsonDepthMax = 64;
/** A JSON-RPC method or a tool's name. */
export const nameLengthMax = 256;
/** The user's words that start a session; the runtime's own limit. */
export const userInputBytesMax = 64 * 1024;
/** A JSON-RPC id that is told to the runtime; a longer one does not tell a retry. */
export const callIdLengthMax = 256;
/** Arguments that an event carries, as JSON; larger ones are left out of the event. */
export const eventArgumentsLengthMax = 128 * 1024;
/** gRPC messages: the body and room for its headers. */
export const grpcMessageBytesMax = 4 * 1024 * 1024;
/** Sessions delivered to this workload that are remembered. */
export const sessionsMax = 10_000;
/** Recorded tool calls of LLM answers that are remembered for one session. */
export const selectionsPerSessionMax = 1_000;
/** How long a request that never reported its end counts as open. */
export const entryOpenMaxMs = 15 * 60_000;
/** LLM calls whose answer is awaited. */
export const llmCallsMax = 10_000;
export const llmCallTtlMs = 15 * 60_000;
/** An LLM answer that is read; a longer one is cut. */
export const llmAnswerBytesMax = 8 * 1024 * 1024;
/** Tools that one LLM request may offer and that are compared with pinned ones. */
export const offeredToolsMax = 512;
/** What one Check may spend on the runtime; then it is decided without. */
export const runtimeDeadlineMs = 2_300;
/** When a Check is answered whatever it waits for: below Envoy's deadline of 3 s. */
export const checkDeadlineMs = 2_700;
/** What one acknowledgement of selections may take. */
export const selectionsDeadlineMs = 2_500;
/** An app token is asked for anew this long before it expires. */
export const appTokenMarginSeconds = 30;
export const appTokensMax = 1_000;
/** Introspections that are remembered. */
export const confirmationsMax = 10_000;
/** Revoked sessions that are remembered. */
export const revokedMax = 200_000;
/** An unknown key id makes the JWKS be read again, at most this often. */
export const jwksCooldownMs = 10_000;
/** Events that wait to be sent; what is beyond is dropped and counted. */
export const eventQueueMax = 10_000;
export const eventsFlushMs = 100;
/** Seconds that the runtime may hold a poll. */
export const bundleWaitSeconds = 20;
export const revocationsWaitSeconds = 10;
export const peersWaitSeconds = 10;
/** A poll that failed is tried again after this long. */
export const pollRetryMs = 500;
/** Life of a client assertion, seconds. */
export const assertionTtlSeconds = 60;
/** The file of known addresses. */
export const peersMax = 100_000;
