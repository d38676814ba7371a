package casa.protocol_test

import data.casa.fixture
import data.casa.protocol

reason(callee, spoken) := found if {
	question := object.union(fixture.delegation, {"callee": callee, "protocol": spoken})
	found := protocol.reason with input as question with data.mas as fixture.mas
}

test_a_protocol_is_looked_up_as_the_kind_of_its_destination if {
	reason(fixture.to_app("ledger"), "mcp") == "ok"
	reason(object.union(fixture.to_app("ledger"), {"kind": "other"}), "mcp") == "protocol_not_allowed"
	llm := {"kind": "llm", "app": null, "host": "llm.example.com", "port": 443}
	reason(llm, "llm") == "ok"
	reason(llm, "mcp") == "protocol_not_allowed"
	endpoint := {"kind": "other", "app": null, "host": "rates.example.com", "port": 443}
	reason(endpoint, "http") == "ok"
	reason(object.union(endpoint, {"kind": "llm"}), "http") == "protocol_not_allowed"
}

test_what_is_spoken_is_a_name if {
	protocol.spoken == "mcp" with input as {"protocol": "mcp"}
	protocol.spoken == "unknown" with input as {"protocol": 7}
}
