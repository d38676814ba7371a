# METADATA
# title: DESTINATION
# description: Blocks every destination that the caller's policy does not name.
package casa.destination

import data.casa.call
import data.casa.endpoint
import data.casa.required
import data.casa.verdict

result := verdict.of("DESTINATION", reason, call.route) if {
	"DESTINATION" in required.names
} else := verdict.abstain("DESTINATION")

default reason := "destination_not_allowed"

reason := "ok" if {
	input.callee.kind == "app"
	data.mas.apps[input.caller.app].callees[input.callee.app]
} else := "ok" if {
	input.callee.kind == "llm"
	data.mas.apps[input.caller.app].llm[call.host_port]
} else := "ok" if {
	input.callee.kind == "other"
	count(endpoint.protocols) > 0
}
