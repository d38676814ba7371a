package casa.grant_test

import data.casa
import data.casa.fixture
import data.casa.grant

test_a_prompt_gives_all_that_the_entry_can_reach if {
	every question in [fixture.issue, fixture.client_issue] {
		decision := casa.decision with input as question with data.mas as fixture.mas
		decision.allow
		decision.grant == {
			"tools": ["ledger/read", "ledger/transfer"],
			"scope": ["user-input", "call-agents", "call-tools"],
		}
	}
}

test_a_clients_tool_call_gives_that_tool_only if {
	decision := casa.decision with input as fixture.client_tool with data.mas as fixture.mas
	decision.allow
	decision.grant == {"tools": ["ledger/read"], "scope": ["call-tools", "user-input"]}
}

test_an_exchange_for_a_tool_gives_that_tool_only if {
	decision := casa.decision with input as fixture.exchange with data.mas as fixture.mas
	decision.allow
	decision.grant == {"tools": ["ledger/transfer"], "scope": ["call-tools"]}
}

test_a_delegation_narrows_to_what_the_callee_can_reach if {
	decision := casa.decision with input as fixture.delegation with data.mas as fixture.mas
	decision.allow
	decision.grant == {"tools": ["ledger/read"], "scope": ["call-agents", "call-tools"]}
}

test_a_delegation_never_widens_the_token if {
	question := fixture.with_token(fixture.delegation, {"tools": {"ledger/transfer": true}, "scope": ["call-agents"]})
	decision := casa.decision with input as question with data.mas as fixture.mas
	decision.allow
	decision.grant == {"tools": [], "scope": ["call-agents"]}
}

test_leaving_and_arriving_grant_nothing if {
	every question in [fixture.outbound, fixture.inbound] {
		decision := casa.decision with input as question with data.mas as fixture.mas
		decision.allow
		decision.grant == {"tools": [], "scope": []}
	}
}

granted(question) := {"tools": tools, "scope": scope} if {
	tools := grant.tools with input as question with data.mas as fixture.mas
	scope := grant.scope with input as question with data.mas as fixture.mas
}

prompt := {"operation": "prompt", "callee": fixture.to_app("teller")}

test_a_prompt_that_is_exchanged_only_narrows if {
	question := fixture.with_token(
		object.union(fixture.delegation, prompt),
		{"tools": {"ledger/read": true}, "scope": ["user-input", "call-tools"]},
	)
	granted(question) == {"tools": ["ledger/read"], "scope": ["call-tools"]}
}

test_only_issue_and_exchange_grant_something_of_a_session if {
	every phase in ["outbound", "inbound"] {
		granted(object.union(fixture.delegation, {"phase": phase})) == {"tools": [], "scope": []}
		granted(object.union(fixture.exchange, {"phase": phase})) == {"tools": [], "scope": []}
		granted(object.union(fixture.delegation, object.union(prompt, {"phase": phase}))) == {"tools": [], "scope": []}
	}
}

test_discovery_is_granted_where_it_leaves_only if {
	question := object.union(fixture.outbound, {"operation": "tools/list", "tool": null})
	granted(question) == {"tools": [], "scope": ["discover"]}
	every phase in ["inbound", "exchange"] {
		granted(object.union(question, {"phase": phase})) == {"tools": [], "scope": []}
	}
}

test_an_unknown_kind_is_granted_nothing if {
	every phase in ["issue", "exchange"] {
		granted(object.union(fixture.exchange, {"phase": phase, "operation": "resources/read"})) == {"tools": [], "scope": []}
	}
}
