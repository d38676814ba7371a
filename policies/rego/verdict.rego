# METADATA
# title: The shape of one check's result
package casa.verdict

of(check, reason, detail) := {"check": check, "outcome": outcome(reason), "reason": reason, "detail": detail}

abstain(check) := {"check": check, "outcome": "ABSTAIN", "reason": "ok", "detail": "does not apply"}

outcome(reason) := "ALLOW" if {
	reason == "ok"
} else := "BLOCK"
