package casa.operation_test

import data.casa
import data.casa.call
import data.casa.fixture

reason(question) := decision.reason if {
	decision := casa.decision with input as question with data.mas as fixture.mas
}

test_every_agent_operation_may_be_exchanged if {
	every name in call.agent_operations {
		reason(object.union(fixture.delegation, {"operation": name})) == "ok"
	}
}

test_unknown_operations_are_denied if {
	reason(object.union(fixture.delegation, {"operation": "DeleteEverything"})) == "operation_not_allowed"
	reason(object.union(fixture.exchange, {"operation": "resources/read"})) == "operation_not_allowed"
}

test_an_operation_with_a_tool_that_it_does_not_take_is_denied if {
	question := object.union(fixture.delegation, {"tool": {"server": "ledger", "name": "read"}})
	reason(question) == "operation_not_allowed"
}

test_a_tool_call_without_a_tool_is_denied if {
	reason(object.union(fixture.exchange, {"tool": null})) == "operation_not_allowed"
}

test_a_delegation_to_a_server_is_denied if {
	question := object.union(fixture.delegation, {"callee": fixture.to_app("ledger")})
	mas := fixture.with_app("teller", {"callees": {"ledger": {"a2a": true}}})
	decision := casa.decision with input as question with data.mas as mas
	decision.reason == "operation_not_allowed"
}

test_a_delegation_to_an_agent_outside_may_leave if {
	question := object.union(fixture.delegation, {
		"phase": "outbound",
		"callee": {"kind": "other", "app": null, "host": "agents.example.com", "port": 443},
	})
	mas := fixture.with_app("teller", {"endpoints": {"exact": {"agents.example.com:443": {"a2a": true}}}})
	decision := casa.decision with input as question with data.mas as mas
	decision.allow
}

test_a_session_cannot_start_with_a_delegation if {
	question := object.union(fixture.client_issue, {"protocol": "a2a", "operation": "GetTask"})
	decision := casa.decision with input as question with data.mas as fixture.mas
	not decision.allow
}

test_an_open_path_arrives_without_a_token if {
	question := object.union(fixture.inbound, {
		"caller": null,
		"protocol": "http",
		"operation": "open_path",
		"tool": null,
		"token": null,
		"session": null,
	})
	reason(question) == "ok"
	reason(object.union(question, {"operation": "GET"})) == "operation_not_allowed"
}

test_an_open_path_does_not_leave if {
	question := object.union(fixture.outbound, {"protocol": "http", "operation": "open_path", "tool": null})
	mas := fixture.with_app("teller", {"callees": {"ledger": {"http": true}}})
	decision := casa.decision with input as question with data.mas as mas
	decision.reason == "operation_not_allowed"
}
