# METADATA
# title: What Audit lets through
# description: >-
#   Only what a policy denies: a forged token, a session start, an unreadable request or an unknown app stays denied.
package casa.audit

import data.casa.tool_policy

policy_checks := {
	"DESTINATION",
	"PROTOCOL",
	"TOOL_POLICY",
	"DETERMINISTIC_TOOL_SELECTED",
	"DETERMINISTIC_LLM_SELECTED_TOOLS",
	"AI_POWERED_TOOL_MATCH",
}

lets_through(block) if {
	block.check in policy_checks
	block.reason != "policy_error"
	on
}

# The app enforces, but the only rule that denies is of a policy in Audit.
lets_through(block) if {
	block.check == "TOOL_POLICY"
	tool_policy.denied_by_audit_only
}

on if app_in_audit(input.caller.app)

on if data.mas.enforcement == "Audit"

# Whether the app takes what Audit let through elsewhere.
accepts(_) if data.mas.enforcement == "Audit"

accepts(app) if app_in_audit(app)

app_in_audit(app) if data.mas.apps[app].enforcement == "Audit"
