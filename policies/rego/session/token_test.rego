package casa.token_test

import data.casa
import data.casa.fixture
import data.casa.token

reason(question) := decision.reason if {
	decision := casa.decision with input as question with data.mas as fixture.mas
}

test_a_missing_token_is_denied if {
	every question in [fixture.exchange, fixture.inbound] {
		reason(object.union(question, {"token": null})) == "token_missing"
	}
}

test_a_bad_token_is_denied_for_its_reason if {
	cases := [
		[{"verified": false}, "token_invalid"],
		[{"verified": "yes"}, "token_invalid"],
		[{"exp": 1000}, "token_expired"],
		[{"exp": "9999"}, "token_invalid"],
		[{"aud": ["auditor"]}, "audience_mismatch"],
		[{"aud": []}, "audience_mismatch"],
		[{"audit": null}, "token_invalid"],
	]
	every question in [fixture.exchange, fixture.inbound] {
		every pair in cases {
			reason(fixture.with_token(question, pair[0])) == pair[1]
		}
	}
}

test_a_token_holds_for_its_tool_and_its_call if {
	reason(fixture.with_token(fixture.inbound, {"tools": {"ledger/read": true}})) == "tool_not_in_token"
	reason(fixture.with_token(fixture.inbound, {"call_matches": false})) == "token_invalid"
	reason(fixture.with_token(fixture.inbound, {"call_matches": null})) == "token_invalid"
}

test_a_token_of_audit_is_accepted_in_audit_only if {
	question := fixture.with_token(fixture.inbound, {"audit": true})
	reason(question) == "token_invalid"
	every mas in [
		fixture.with_app("ledger", {"enforcement": "Audit"}),
		object.union(fixture.mas, {"enforcement": "Audit"}),
	] {
		decision := casa.decision with input as question with data.mas as mas
		decision.allow
	}
}

test_a_prompt_arrives_with_the_intent_token_or_a_delegation if {
	prompt := fixture.with_token(
		object.union(fixture.inbound, {"callee": fixture.to_app("teller"), "protocol": "http", "operation": "prompt", "tool": null}),
		{"aud": ["teller"], "call_matches": null},
	)
	reason(fixture.with_token(prompt, {"scope": ["user-input"]})) == "ok"
	reason(fixture.with_token(prompt, {"scope": ["call-agents"]})) == "ok"
	reason(fixture.with_token(prompt, {"scope": ["call-tools"]})) == "insufficient_scope"
}

test_scope_must_name_the_operation if {
	reason(fixture.with_token(fixture.exchange, {"scope": ["call-agents"]})) == "insufficient_scope"
	reason(fixture.with_token(fixture.delegation, {"scope": ["call-tools"]})) == "insufficient_scope"
	reason(fixture.with_token(fixture.inbound, {"scope": ["discover"]})) == "insufficient_scope"
}

test_a_token_has_a_holder_only_where_it_is_judged if {
	token.holder == "teller" with input as fixture.exchange
	token.holder == "ledger" with input as fixture.inbound
	token.holder == "" with input as fixture.outbound
	token.holder == "" with input as object.union(fixture.exchange, {"caller": {"app": 7}})
	token.holder == "" with input as object.union(fixture.inbound, {"callee": {"app": 7}})
}

test_time_and_audit_must_be_readable if {
	own_reason(object.union(fixture.exchange, {"now": "1000"})) == "token_invalid"
	own_reason(fixture.with_token(fixture.exchange, {"audit": null})) == "token_invalid"
}

own_reason(question) := found if {
	mas := object.union(fixture.mas, {"enforcement": "Audit"})
	found := token.reason with input as question with data.mas as mas
}
