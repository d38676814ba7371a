package casa.audit_test

import data.casa
import data.casa.fixture

unselected := object.union(fixture.exchange, {"selected": {"match": "none"}})

system_in_audit := object.union(fixture.mas, {"enforcement": "Audit"})

test_audit_lets_a_policy_denial_through_and_says_so if {
	every mas in [system_in_audit, fixture.with_app("teller", {"enforcement": "Audit"})] {
		decision := casa.decision with input as unselected with data.mas as mas
		decision.allow
		decision.audit_only
		decision.reason == "tool_not_selected_by_llm"
		decision.grant == {"tools": ["ledger/transfer"], "scope": ["call-tools"]}
	}
}

test_audit_of_another_app_does_not_count if {
	decision := casa.decision with input as unselected with data.mas as fixture.with_app("portal", {"enforcement": "Audit"})
	not decision.allow
}

test_what_all_checks_allow_is_not_audit_only if {
	decision := casa.decision with input as fixture.exchange with data.mas as system_in_audit
	decision.allow
	not decision.audit_only
	decision.reason == "ok"
}

test_audit_lets_an_unnamed_destination_through if {
	question := object.union(fixture.outbound, {
		"callee": {"kind": "other", "app": null, "host": "new.example.com", "port": 443},
		"protocol": "http",
		"operation": "GET",
		"tool": null,
	})
	decision := casa.decision with input as question with data.mas as system_in_audit
	decision.audit_only
	decision.reason == "destination_not_allowed"
}

test_audit_never_lets_these_through if {
	every change in [
		{"problem": "body_truncated"},
		{"session": {"state": "revoked"}},
		{"token": {"verified": false}},
		{"token": {"exp": 1}},
		{"token": {"aud": ["auditor"]}},
		{"token": {"scope": ["discover"]}},
		{"mas": "other.mas"},
		{"callee": {"app": "nobody"}},
		{"operation": "resources/read"},
		{"tool": {"name": "unheard_of"}},
		{"phase": "issue", "start_peer": "workload"},
	] {
		decision := casa.decision with input as object.union(fixture.exchange, change) with data.mas as system_in_audit
		not decision.allow
	}
}

test_a_deny_of_a_policy_in_audit_is_recorded_only if {
	mas := object.union(fixture.mas, {
		"rules": {"audit-deny": {"policy": "p", "effect": "Deny", "enforcement": "Audit", "arguments": null, "limits": null}},
		"apps": {"teller": {"tools": {"ledger": {"transfer": ["allow-transfer", "audit-deny"]}}}},
	})
	decision := casa.decision with input as fixture.exchange with data.mas as mas
	decision.audit_only
	decision.reason == "tool_denied_by_policy"
}

test_a_policy_error_is_not_let_through if {
	mas := object.union(system_in_audit, {"apps": {"teller": {"tools": {"ledger": {"transfer": ["no-such-rule"]}}}}})
	decision := casa.decision with input as fixture.exchange with data.mas as mas
	not decision.allow
	decision.reason == "policy_error"
}

test_a_deny_of_a_policy_in_audit_lets_nothing_else_through if {
	mas := object.union(fixture.mas, {
		"rules": {"audit-deny": {"policy": "p", "effect": "Deny", "enforcement": "Audit", "arguments": null, "limits": null}},
		"apps": {"teller": {"tools": {"ledger": {"transfer": ["allow-transfer", "audit-deny"]}}}},
	})
	question := object.union(fixture.exchange, {"session": {"state": "revoked"}})
	decision := casa.decision with input as question with data.mas as mas
	not decision.allow
}
