# METADATA
# title: OPERATION
# description: Blocks every operation that is not of a kind this phase knows. What is not listed is not allowed.
package casa.operation

import data.casa.call
import data.casa.verdict

result := verdict.of("OPERATION", reason, call.kind)

kinds := {
	"issue": {"prompt", "tool", "discovery"},
	"exchange": {"prompt", "delegation", "tool"},
	"outbound": {"prompt", "delegation", "tool", "discovery", "llm", "endpoint"},
	"inbound": {"prompt", "delegation", "tool", "discovery", "open_path"},
}

default reason := "operation_not_allowed"

reason := "ok" if {
	call.kind in kinds[input.phase]
	callee_fits
}

callee_fits if not call.kind in {"prompt", "delegation", "discovery"}

callee_fits if {
	call.kind == "prompt"
	data.mas.apps[input.callee.app].type == "agent"
	data.mas.apps[input.callee.app].takes_prompts
}

callee_fits if {
	call.kind == "delegation"
	data.mas.apps[input.callee.app].type == "agent"
}

# An agent that is no app of this system: an allowed endpoint outside it.
callee_fits if {
	call.kind == "delegation"
	input.callee.kind == "other"
	input.phase == "outbound"
}

callee_fits if {
	input.protocol == "llm"
	input.callee.kind == "llm"
}

callee_fits if {
	call.kind == "discovery"
	input.protocol in {"mcp", "a2a"}
	input.callee.kind in {"app", "other"}
}
