# METADATA
# title: PROTOCOL
# description: Blocks protocols that the caller may not speak to this destination.
package casa.protocol

import data.casa.call
import data.casa.endpoint
import data.casa.required
import data.casa.verdict

result := verdict.of("PROTOCOL", reason, spoken) if {
	"PROTOCOL" in required.names
} else := verdict.abstain("PROTOCOL")

default reason := "protocol_not_allowed"

reason := "ok" if {
	input.callee.kind == "app"
	data.mas.apps[input.caller.app].callees[input.callee.app][spoken]
} else := "ok" if {
	input.callee.kind == "llm"
	spoken == "llm"
} else := "ok" if {
	input.callee.kind == "other"
	some allowed in accepted[spoken]
	allowed in endpoint.protocols
}

# HTTP is also what an endpoint opened for any TCP carries.
accepted := {"mcp": {"mcp"}, "a2a": {"a2a"}, "http": {"http", "tcp"}}

default spoken := "unknown"

# A prompt belongs to the agent protocols, however it is sent.
spoken := "a2a" if {
	call.kind == "prompt"
} else := input.protocol if {
	is_string(input.protocol)
}
