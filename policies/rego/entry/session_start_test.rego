package casa.session_start_test

import data.casa
import data.casa.fixture
import data.casa.session_start

decide(question) := decision if {
	decision := casa.decision with input as question with data.mas as fixture.mas
}

test_a_client_and_an_outside_peer_may_start if {
	decide(fixture.issue).allow
	decide(fixture.client_issue).allow
	decide(fixture.client_tool).allow
}

test_a_workload_itself_and_nobody_never_start if {
	every peer in ["workload", "self", null, "operator"] {
		every question in [fixture.issue, fixture.client_issue, fixture.client_tool] {
			decide(object.union(question, {"start_peer": peer})).reason == "session_start_not_allowed"
		}
	}
}

test_an_agent_that_is_called_a_client_does_not_start if {
	question := object.union(fixture.client_issue, {"caller": {"app": "teller", "type": "agent"}})
	decide(question).reason == "session_start_not_allowed"
}

test_an_app_is_not_outside if {
	question := object.union(fixture.client_issue, {"start_peer": "outside"})
	decide(question).reason == "session_start_not_allowed"
}

test_an_outside_peer_calls_no_tool if {
	question := object.union(fixture.client_tool, {"caller": null, "start_peer": "outside"})
	decide(question).reason == "session_start_not_allowed"
}

test_only_an_agent_that_takes_prompts_is_an_entry if {
	decide(object.union(fixture.issue, {"callee": fixture.to_app("auditor")})).reason == "session_start_not_allowed"
	decide(object.union(fixture.issue, {"callee": fixture.to_app("ledger")})).reason == "session_start_not_allowed"
}

test_a_client_needs_the_edge if {
	question := object.union(fixture.client_issue, {"callee": fixture.to_app("auditor")})
	mas := fixture.with_app("auditor", {"takes_prompts": true})
	decision := casa.decision with input as question with data.mas as mas
	decision.reason == "destination_not_allowed"
}

test_a_clients_tool_must_be_allowed_by_its_policy if {
	decide(object.union(fixture.client_tool, {"tool": {"name": "transfer"}})).reason == "tool_denied_by_policy"
}

starts_with(question) := reason if {
	reason := session_start.reason with input as question with data.mas as fixture.mas
}

test_a_session_starts_with_a_prompt_or_a_clients_tool if {
	starts_with(fixture.issue) == "ok"
	starts_with(fixture.client_issue) == "ok"
	starts_with(fixture.client_tool) == "ok"
	every question in [fixture.issue, fixture.client_issue] {
		delegated := object.union(question, {"protocol": "a2a", "operation": "SendMessage"})
		starts_with(delegated) == "session_start_not_allowed"
	}
}

test_a_server_that_takes_prompts_is_no_entry if {
	question := object.union(fixture.issue, {"callee": fixture.to_app("ledger")})
	mas := fixture.with_app("ledger", {"takes_prompts": true})
	reason := session_start.reason with input as question with data.mas as mas
	reason == "session_start_not_allowed"
}
