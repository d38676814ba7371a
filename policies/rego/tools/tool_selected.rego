# METADATA
# title: DETERMINISTIC_TOOL_SELECTED
# description: Blocks tools that are not in the subject token, the ceiling of the session as narrowed so far.
package casa.tool_selected

import data.casa.call
import data.casa.required
import data.casa.verdict

result := verdict.of("DETERMINISTIC_TOOL_SELECTED", reason, call.tool_key) if {
	"DETERMINISTIC_TOOL_SELECTED" in required.names
} else := verdict.abstain("DETERMINISTIC_TOOL_SELECTED")

default reason := "tool_not_in_token"

reason := "ok" if input.token.tools[call.tool_key] == true
