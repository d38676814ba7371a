package casa.required_test

import data.casa.fixture
import data.casa.required

names(question) := names_of if {
	names_of := required.names with input as question with data.mas as fixture.mas
}

test_only_a_prompt_from_outside_every_system_needs_no_edge if {
	not "DESTINATION" in names(fixture.issue)
	every change in [
		{"caller": {"app": "portal", "type": "client"}},
		{"start_peer": "workload"},
		{"protocol": "a2a", "operation": "SendMessage"},
	] {
		"DESTINATION" in names(object.union(fixture.issue, change))
		"PROTOCOL" in names(object.union(fixture.issue, change))
	}
}
