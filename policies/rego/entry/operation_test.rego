package casa.operation_test

import data.casa
import data.casa.call
import data.casa.fixture
import data.casa.operation

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

fits(change) if {
	operation.callee_fits with input as object.union(fixture.delegation, change) with data.mas as fixture.mas
}

elsewhere(kind) := {"kind": kind, "app": null, "host": "somewhere.example.com", "port": 443}

test_only_an_agent_that_takes_prompts_fits_a_prompt if {
	fits({"operation": "prompt", "callee": fixture.to_app("teller")})
	not fits({"operation": "prompt"})
	mas := fixture.with_app("ledger", {"takes_prompts": true})
	question := object.union(fixture.delegation, {"operation": "prompt", "callee": fixture.to_app("ledger")})
	not operation.callee_fits with input as question with data.mas as mas
}

test_only_an_agent_fits_a_delegation if {
	fits({})
	fits({"phase": "outbound", "callee": elsewhere("other")})
	not fits({"callee": elsewhere("other")})
	not fits({"phase": "outbound", "callee": elsewhere("llm")})
}

test_discovery_fits_where_its_protocol_is_spoken if {
	models := {"phase": "outbound", "protocol": "llm", "operation": "models"}
	fits(object.union(models, {"callee": elsewhere("llm")}))
	not fits(object.union(models, {"callee": elsewhere("other")}))
	not fits(object.union(models, {"callee": fixture.to_app("teller")}))
	listing := {"phase": "outbound", "protocol": "mcp", "operation": "tools/list"}
	fits(object.union(listing, {"callee": elsewhere("other")}))
	not fits(object.union(listing, {"callee": elsewhere("llm")}))
}
