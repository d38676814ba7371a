# METADATA
# title: Limits of a rule in one session
# description: Calls in flight are counted by the asker, this call is not. Whatever cannot be added is over the limit.
package casa.limits

within(_, rule) if rule.limits == null

within(rule_id, rule) if {
	calls_within(rule_id, rule.limits.calls_per_session)
	sum_within(rule_id, rule.limits.sum)
}

calls_within(_, bound) if bound == null

calls_within(rule_id, bound) if used(rule_id).calls < bound

sum_within(_, limit) if limit == null

sum_within(rule_id, limit) if {
	amount := input.tool.arguments[limit.argument]

	# A negative amount would make room for a later one.
	amount >= 0
	used(rule_id).sum + amount <= limit.max
}

used(rule_id) := input.counters[rule_id] if {
	is_number(input.counters[rule_id].calls)
	is_number(input.counters[rule_id].sum)
} else := {"calls": 0, "sum": 0} if {
	is_object(input.counters)
	not has_counter(rule_id)
}

has_counter(rule_id) if {
	some key, _ in input.counters
	key == rule_id
}
