# METADATA
# title: DETERMINISTIC_LLM_SELECTED_TOOLS
# description: Blocks an agent's tool call that no unconsumed selection of its LLM in this session matches.
package casa.llm_selected

import data.casa.call
import data.casa.required
import data.casa.verdict

result := verdict.of("DETERMINISTIC_LLM_SELECTED_TOOLS", reason, call.tool_key) if {
	"DETERMINISTIC_LLM_SELECTED_TOOLS" in required.names
} else := verdict.abstain("DETERMINISTIC_LLM_SELECTED_TOOLS")

default reason := "policy_error"

reason := "no_llm_calls_made_by_app" if {
	input.selected == null
} else := "no_llm_calls_made_by_app" if {
	input.selected.calls == 0
} else := "tool_not_selected_by_llm" if {
	input.selected.match == "none"
} else := "selection_consumed" if {
	input.selected.consumed == true
} else := "selection_arguments_differ" if {
	input.selected.match == "name"
	data.mas.tools[input.tool.server][input.tool.name].selection == "exact"
} else := "ok" if {
	input.selected.calls > 0
	input.selected.consumed == false
	matches
}

matches if input.selected.match == "exact"

matches if {
	input.selected.match == "name"
	data.mas.tools[input.tool.server][input.tool.name].selection == "name"
}
