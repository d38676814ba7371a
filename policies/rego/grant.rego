# METADATA
# title: What the token minted on an allow may carry
# description: An exchange only narrows; everything not named here grants nothing.
package casa.grant

import data.casa.call

default tools := []

tools := sort([tool | some tool, _ in data.mas.apps[input.callee.app].reach]) if {
	input.phase == "issue"
	call.kind == "prompt"
} else := [call.tool_key] if {
	input.phase in {"issue", "exchange"}
	call.kind == "tool"
} else := sort([tool | some tool, _ in input.token.tools; data.mas.apps[input.callee.app].reach[tool]]) if {
	input.phase == "exchange"
	call.kind in {"prompt", "delegation"}
}

default scope := []

scope := ["user-input", "call-agents", "call-tools"] if {
	input.phase == "issue"
	call.kind == "prompt"
} else := ["call-tools", "user-input"] if {
	input.phase == "issue"
	call.kind == "tool"
} else := ["discover"] if {
	input.phase in {"issue", "outbound"}
	call.kind == "discovery"
} else := ["call-tools"] if {
	input.phase == "exchange"
	call.kind == "tool"
} else := [name | some name in ["call-agents", "call-tools"]; name in input.token.scope] if {
	input.phase == "exchange"
	call.kind in {"prompt", "delegation"}
}
