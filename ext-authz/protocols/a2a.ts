import type { JsonObject, JsonValue } from '../../policies/contract.ts';
import { isJsonObject } from './strict_json.ts';

export const agentCardPath = '/.well-known/agent-card.json';

/** A2A 1.0 and 0.3: the operation's 1.0 name, by every spelling of its JSON-RPC method. */
const methods: ReadonlyMap<string, string> = new Map([
  ['SendMessage', 'SendMessage'],
  ['message/send', 'SendMessage'],
  ['SendStreamingMessage', 'SendStreamingMessage'],
  ['message/stream', 'SendStreamingMessage'],
  ['GetTask', 'GetTask'],
  ['tasks/get', 'GetTask'],
  ['ListTasks', 'ListTasks'],
  ['tasks/list', 'ListTasks'],
  ['CancelTask', 'CancelTask'],
  ['tasks/cancel', 'CancelTask'],
  ['SubscribeToTask', 'SubscribeToTask'],
  ['tasks/resubscribe', 'SubscribeToTask'],
  ['CreateTaskPushNotificationConfig', 'CreateTaskPushNotificationConfig'],
  ['tasks/pushNotificationConfig/set', 'CreateTaskPushNotificationConfig'],
  ['GetTaskPushNotificationConfig', 'GetTaskPushNotificationConfig'],
  ['tasks/pushNotificationConfig/get', 'GetTaskPushNotificationConfig'],
  ['ListTaskPushNotificationConfigs', 'ListTaskPushNotificationConfigs'],
  ['tasks/pushNotificationConfig/list', 'ListTaskPushNotificationConfigs'],
  ['DeleteTaskPushNotificationConfig', 'DeleteTaskPushNotificationConfig'],
  ['tasks/pushNotificationConfig/delete', 'DeleteTaskPushNotificationConfig'],
  ['GetExtendedAgentCard', 'GetExtendedAgentCard'],
  ['agent/getAuthenticatedExtendedCard', 'GetExtendedAgentCard'],
]);

/** An A2A request over JSON-RPC: its operation and id, and the text of a message to the agent. */
export function parseA2a(
  message: JsonObject,
): { readonly operation: string; readonly rpcId: JsonValue | undefined; readonly prompt: string | null } | null {
  if (message.jsonrpc !== '2.0' || typeof message.method !== 'string') return null;
  const operation = methods.get(message.method);
  if (operation === undefined) return null;
  const sends = operation === 'SendMessage' || operation === 'SendStreamingMessage';
  return { operation, rpcId: message.id, prompt: sends ? messageText(message.params) : null };
}

function messageText(params: JsonValue | undefined): string | null {
  const message = isJsonObject(params) ? params.message : undefined;
  const parts = isJsonObject(message) ? message.parts : undefined;
  if (!Array.isArray(parts)) return null;
  const texts = (parts as readonly JsonValue[]).flatMap((part) =>
    isJsonObject(part) && typeof part.text === 'string' ? [part.text] : [],
  );
  const text = texts.join('\n');
  return text.trim() === '' ? null : text;
}
