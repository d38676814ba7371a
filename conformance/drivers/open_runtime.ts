import { randomBytes, randomUUID } from 'node:crypto';
import { readPolicyModules } from '../../policies/read_modules.ts';
import { embeddedIdentity } from '../../runtime/identity/embedded.ts';
import { temporaryKeyEncryption } from '../../runtime/keys/key_encryption.ts';
import { SigningKeys } from '../../runtime/keys/signing_keys.ts';
import type { Parts } from '../../runtime/parts.ts';
import { PolicySet } from '../../runtime/policy/policy_set.ts';
import { installedModelsPath } from '../../runtime/semantic/installed_models.ts';
import { SemanticChecks } from '../../runtime/semantic/open_semantic_check.ts';
import { openStore } from '../../runtime/store/open_store.ts';
import { EventQueue } from '../../runtime/traces/event_queue.ts';
import { News } from '../../runtime/traces/news.ts';

/** Nobody waits for a replay. */
const modelTimeoutMs = 20_000;

/** The token service on a store in memory. */
export async function openRuntime(nowMs: () => number, baseUrl: () => string): Promise<Parts> {
  const store = await openStore({ kind: 'memory' }, nowMs());
  const policies = await PolicySet.open(readPolicyModules().wasm);
  const world = {
    now: nowMs,
    uuid: randomUUID,
    randomHex: (bytes: number) => randomBytes(bytes).toString('hex'),
    baseUrl,
  };
  return {
    store,
    keys: new SigningKeys(store, temporaryKeyEncryption()),
    identity: embeddedIdentity({ store, policies, cluster: null, world }),
    policies,
    semantic: new SemanticChecks({ modelsPath: installedModelsPath(), modelTimeoutMs, verifier: null, now: nowMs }),
    events: new EventQueue(store),
    news: new News(),
    cluster: null,
    world,
  };
}

/** Ends everything that the runtime's functions hold. */
export async function closeRuntime(parts: Parts): Promise<void> {
  parts.news.close();
  await parts.events.flush();
  await parts.semantic.close();
  await parts.store.close();
}
