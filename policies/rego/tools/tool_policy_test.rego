package casa.tool_policy_test

import data.casa
import data.casa.fixture
import data.casa.tool_policy

small := {"patterns": 0, "clauses": [[{"path": ["amount"], "keyword": "maximum", "value": 100, "negated": false}]]}

rule(effect, conditions) := {
	"policy": "bank/teller",
	"effect": effect,
	"enforcement": "Enforce",
	"arguments": conditions,
	"limits": null,
}

# The system where the transfer has exactly these rules.
ruled(rules) := object.union(fixture.mas, {
	"rules": rules,
	"apps": {"teller": {"tools": {"ledger": {"transfer": sort([id | some id, _ in rules])}}}},
})

# The reason, the same leaving and at the exchange.
reason(rules, amount) := reasons[0] if {
	reasons := [decision.reason |
		some question in [fixture.exchange, fixture.outbound]
		asked := object.union(question, {"tool": {"arguments": {"amount": amount}}})
		decision := casa.decision with input as asked with data.mas as ruled(rules)
	]
	reasons[0] == reasons[1]
}

test_a_tool_without_rules_is_allowed_if_indexed if {
	reason({}, 10) == "ok"
}

test_a_tool_that_is_not_indexed_is_denied if {
	mas := fixture.replaced(fixture.mas, {"apps": fixture.replaced(
		fixture.mas.apps,
		{"teller": fixture.replaced(fixture.teller, {"tools": {"ledger": {"read": []}}})},
	)})
	decision := casa.decision with input as fixture.exchange with data.mas as mas
	not decision.allow
	decision.reason == "tool_denied_by_policy"
}

test_a_deny_wins_over_every_allow if {
	reason({"a": rule("Allow", null), "b": rule("Deny", null)}, 10) == "tool_denied_by_policy"
}

test_a_deny_holds_for_its_arguments_only if {
	rules := {"a": rule("Allow", null), "b": rule("Deny", small)}
	reason(rules, 100) == "arguments_denied_by_policy"
	reason(rules, 101) == "ok"
}

test_a_deny_alone_allows_nothing if {
	reason({"b": rule("Deny", small)}, 101) == "tool_denied_by_policy"
}

test_an_allow_holds_for_its_arguments_only if {
	rules := {"a": rule("Allow", small)}
	reason(rules, 100) == "ok"
	reason(rules, 101) == "arguments_denied_by_policy"
}

test_one_matching_allow_is_enough if {
	reason({"a": rule("Allow", small), "b": rule("Allow", null)}, 101) == "ok"
}

test_arguments_that_did_not_travel_are_a_denial if {
	question := object.union(fixture.exchange, {"tool": {"arguments": null}})
	every rules in [{"a": rule("Allow", null), "b": rule("Deny", small)}, {"a": rule("Allow", small)}] {
		decision := casa.decision with input as question with data.mas as ruled(rules)
		not decision.allow
		decision.reason == "policy_error"
	}
}

test_a_sum_without_arguments_is_a_denial if {
	summed := object.union(rule("Allow", null), {"limits": {"calls_per_session": null, "sum": {"argument": "amount", "max": 1}}})
	question := object.union(fixture.exchange, {"tool": {"arguments": null}})
	decision := casa.decision with input as question with data.mas as ruled({"a": summed})
	decision.reason == "policy_error"
}

test_no_arguments_are_needed_where_no_rule_reads_them if {
	counted := object.union(rule("Allow", null), {"limits": {"calls_per_session": 1, "sum": null}})
	question := object.union(fixture.exchange, {"tool": {"arguments": null}})
	every rules in [{"a": rule("Allow", null)}, {"a": counted}] {
		decision := casa.decision with input as question with data.mas as ruled(rules)
		decision.allow
	}
}

test_a_rule_that_is_not_there_is_a_denial if {
	mas := object.union(fixture.mas, {"apps": {"teller": {"tools": {"ledger": {"transfer": ["allow-transfer", "lost"]}}}}})
	decision := casa.decision with input as fixture.exchange with data.mas as mas
	decision.reason == "policy_error"
}

patterned(count) := {"a": rule("Allow", {"patterns": count, "clauses": []})}

test_too_many_patterns_are_a_denial if {
	reason(patterned(50), 1) == "ok"
	reason(patterned(51), 1) == "policy_error"
}

in_audit(found) := object.union(found, {"enforcement": "Audit"})

used_up := {"calls_per_session": 0, "sum": null}

test_a_rule_in_audit_still_allows if {
	reason({"a": in_audit(rule("Allow", null))}, 10) == "ok"
}

test_a_deny_that_is_neither_enforced_nor_in_audit_is_enforced if {
	decision := casa.decision with input as fixture.exchange
		with data.mas as ruled({"a": rule("Allow", null), "b": object.union(rule("Deny", null), {"enforcement": "Someday"})})
	not decision.allow
	decision.reason == "tool_denied_by_policy"
}

test_limits_of_a_deny_are_not_looked_at if {
	limited := object.union(in_audit(rule("Deny", null)), {"limits": used_up})
	reason({"a": rule("Allow", null), "b": limited}, 10) == "tool_denied_by_policy"
}

test_only_a_deny_in_audit_denies_in_audit if {
	audit_only({"a": rule("Allow", null), "b": in_audit(rule("Deny", null))})
	not audit_only({"a": rule("Allow", null)})
	not audit_only({"a": in_audit(rule("Allow", null))})
	not audit_only({"a": rule("Allow", null), "b": rule("Deny", null), "c": in_audit(rule("Deny", null))})
	not audit_denies({"a": rule("Allow", null), "b": rule("Deny", null)})
}

audit_only(rules) if tool_policy.denied_by_audit_only with input as fixture.exchange with data.mas as ruled(rules)

audit_denies(rules) if tool_policy.audit_denies with input as fixture.exchange with data.mas as ruled(rules)
