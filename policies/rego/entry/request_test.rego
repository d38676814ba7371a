package casa.request_test

import data.casa
import data.casa.fixture

test_every_problem_is_its_own_reason if {
	every problem in ["body_truncated", "body_too_large", "body_malformed", "header_body_mismatch", "runtime_unavailable", "semantic_unavailable"] {
		decision := casa.decision with input as object.union(fixture.outbound, {"problem": problem}) with data.mas as fixture.mas
		not decision.allow
		decision.reason == problem
	}
}

test_an_unknown_problem_is_an_error if {
	every problem in ["ok", "surprise", 7, true] {
		decision := casa.decision with input as object.union(fixture.outbound, {"problem": problem}) with data.mas as fixture.mas
		not decision.allow
		decision.reason == "policy_error"
	}
}
