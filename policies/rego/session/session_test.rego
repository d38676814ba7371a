package casa.session_test

import data.casa
import data.casa.fixture

states := {
	"revoked": "session_revoked",
	"expired": "token_expired",
	"unconfirmed": "runtime_unavailable",
	"unknown": "session_unknown",
	"asleep": "session_unknown",
}

test_only_a_live_session_is_good if {
	every question in [fixture.exchange, fixture.inbound, fixture.outbound, fixture.delegation] {
		live := casa.decision with input as question with data.mas as fixture.mas
		live.allow
		every state, reason in states {
			decision := casa.decision with input as object.union(question, {"session": {"state": state}}) with data.mas as fixture.mas
			not decision.allow
			decision.reason == reason
		}
	}
}

test_no_session_is_session_unknown if {
	every question in [fixture.exchange, fixture.inbound, fixture.outbound] {
		decision := casa.decision with input as object.union(question, {"session": null}) with data.mas as fixture.mas
		decision.reason == "session_unknown"
	}
}

test_a_token_of_no_session_is_good_for_discovery_only if {
	every question in [fixture.exchange, fixture.inbound] {
		every id in [null, ""] {
			decision := casa.decision with input as fixture.with_token(question, {"session_id": id}) with data.mas as fixture.mas
			decision.reason == "session_unknown"
		}
	}
}
