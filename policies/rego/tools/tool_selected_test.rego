package casa.tool_selected_test

import data.casa
import data.casa.fixture

test_a_tool_outside_the_token_is_denied if {
	every tools in [{}, {"ledger/read": true}, {"ledger/transfer": false}, null] {
		decision := casa.decision with input as fixture.with_token(fixture.exchange, {"tools": tools}) with data.mas as fixture.mas
		not decision.allow
		decision.reason == "tool_not_in_token"
	}
}

test_it_is_not_asked_when_leaving if {
	decision := casa.decision with input as fixture.outbound with data.mas as fixture.mas
	fixture.outcome(decision, "DETERMINISTIC_TOOL_SELECTED") == "ABSTAIN"
}
