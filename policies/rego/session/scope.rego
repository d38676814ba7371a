# METADATA
# title: SCOPE
# description: Blocks operations that the token's scope does not name.
package casa.scope

import data.casa.call
import data.casa.required
import data.casa.verdict

result := verdict.of("SCOPE", reason, call.kind) if {
	"SCOPE" in required.names
} else := verdict.abstain("SCOPE")

# Any one of these is enough.
sufficient := {
	"exchange": {
		"tool": {"call-tools"},
		"prompt": {"call-agents"},
		"delegation": {"call-agents"},
	},
	"inbound": {
		"tool": {"call-tools"},
		"prompt": {"user-input", "call-agents"},
		"delegation": {"call-agents"},
		"discovery": {"discover", "call-tools", "call-agents"},
	},
}

default reason := "insufficient_scope"

reason := "ok" if {
	some scope in input.token.scope
	scope in sufficient[input.phase][call.kind]
}
