# METADATA
# title: TOOL_KNOWN
# description: Blocks tools that the system does not know at this server.
package casa.tool_known

import data.casa.call
import data.casa.required
import data.casa.verdict

result := verdict.of("TOOL_KNOWN", reason, call.tool_key) if {
	"TOOL_KNOWN" in required.names
} else := verdict.abstain("TOOL_KNOWN")

default reason := "tool_unknown"

reason := "ok" if {
	input.tool.server == input.callee.app
	data.mas.tools[input.tool.server][input.tool.name]
}
