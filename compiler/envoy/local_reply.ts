import type { Reason } from '../../policies/contract.ts';
import { extAuthzName } from './ext_authz.ts';

/** What Envoy answers by itself, as problems (RFC 9457) with a reason of ours. */
export function localReplyConfig() {
  return {
    mappers: [
      {
        filter: statusIs(413),
        body_format_override: problemFormat(413, 'the body is larger than can be checked', 'body_too_large'),
      },
      {
        // A denial by Check brings its own body and metadata; without metadata there was no answer.
        filter: { and_filter: { filters: [statusIs(403), refusedByExtAuthz, noDecision] } },
        body_format_override: problemFormat(403, 'the policy gave no answer', 'policy_error'),
      },
    ],
  };
}

/** A problem body for a place that no policy names. */
export const destinationProblem = problemText(403, 'the destination is not allowed', 'destination_not_allowed');

const refusedByExtAuthz = { response_flag_filter: { flags: ['UAEX'] } };
// Envoy's metadata filter knows no `invert`: what is set is asked for a value that matches nothing.
const noDecision = {
  metadata_filter: {
    matcher: { filter: extAuthzName, path: [{ key: 'decision_id' }], value: { present_match: false } },
    match_if_key_not_found: true,
  },
};

function statusIs(status: number) {
  const value = { default_value: status, runtime_key: `casa.local_reply_${status}` };
  return { status_code_filter: { comparison: { op: 'EQ', value } } };
}

function problemText(status: number, title: string, reason: Reason): string {
  return JSON.stringify({ type: `urn:casa:reason:${reason}`, title, status, reason });
}

function problemFormat(status: number, title: string, reason: Reason) {
  return {
    text_format_source: { inline_string: problemText(status, title, reason) },
    content_type: 'application/problem+json',
  };
}
