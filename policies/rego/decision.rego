# METADATA
# title: The decision
# description: >-
#   The one entrypoint. Every check is evaluated and shown in a fixed order; the first BLOCK gives the reason.
#   Deny by default: allowed is only what every required check allowed.
package casa

import data.casa.audit
import data.casa.call
import data.casa.destination
import data.casa.grant
import data.casa.llm_selected
import data.casa.operation
import data.casa.protocol
import data.casa.request
import data.casa.required
import data.casa.scope
import data.casa.session
import data.casa.session_start
import data.casa.system
import data.casa.token
import data.casa.tool_known
import data.casa.tool_match
import data.casa.tool_policy
import data.casa.tool_selected

decision := {
	"allow": allow,
	"reason": reason,
	"checks": checks,
	"grant": granted,
	"audit_only": audit_only,
	"policies": sort([name | some name in call.policies]),
}

checks := [
	request.result,
	system.result,
	session_start.result,
	destination.result,
	protocol.result,
	operation.result,
	tool_known.result,
	token.result,
	session.result,
	scope.result,
	tool_policy.result,
	tool_selected.result,
	llm_selected.result,
	tool_match.result,
]

blocks := [check | some check in checks; check.outcome == "BLOCK"]

allowed := {check.check | some check in checks; check.outcome == "ALLOW"}

audited := {block.check | some block in blocks; audit.lets_through(block)}

default allow := false

allow if {
	count(blocks) == count(audited)
	count(required.names - (allowed | audited)) == 0
}

default audit_only := false

audit_only if {
	allow
	count(blocks) > 0
}

default reason := "policy_error"

reason := first.reason if {
	first := blocks[0]
} else := "ok" if {
	allow
}

default granted := {"tools": [], "scope": []}

granted := {"tools": grant.tools, "scope": grant.scope} if allow
