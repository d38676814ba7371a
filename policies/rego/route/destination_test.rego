package casa.destination_test

import data.casa
import data.casa.destination
import data.casa.fixture

decide(question) := decision if {
	decision := casa.decision with input as question with data.mas as fixture.mas
}

to_endpoint(host, port) := object.union(fixture.outbound, {
	"callee": {"kind": "other", "app": null, "host": host, "port": port},
	"protocol": "http",
	"operation": "POST",
	"tool": null,
	"session": null,
})

to_llm(operation) := object.union(fixture.outbound, {
	"callee": {"kind": "llm", "app": null, "host": "llm.example.com", "port": 443},
	"protocol": "llm",
	"operation": operation,
	"tool": null,
})

test_an_app_without_an_edge_is_denied if {
	decide(object.union(fixture.outbound, {"callee": fixture.to_app("portal")})).reason == "destination_not_allowed"
	decide(object.union(fixture.exchange, {"callee": fixture.to_app("portal")})).reason == "destination_not_allowed"
}

test_an_edge_holds_for_its_protocols_only if {
	question := object.union(fixture.delegation, {"callee": fixture.to_app("ledger")})
	decide(question).reason == "protocol_not_allowed"
}

test_a_prompt_needs_the_agent_protocol_and_no_http if {
	question := object.union(fixture.client_issue, {"phase": "outbound", "start_peer": null, "session": {"state": "live"}})
	decide(question).allow
	mas := fixture.with_app("portal", {"callees": {"teller": {"a2a": false, "http": true}}})
	only_http := casa.decision with input as question with data.mas as mas
	not only_http.allow
}

test_plain_http_to_an_app_is_no_operation if {
	question := object.union(fixture.outbound, {"protocol": "http", "operation": "GET", "tool": null})
	decision := casa.decision with input as question with data.mas as fixture.with_app("teller", {"callees": {"ledger": {"http": true}}})
	decision.reason == "operation_not_allowed"
}

test_an_endpoint_needs_no_session if {
	decide(to_endpoint("rates.example.com", 443)).allow
}

test_an_endpoint_is_exact_in_host_port_and_protocol if {
	decide(to_endpoint("rates.example.com", 80)).reason == "destination_not_allowed"
	decide(to_endpoint("evil.example.com", 443)).reason == "destination_not_allowed"
	decide(to_endpoint("files.example.com", 21)).reason == "protocol_not_allowed"
	decide(object.union(to_endpoint("rates.example.com", 443), {"protocol": "llm"})).reason == "protocol_not_allowed"
}

test_a_prefix_holds_for_its_addresses_and_port if {
	decide(to_endpoint("10.1.2.3", 5432)).allow
	decide(to_endpoint("10.2.2.3", 5432)).reason == "destination_not_allowed"
	decide(to_endpoint("10.1.2.3", 80)).reason == "destination_not_allowed"
	decide(to_endpoint("db.example.com", 5432)).reason == "destination_not_allowed"
	decide(to_endpoint("::ffff:10.1.2.3", 5432)).reason == "destination_not_allowed"
}

test_a_port_that_is_no_number_is_no_destination if {
	decide(to_endpoint("rates.example.com", "443")).reason == "destination_not_allowed"
}

test_the_llm_is_called_by_its_known_operations if {
	every operation in ["chat/completions", "responses", "messages"] {
		decide(to_llm(operation)).allow
	}
	decide(to_llm("files")).reason == "operation_not_allowed"
	decide(to_llm("embeddings")).reason == "operation_not_allowed"
}

test_the_llm_needs_a_session if {
	decide(object.union(to_llm("responses"), {"session": null})).reason == "session_unknown"
}

test_another_llm_is_no_destination if {
	question := object.union(to_llm("responses"), {"callee": {"host": "llm.evil.example"}})
	decide(question).reason == "destination_not_allowed"
}

test_nothing_of_the_llm_is_exchanged if {
	question := object.union(to_llm("responses"), {"phase": "exchange", "token": fixture.token})
	decide(question).reason == "operation_not_allowed"
}

reason(callee) := found if {
	question := object.union(fixture.outbound, {"callee": callee})
	found := destination.reason with input as question with data.mas as fixture.mas
}

test_a_destination_is_looked_up_as_the_kind_that_it_is if {
	reason(fixture.to_app("ledger")) == "ok"
	reason(object.union(fixture.to_app("ledger"), {"kind": "other"})) == "destination_not_allowed"
	llm := {"kind": "llm", "app": null, "host": "llm.example.com", "port": 443}
	reason(llm) == "ok"
	reason(object.union(llm, {"kind": "other"})) == "destination_not_allowed"
	endpoint := {"kind": "other", "app": null, "host": "rates.example.com", "port": 443}
	reason(endpoint) == "ok"
	reason(object.union(endpoint, {"kind": "llm"})) == "destination_not_allowed"
}
