# METADATA
# title: TOOL_POLICY
# description: >-
#   The caller's CASAPolicy rules on this tool, found by index. Any matching Deny wins; a tool with rules needs a
#   matching Allow whose limits are not used up.
package casa.tool_policy

import data.casa.arguments
import data.casa.call
import data.casa.limits
import data.casa.required
import data.casa.verdict

# OPA's regular expressions in WASM are broken above 99 patterns in one decision.
patterns_max := 50

result := verdict.of("TOOL_POLICY", reason, concat(" calls ", [call.caller_name, call.tool_key])) if {
	"TOOL_POLICY" in required.names
} else := verdict.abstain("TOOL_POLICY")

rule_ids := data.mas.apps[input.caller.app].tools[input.tool.server][input.tool.name]

rules[id] := data.mas.rules[id] if some id in rule_ids

matching[id] := rule if {
	some id, rule in rules
	arguments.hold(rule.arguments)
}

reason := "tool_denied_by_policy" if {
	denied_by_audit_only
} else := enforced_reason

default denied_by_audit_only := false

denied_by_audit_only if {
	enforced_reason == "ok"
	audit_denies
}

default enforced_reason := "policy_error"

enforced_reason := "tool_denied_by_policy" if not rule_ids

# Indexed, and no rule says more.
enforced_reason := "ok" if count(rule_ids) == 0

enforced_reason := judged if {
	count(rule_ids) > 0
	readable
}

judged := "tool_denied_by_policy" if {
	some rule in matching
	enforced_deny(rule)
	rule.arguments == null
} else := "arguments_denied_by_policy" if {
	some rule in matching
	enforced_deny(rule)
} else := "ok" if {
	names_allow(matching)
	within_limits
} else := "limit_exceeded" if {
	names_allow(matching)
} else := "arguments_denied_by_policy" if {
	names_allow(rules)
} else := "tool_denied_by_policy"

# An Allow whose limits are used up grants nothing more, as if it were not there: taking one away never allows more.
within_limits if {
	some id, rule in matching
	rule.effect == "Allow"
	limits.within(id, rule)
}

# Limits are counted where tokens are minted.
within_limits if not input.phase in {"issue", "exchange"}

audit_denies if {
	some rule in matching
	rule.effect == "Deny"
	rule.enforcement == "Audit"
}

# Whatever is not plainly in Audit is enforced.
enforced_deny(rule) if {
	rule.effect == "Deny"
	rule.enforcement != "Audit"
}

names_allow(some_rules) if {
	some rule in some_rules
	rule.effect == "Allow"
}

# INVARIANT (deny by default): a rule that cannot be found or read would not deny.
readable if {
	every id in rule_ids {
		rules[id]
	}
	sum([rule.arguments.patterns | some rule in rules]) <= patterns_max
	arguments_readable
}

arguments_readable if is_object(input.tool.arguments)

arguments_readable if {
	every rule in rules {
		rule.arguments == null
		reads_no_sum(rule)
	}
}

reads_no_sum(rule) if rule.limits == null

reads_no_sum(rule) if rule.limits.sum == null
