package casa.discovery_test

import data.casa
import data.casa.discovery
import data.casa.fixture

leaving := object.union(fixture.outbound, {"tool": null, "operation": "tools/list", "session": null})

arriving := fixture.with_token(
	object.union(fixture.inbound, {"tool": null, "operation": "tools/list", "session": null}),
	{"scope": ["discover"], "tools": {}, "session_id": null, "call_matches": null},
)

test_every_listed_operation_leaves_without_a_session if {
	every operation in discovery.operations.mcp {
		decision := casa.decision with input as object.union(leaving, {"operation": operation}) with data.mas as fixture.mas
		decision.allow
		decision.grant == {"tools": [], "scope": ["discover"]}
	}
}

test_what_is_not_listed_is_no_discovery if {
	every operation in ["resources/read", "prompts/get", "tools/call", "Initialize", "notifications/unheard_of", ""] {
		decision := casa.decision with input as object.union(leaving, {"operation": operation}) with data.mas as fixture.mas
		not decision.allow
		decision.reason == "operation_not_allowed"
	}
}

test_a_listed_operation_of_another_protocol_is_no_discovery if {
	question := object.union(leaving, {"protocol": "a2a", "callee": fixture.to_app("auditor")})
	decision := casa.decision with input as question with data.mas as fixture.mas
	decision.reason == "operation_not_allowed"
}

test_discovery_needs_an_allowed_edge if {
	decision := casa.decision with input as leaving with data.mas as fixture.with_app("teller", {"callees": {"ledger": {"mcp": false}}})
	decision.reason == "protocol_not_allowed"
}

test_an_agent_card_may_be_read if {
	question := object.union(leaving, {"protocol": "a2a", "operation": "agent_card", "callee": fixture.to_app("auditor")})
	decision := casa.decision with input as question with data.mas as fixture.mas
	decision.allow
}

test_models_may_be_listed_at_the_llm_only if {
	llm := {"kind": "llm", "app": null, "host": "llm.example.com", "port": 443}
	question := object.union(leaving, {"protocol": "llm", "operation": "models"})
	allowed := casa.decision with input as object.union(question, {"callee": llm}) with data.mas as fixture.mas
	allowed.allow
	elsewhere := casa.decision with input as question with data.mas as fixture.mas
	not elsewhere.allow
}

test_an_app_token_is_enough_to_arrive if {
	decision := casa.decision with input as arriving with data.mas as fixture.mas
	decision.allow
}

test_arriving_needs_a_token_in_time_for_this_app if {
	cases := {
		"token_expired": {"exp": 1000},
		"audience_mismatch": {"aud": ["auditor"]},
		"token_invalid": {"verified": false},
		"insufficient_scope": {"scope": ["user-input"]},
	}
	every reason, change in cases {
		decision := casa.decision with input as fixture.with_token(arriving, change) with data.mas as fixture.mas
		not decision.allow
		decision.reason == reason
	}
}

test_an_app_token_can_be_asked_for_at_issue if {
	question := object.union(leaving, {"phase": "issue"})
	decision := casa.decision with input as question with data.mas as fixture.mas
	decision.allow
	decision.grant == {"tools": [], "scope": ["discover"]}
}

test_a_peer_outside_the_system_is_given_no_app_token if {
	question := object.union(leaving, {"phase": "issue", "caller": null, "start_peer": "outside"})
	decision := casa.decision with input as question with data.mas as fixture.mas
	not decision.allow
	decision.reason == "destination_not_allowed"
}

test_discovery_is_never_exchanged if {
	question := object.union(fixture.exchange, {"tool": null, "operation": "tools/list"})
	decision := casa.decision with input as question with data.mas as fixture.mas
	decision.reason == "operation_not_allowed"
}
