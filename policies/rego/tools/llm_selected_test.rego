package casa.llm_selected_test

import data.casa
import data.casa.fixture

reason(selected) := decision.reason if {
	decision := casa.decision with input as fixture.replaced(fixture.exchange, {"selected": selected}) with data.mas as fixture.mas
}

facts(calls, match, consumed) := {"calls": calls, "match": match, "consumed": consumed}

test_a_fresh_exact_selection_allows if {
	reason(facts(1, "exact", false)) == "ok"
}

test_an_agent_whose_llm_said_nothing_is_denied if {
	reason(null) == "no_llm_calls_made_by_app"
	reason(facts(0, "none", false)) == "no_llm_calls_made_by_app"
	reason(facts(0, "exact", false)) == "no_llm_calls_made_by_app"
}

test_another_selection_is_denied if {
	reason(facts(3, "none", false)) == "tool_not_selected_by_llm"
}

test_a_used_selection_is_denied if {
	reason(facts(1, "exact", true)) == "selection_consumed"
	reason(facts(1, "name", true)) == "selection_consumed"
}

test_other_arguments_are_denied_where_the_tool_is_exact if {
	reason(facts(1, "name", false)) == "selection_arguments_differ"
}

test_other_arguments_are_allowed_where_the_tool_goes_by_name if {
	question := object.union(fixture.exchange, {"tool": {"name": "read"}, "selected": facts(1, "name", false)})
	decision := casa.decision with input as question with data.mas as fixture.mas
	decision.allow
}

test_unreadable_facts_are_denied if {
	reason({}) == "policy_error"
	reason(facts(1, "perhaps", false)) == "policy_error"
	reason(facts(1, "exact", null)) == "policy_error"
	reason(facts(-1, "exact", false)) == "policy_error"
}

test_a_client_needs_no_selection if {
	question := fixture.with_token(
		object.union(fixture.client_tool, {
			"phase": "exchange",
			"token": fixture.token,
			"session": {"state": "live"},
		}),
		{"aud": ["portal"]},
	)
	decision := casa.decision with input as question with data.mas as fixture.mas
	decision.allow
	fixture.outcome(decision, "DETERMINISTIC_LLM_SELECTED_TOOLS") == "ABSTAIN"
}

test_a_check_that_is_off_abstains if {
	mas := fixture.replaced(fixture.mas, {"checks": {}})
	question := fixture.with_token(
		fixture.replaced(fixture.exchange, {"selected": null}),
		{"tools": {}},
	)
	decision := casa.decision with input as question with data.mas as mas
	decision.allow
	fixture.outcome(decision, "DETERMINISTIC_TOOL_SELECTED") == "ABSTAIN"
	fixture.outcome(decision, "DETERMINISTIC_LLM_SELECTED_TOOLS") == "ABSTAIN"
	fixture.outcome(decision, "AI_POWERED_TOOL_MATCH") == "ABSTAIN"
}

test_unreadable_facts_are_denied_where_the_tool_goes_by_name if {
	question := object.union(fixture.exchange, {"tool": {"name": "read"}, "selected": facts(1, "perhaps", false)})
	decision := casa.decision with input as question with data.mas as fixture.mas
	decision.reason == "policy_error"
}

test_a_tool_of_unknown_selection_takes_no_other_arguments if {
	mas := object.union(fixture.mas, {"tools": {"ledger": {"transfer": {"selection": "loose"}}}})
	question := object.union(fixture.exchange, {"selected": facts(1, "name", false)})
	decision := casa.decision with input as question with data.mas as mas
	decision.reason == "policy_error"
}
