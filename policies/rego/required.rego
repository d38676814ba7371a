# METADATA
# title: Which checks must say ALLOW
# description: >-
#   One table for all phases. A check that is not required here abstains; a required one that does not allow denies.
package casa.required

import data.casa.call

# A phase, operation or protocol that nobody knows still requires these, and they block it.
names contains name if some name in ["REQUEST", "SYSTEM", "OPERATION"]

names contains "SESSION_START" if {
	input.phase == "issue"
	call.kind != "discovery"
}

# From outside every MAS there is no edge: the ingress was judged before it was called `outside`.
names contains name if {
	input.phase == "issue"
	not from_outside
	some name in ["DESTINATION", "PROTOCOL"]
}

names contains name if {
	input.phase in {"outbound", "exchange"}
	some name in ["DESTINATION", "PROTOCOL"]
}

names contains "SESSION" if {
	input.phase == "outbound"
	not call.kind in {"discovery", "endpoint"}
}

names contains name if {
	input.phase == "exchange"
	some name in ["SESSION", "TOKEN", "SCOPE"]
}

names contains "SESSION" if {
	input.phase == "inbound"
	not call.kind in {"discovery", "open_path"}
}

names contains name if {
	input.phase == "inbound"
	call.kind != "open_path"
	some name in ["TOKEN", "SCOPE"]
}

names contains "TOOL_KNOWN" if call.kind == "tool"

names contains "TOOL_POLICY" if {
	call.kind == "tool"
	input.phase != "inbound"
}

names contains name if {
	call.kind == "tool"
	input.phase == "exchange"
	some name in ["DETERMINISTIC_TOOL_SELECTED", "AI_POWERED_TOOL_MATCH"]
	data.mas.checks[name]
}

# Clients have no LLM that could have selected.
names contains "DETERMINISTIC_LLM_SELECTED_TOOLS" if {
	call.kind == "tool"
	input.phase == "exchange"
	data.mas.checks.DETERMINISTIC_LLM_SELECTED_TOOLS
	call.caller_type == "agent"
}

from_outside if {
	call.kind == "prompt"
	input.caller == null
	input.start_peer == "outside"
}
