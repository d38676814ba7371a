# METADATA
# title: AI_POWERED_TOOL_MATCH
# description: Blocks a tool that does not fit the intent; the verdict is a fact of the input. No verdict is a block.
package casa.tool_match

import data.casa.call
import data.casa.required
import data.casa.verdict

result := verdict.of("AI_POWERED_TOOL_MATCH", reason, call.tool_key) if {
	"AI_POWERED_TOOL_MATCH" in required.names
} else := verdict.abstain("AI_POWERED_TOOL_MATCH")

default reason := "semantic_unavailable"

reason := "ok" if {
	input.semantic.outcome == "match"
} else := "tool_intent_mismatch" if {
	input.semantic.outcome == "no_match"
} else := "ok" if {
	input.semantic.outcome == "abstain"
	data.mas.on_abstain == "pass_reads"
	data.mas.tools[input.tool.server][input.tool.name].reads_only == true
} else := "tool_intent_mismatch" if {
	input.semantic.outcome == "abstain"
}
