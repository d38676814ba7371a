package casa.tool_known_test

import data.casa
import data.casa.fixture
import data.casa.tool_known

reason(question) := decision.reason if {
	decision := casa.decision with input as question with data.mas as fixture.mas
}

test_a_tool_that_the_server_does_not_have_is_unknown if {
	every question in [fixture.exchange, fixture.outbound, fixture.client_tool] {
		reason(object.union(question, {"tool": {"name": "unheard_of"}})) == "tool_unknown"
	}
	arriving := fixture.with_token(
		object.union(fixture.inbound, {"tool": {"name": "unheard_of"}}),
		{"tools": {"ledger/unheard_of": true}},
	)
	reason(arriving) == "tool_unknown"
}

test_a_tool_of_another_server_is_unknown_here if {
	reason(object.union(fixture.exchange, {"tool": {"server": "auditor"}})) == "tool_unknown"
}

test_a_tool_is_known_at_the_server_that_is_called_only if {
	question := object.union(fixture.exchange, {"callee": fixture.to_app("auditor")})
	reason(object.union(question, {"protocol": "mcp"})) != "ok"
	tool_known.reason == "tool_unknown" with input as question with data.mas as fixture.mas
}

test_what_is_no_tool_call_is_not_asked if {
	decision := casa.decision with input as object.union(fixture.exchange, {"operation": "resources/read"})
		with data.mas as fixture.mas
	fixture.outcome(decision, "TOOL_KNOWN") == "ABSTAIN"
}
