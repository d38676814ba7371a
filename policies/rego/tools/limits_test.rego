package casa.limits_test

import data.casa
import data.casa.fixture

limited(limits) := object.union(fixture.mas, {"rules": {"allow-transfer": {"limits": limits}}})

calls := {"calls_per_session": 2, "sum": null}

sums := {"calls_per_session": null, "sum": {"argument": "amount", "max": 100}}

reason(limits, change) := decision.reason if {
	decision := casa.decision with input as object.union(fixture.exchange, change) with data.mas as limited(limits)
}

counted(calls_so_far, sum_so_far) := {"counters": {"allow-transfer": {"calls": calls_so_far, "sum": sum_so_far}}}

test_calls_are_counted_up_to_the_limit if {
	reason(calls, {}) == "ok"
	reason(calls, counted(1, 0)) == "ok"
	reason(calls, counted(2, 0)) == "limit_exceeded"
	reason(calls, counted(3, 0)) == "limit_exceeded"
}

test_sums_are_added_up_to_the_limit if {
	reason(sums, {}) == "ok"
	reason(sums, counted(9, 90)) == "ok"
	reason(sums, counted(9, 91)) == "limit_exceeded"
	reason(sums, {"tool": {"arguments": {"amount": 101}}}) == "limit_exceeded"
}

test_what_cannot_be_added_is_over_the_limit if {
	every amount in ["10", null, true, [10], {"value": 10}, -1] {
		reason(sums, {"tool": {"arguments": {"amount": amount}}}) == "limit_exceeded"
	}
	question := fixture.replaced(fixture.exchange, {"tool": {"server": "ledger", "name": "transfer", "arguments": {}}})
	decision := casa.decision with input as question with data.mas as limited(sums)
	decision.reason == "limit_exceeded"
}

test_unreadable_counters_are_over_the_limit if {
	reason(calls, {"counters": {"allow-transfer": {"calls": "0", "sum": 0}}}) == "limit_exceeded"
	reason(calls, {"counters": {"allow-transfer": {"calls": 0}}}) == "limit_exceeded"
	reason(calls, {"counters": {"allow-transfer": {"calls": null, "sum": 0}}}) == "limit_exceeded"
	reason(calls, {"counters": null}) == "limit_exceeded"
}

test_both_limits_must_hold if {
	both := {"calls_per_session": 2, "sum": {"argument": "amount", "max": 100}}
	reason(both, counted(1, 50)) == "ok"
	reason(both, counted(2, 50)) == "limit_exceeded"
	reason(both, counted(1, 95)) == "limit_exceeded"
}

test_leaving_does_not_count if {
	question := object.union(fixture.outbound, counted(9, 9))
	decision := casa.decision with input as question with data.mas as limited(calls)
	decision.allow
}

test_another_rules_counter_does_not_count if {
	reason(calls, {"counters": {"another": {"calls": 9, "sum": 9}}}) == "ok"
}

# The transfer under two rules, the second with other limits or another effect.
second(change) := fixture.replaced(fixture.mas, {
	"apps": object.union(fixture.mas.apps, {"teller": {"tools": {"ledger": {"transfer": ["allow-transfer", "second"]}}}}),
	"rules": {
		"allow-transfer": object.union(fixture.mas.rules["allow-transfer"], {"limits": calls}),
		"second": object.union(object.union(fixture.mas.rules["allow-transfer"], {"limits": null}), change),
	},
})

reason_of_two(change, counters) := decision.reason if {
	question := fixture.replaced(fixture.exchange, {"counters": counters})
	decision := casa.decision with input as question with data.mas as second(change)
}

used_up := {"allow-transfer": {"calls": 2, "sum": 0}}

test_another_allow_grants_what_it_grants if {
	reason_of_two({}, used_up) == "ok"
	reason_of_two({"limits": calls}, used_up) == "ok"
}

test_no_allow_is_left_when_all_are_used_up if {
	reason_of_two({"limits": calls}, {"allow-transfer": {"calls": 2, "sum": 0}, "second": {"calls": 2, "sum": 0}}) == "limit_exceeded"
}

test_a_deny_that_only_audits_is_no_allow if {
	reason_of_two({"effect": "Deny", "enforcement": "Audit"}, used_up) == "limit_exceeded"
}
