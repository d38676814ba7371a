# METADATA
# title: SESSION_START
# description: >-
#   Only a client app, or a peer outside every system, may start a session. A workload never writes its own intent.
package casa.session_start

import data.casa.call
import data.casa.required
import data.casa.verdict

result := verdict.of("SESSION_START", reason, call.route) if {
	"SESSION_START" in required.names
} else := verdict.abstain("SESSION_START")

default reason := "session_start_not_allowed"

reason := "ok" if {
	input.start_peer == "client"
	call.caller_type == "client"
	startable
} else := "ok" if {
	input.start_peer == "outside"
	input.caller == null
	prompt_to_agent
}

startable if prompt_to_agent

startable if call.kind == "tool"

prompt_to_agent if {
	call.kind == "prompt"
	data.mas.apps[input.callee.app].type == "agent"
	data.mas.apps[input.callee.app].takes_prompts
}
