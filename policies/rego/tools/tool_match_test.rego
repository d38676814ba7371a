package casa.tool_match_test

import data.casa
import data.casa.fixture

enabled(on_abstain) := object.union(fixture.mas, {
	"checks": {"AI_POWERED_TOOL_MATCH": true},
	"on_abstain": on_abstain,
})

reason(tool, outcome, on_abstain) := decision.reason if {
	question := object.union(fixture.exchange, {
		"tool": {"name": tool},
		"semantic": {"outcome": outcome, "score": 0.5, "strategy": "hybrid"},
	})
	decision := casa.decision with input as question with data.mas as enabled(on_abstain)
}

test_the_verdict_decides if {
	reason("transfer", "match", "block") == "ok"
	reason("transfer", "no_match", "pass_reads") == "tool_intent_mismatch"
}

test_an_abstention_passes_only_tools_that_read if {
	reason("read", "abstain", "pass_reads") == "ok"
	reason("transfer", "abstain", "pass_reads") == "tool_intent_mismatch"
	reason("read", "abstain", "block") == "tool_intent_mismatch"
}

test_no_verdict_is_a_block if {
	reason("read", "failed", "pass_reads") == "semantic_unavailable"
	reason("read", "unheard_of", "pass_reads") == "semantic_unavailable"
	decision := casa.decision with input as fixture.exchange with data.mas as enabled("pass_reads")
	decision.reason == "semantic_unavailable"
}

test_a_deterministic_block_comes_first if {
	question := object.union(fixture.exchange, {"selected": {"match": "none"}})
	decision := casa.decision with input as question with data.mas as enabled("pass_reads")
	decision.reason == "tool_not_selected_by_llm"
	fixture.outcome(decision, "AI_POWERED_TOOL_MATCH") == "BLOCK"
}
