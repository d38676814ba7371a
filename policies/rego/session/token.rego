# METADATA
# title: TOKEN
# description: >-
#   The token is ours, in time, minted for the app that holds it and, at the callee, for this very call.
package casa.token

import data.casa.audit
import data.casa.call
import data.casa.required
import data.casa.verdict

result := verdict.of("TOKEN", reason, holder) if {
	"TOKEN" in required.names
} else := verdict.abstain("TOKEN")

# Who must be the token's audience: the app that trades it, or the app that it arrives at.
default holder := ""

holder := input.caller.app if {
	input.phase == "exchange"
	is_string(input.caller.app)
} else := input.callee.app if {
	input.phase == "inbound"
	is_string(input.callee.app)
}

default reason := "token_invalid"

reason := "token_missing" if {
	input.token == null
} else := trusted_reason if {
	genuine
}

trusted_reason := "token_expired" if {
	input.token.exp <= input.now
} else := "audience_mismatch" if {
	not holder in input.token.aud
} else := "ok" if {
	not at_tool
} else := "tool_not_in_token" if {
	not input.token.tools[call.tool_key]
} else := "ok" if {
	input.token.call_matches == true
}

genuine if {
	input.token.verified == true
	is_number(input.token.exp)
	is_number(input.now)
	audit_accepted
}

audit_accepted if input.token.audit == false

audit_accepted if {
	input.token.audit == true
	audit.accepts(holder)
}

at_tool if {
	input.phase == "inbound"
	call.kind == "tool"
}
