# METADATA
# title: REQUEST
# description: Blocks what could not be read, or not be asked about, for the reason that the enforcement point gives.
package casa.request

import data.casa.verdict

result := verdict.of("REQUEST", reason, "")

default reason := "policy_error"

reason := "ok" if {
	input.problem == null
} else := input.problem if {
	input.problem in {
		"body_truncated",
		"body_too_large",
		"body_malformed",
		"header_body_mismatch",
		"runtime_unavailable",
		"semantic_unavailable",
	}
}
