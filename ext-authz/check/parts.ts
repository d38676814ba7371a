import type { LoadedPolicy } from '../bundle/loaded_policy.ts';
import type { PepConfig } from '../config.ts';
import type { PepWorld } from '../pep_world.ts';
import type { AppTokens } from '../runtime_client/app_tokens.ts';
import type { RuntimeClient } from '../runtime_client/runtime_client.ts';
import type { VerifyToken } from '../runtime_client/verify_token.ts';
import type { LlmCalls } from '../sessions/llm_calls.ts';
import type { SessionStates } from '../sessions/session_states.ts';
import type { SessionTable } from '../sessions/session_table.ts';
import type { FindPeer } from './peers.ts';

/** What one enforcement point decides with. */
export interface CheckParts extends PepWorld {
  readonly config: PepConfig;
  /** The policy in force, or null. */
  readonly policy: () => LoadedPolicy | null;
  readonly runtime: RuntimeClient;
  readonly appTokens: AppTokens;
  readonly verifyToken: VerifyToken;
  readonly sessions: SessionTable;
  readonly states: SessionStates;
  readonly llmCalls: LlmCalls;
  readonly findPeer: FindPeer;
}
