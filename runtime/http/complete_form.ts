/** What clients leave out that know the RFCs and not us: every default is named here, and none of them allows anything. */
import { grantTypes } from '../../policies/wire.ts';
import type { Client } from '../clients/client.ts';
import type { Parts } from '../parts.ts';
import { OAuthError } from './http_error.ts';
import type { Form } from './parse_form.ts';

/**
 * The form with `audience` for a `resource` (RFC 8707, RFC 8693 section 2.1: a URL of an app of the client's MAS), a
 * `decision_id`, and for an exchange the `protocol` and `operation` that its `tools` imply. Throws `invalid_target` when the
 * resource is no app of the MAS, or another one than `audience`.
 */
export function completeForm(parts: Parts, client: Client, form: Form): Form {
  return {
    decision_id: parts.world.uuid(),
    ...(form.grant_type === grantTypes.tokenExchange ? impliedCall(form) : {}),
    ...form,
    ...(form.resource === undefined ? {} : { audience: audienceOf(parts, client, form.resource, form.audience) }),
  };
}

function impliedCall(form: Form): Form {
  return form.tools === undefined
    ? { protocol: 'a2a', operation: 'SendMessage' }
    : { protocol: 'mcp', operation: 'tools/call' };
}

function audienceOf(parts: Parts, client: Client, resource: string, audience: string | undefined): string {
  const app = parts.policies.appAt(client.mas, resource);
  if (app === null) throw new OAuthError('invalid_target', '`resource` is no app of the system');
  if (audience !== undefined && audience !== app) {
    throw new OAuthError('invalid_target', '`resource` and `audience` are two apps');
  }
  return app;
}
