package casa.grant_test

import data.casa
import data.casa.fixture

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
