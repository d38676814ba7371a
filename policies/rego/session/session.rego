# METADATA
# title: SESSION
# description: Blocks what belongs to no session that is alive and vouched for.
package casa.session

import data.casa.required
import data.casa.verdict

result := verdict.of("SESSION", reason, "") if {
	"SESSION" in required.names
} else := verdict.abstain("SESSION")

reasons := {
	"live": "ok",
	"revoked": "session_revoked",
	"expired": "token_expired",
	"unconfirmed": "runtime_unavailable",
}

default reason := "session_unknown"

reason := reasons[input.session.state] if {
	input.phase == "outbound"
} else := reasons[input.session.state] if {
	of_a_session
}

# An app token belongs to no session: it is good for discovery only.
of_a_session if {
	is_string(input.token.session_id)
	input.token.session_id != ""
}
