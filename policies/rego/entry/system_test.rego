package casa.system_test

import data.casa
import data.casa.fixture
import data.casa.system

reason(question) := decision.reason if {
	decision := casa.decision with input as question with data.mas as fixture.mas
}

test_another_system_is_policy_missing if {
	reason(object.union(fixture.outbound, {"mas": "bank.other"})) == "policy_missing"
}

test_unknown_apps_are_policy_missing if {
	reason(object.union(fixture.outbound, {"caller": {"app": "nobody"}})) == "policy_missing"
	reason(object.union(fixture.outbound, {"callee": {"app": "nobody"}})) == "policy_missing"
	reason(object.union(fixture.inbound, {"callee": {"app": "nobody"}})) == "policy_missing"
}

test_leaving_and_exchanging_need_a_known_caller if {
	reason(object.union(fixture.outbound, {"caller": null})) == "policy_missing"
	reason(object.union(fixture.exchange, {"caller": null})) == "policy_missing"
}

test_a_caller_of_another_type_than_declared_is_an_error if {
	reason(object.union(fixture.exchange, {"caller": {"type": "client"}})) == "policy_error"
}

test_an_unknown_phase_is_denied if {
	every phase in ["", "preview", null] {
		decision := casa.decision with input as fixture.replaced(fixture.exchange, {"phase": phase}) with data.mas as fixture.mas
		not decision.allow
	}
}

test_a_time_that_is_no_number_is_denied if {
	reason(object.union(fixture.inbound, {"now": "1000"})) == "policy_error"
}

test_a_peer_outside_the_system_may_arrive_with_a_token if {
	reason(object.union(fixture.inbound, {"caller": null})) == "ok"
}

test_a_caller_that_is_no_app_may_not_claim_to_be_one if {
	reason(object.union(fixture.inbound, {"caller": {"app": "nobody"}})) == "policy_missing"
}

test_a_destination_that_is_no_app_says_so_and_is_only_left_for if {
	elsewhere := {"kind": "other", "app": null, "host": "rates.example.com", "port": 443}
	known(fixture.outbound, elsewhere)
	known(fixture.exchange, elsewhere)
	not known(fixture.inbound, elsewhere)
	not known(fixture.outbound, object.union(elsewhere, {"app": "nobody"}))
	not known(fixture.outbound, object.union(elsewhere, {"kind": "app"}))
}

known(question, callee) if {
	system.callee_known with input as fixture.replaced(question, {"callee": callee}) with data.mas as fixture.mas
}
