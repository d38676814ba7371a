package casa.call_test

import data.casa.call
import data.casa.fixture

kind_of(change) := kind if {
	kind := call.kind with input as object.union(fixture.delegation, change)
}

at(kind) := {"kind": kind, "app": null, "host": "somewhere.example.com", "port": 443}

test_a_kind_needs_its_protocol if {
	prompt := {"operation": "prompt", "callee": fixture.to_app("teller")}
	kind_of(object.union(prompt, {"protocol": "http"})) == "prompt"
	kind_of(object.union(prompt, {"protocol": "a2a"})) == "prompt"
	kind_of(object.union(prompt, {"protocol": "mcp"})) == "unknown"
	kind_of({"protocol": "a2a"}) == "delegation"
	kind_of({"protocol": "mcp"}) == "unknown"
	kind_of({"protocol": "llm", "operation": "responses", "callee": at("llm")}) == "llm"
	kind_of({"protocol": "mcp", "operation": "responses", "callee": at("llm")}) == "unknown"
	kind_of({"protocol": "http", "operation": "GET", "callee": at("other")}) == "endpoint"
	kind_of({"protocol": "llm", "operation": "GET", "callee": at("other")}) == "unknown"
}

test_a_kind_needs_its_destination if {
	kind_of({"protocol": "http", "operation": "open_path"}) == "open_path"
	kind_of({"protocol": "http", "operation": "open_path", "callee": at("llm")}) == "unknown"
	kind_of({"protocol": "http", "operation": "prompt", "callee": at("llm")}) == "unknown"
	kind_of({"protocol": "llm", "operation": "responses", "callee": at("other")}) == "unknown"
	kind_of({"protocol": "http", "operation": "GET"}) == "unknown"
	kind_of({"protocol": "mcp", "operation": "open_path"}) == "unknown"
}

test_a_port_that_is_no_number_makes_no_key if {
	call.host_port == "ledger:8080" with input.callee as fixture.to_app("ledger")
	not call.host_port with input.callee as {"host": "ledger", "port": "8080"}
	not call.host_port with input.callee as {"host": 7, "port": 8080}
}

test_a_route_names_both_ends_where_it_can if {
	call.route == "teller to ledger" with input as fixture.outbound
	call.route == "a peer outside the system to ledger" with input as fixture.replaced(fixture.inbound, {"caller": null})
	call.route == "teller to somewhere.example.com:443" with input as object.union(fixture.outbound, {"callee": at("other")})
	call.route == "teller to an unknown destination" with input as fixture.replaced(fixture.outbound, {"callee": {}})
}

test_a_name_that_is_no_text_is_not_shown if {
	call.caller_name == "a peer outside the system" with input.caller as {"app": 7}
	call.callee_name == "somewhere.example.com:443" with input.callee as object.union(at("other"), {"app": 7})
}

test_a_tool_call_names_a_tool_at_an_app if {
	call.kind == "tool" with input as fixture.exchange
	every change in [{"tool": {"server": 7}}, {"tool": {"name": 7}}, {"callee": at("other")}] {
		call.kind == "unknown" with input as object.union(fixture.exchange, change)
	}
}
