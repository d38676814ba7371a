# METADATA
# title: SYSTEM
# description: Blocks questions about another system, about apps that this one does not have, and of no known phase.
package casa.system

import data.casa.call
import data.casa.verdict

result := verdict.of("SYSTEM", reason, call.route)

default reason := "policy_error"

reason := "policy_missing" if {
	input.mas != data.mas.name
} else := "policy_missing" if {
	not caller_known
} else := "policy_missing" if {
	not callee_known
} else := "ok" if {
	input.mas == data.mas.name
	is_number(input.now)
	caller_type_agrees
}

# Arriving and starting a session may come from outside; leaving and exchanging never.
caller_known if {
	input.caller == null
	input.phase in {"issue", "inbound"}
}

caller_known if data.mas.apps[input.caller.app]

callee_known if data.mas.apps[input.callee.app]

callee_known if {
	input.callee.kind in {"llm", "other"}
	input.callee.app == null
	input.phase in {"outbound", "exchange"}
}

caller_type_agrees if input.caller == null

caller_type_agrees if input.caller.type == call.caller_type
