package casa_test

import data.casa
import data.casa.fixture

check_order := [
	"REQUEST",
	"SYSTEM",
	"SESSION_START",
	"DESTINATION",
	"PROTOCOL",
	"OPERATION",
	"TOOL_KNOWN",
	"TOKEN",
	"SESSION",
	"SCOPE",
	"TOOL_POLICY",
	"DETERMINISTIC_TOOL_SELECTED",
	"DETERMINISTIC_LLM_SELECTED_TOOLS",
	"AI_POWERED_TOOL_MATCH",
]

test_every_check_is_shown_in_a_fixed_order if {
	every question in [fixture.exchange, fixture.inbound, fixture.issue, {}] {
		decision := casa.decision with input as question with data.mas as fixture.mas
		[check.check | some check in decision.checks] == check_order
	}
}

test_the_first_block_gives_the_reason if {
	question := object.union(fixture.exchange, {"session": {"state": "revoked"}, "selected": null})
	decision := casa.decision with input as question with data.mas as fixture.mas
	not decision.allow
	decision.reason == "session_revoked"
	fixture.outcome(decision, "DETERMINISTIC_LLM_SELECTED_TOOLS") == "BLOCK"
}

test_an_empty_question_is_denied_whole if {
	decision := casa.decision with input as {} with data.mas as fixture.mas
	not decision.allow
	decision.reason == "policy_error"
	decision.grant == {"tools": [], "scope": []}
	decision.policies == []
}

test_without_data_everything_is_denied if {
	decision := casa.decision with input as fixture.exchange
	not decision.allow
}

test_every_missing_member_is_a_denial if {
	every question in [fixture.exchange, fixture.inbound] {
		every key in ["phase", "mas", "now", "caller", "callee", "protocol", "operation", "tool", "token", "session", "problem"] {
			denied(object.remove(question, [key]))
		}
	}
}

denied(question) if {
	decision := casa.decision with input as question with data.mas as fixture.mas
	not decision.allow
}

test_a_denial_grants_nothing if {
	question := object.union(fixture.exchange, {"problem": "body_malformed"})
	decision := casa.decision with input as question with data.mas as fixture.mas
	decision.grant == {"tools": [], "scope": []}
	not decision.audit_only
}

test_policies_are_named_and_sorted if {
	decision := casa.decision with input as fixture.exchange with data.mas as fixture.mas
	decision.policies == ["bank/all", "bank/teller"]
}

test_arriving_names_the_callees_policies if {
	decision := casa.decision with input as fixture.inbound with data.mas as fixture.mas
	decision.allow
	decision.policies == ["implied"]
}

test_a_required_check_that_abstains_denies if {
	abstained := {"check": "SCOPE", "outcome": "ABSTAIN", "reason": "ok", "detail": ""}
	decision := casa.decision with input as fixture.exchange
		with data.mas as fixture.mas
		with data.casa.scope.result as abstained
	not decision.allow
	decision.reason == "policy_error"
}

test_a_check_that_nobody_required_may_still_block if {
	blocked := {"check": "SESSION_START", "outcome": "BLOCK", "reason": "session_start_not_allowed", "detail": ""}
	decision := casa.decision with input as fixture.exchange
		with data.mas as fixture.mas
		with data.casa.session_start.result as blocked
	not decision.allow
	decision.reason == "session_start_not_allowed"
}
