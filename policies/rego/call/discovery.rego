# METADATA
# title: The closed list of discovery
# description: Operations that do nothing for a user, by protocol. They need no session; anything not listed is no discovery.
package casa.discovery

operations := {
	"mcp": {
		"initialize",
		"ping",
		"tools/list",
		"resources/list",
		"resources/templates/list",
		"prompts/list",
		"server/discover",
		"notifications/initialized",
		"notifications/cancelled",
		"notifications/progress",
		"notifications/roots/list_changed",
		"http/get_stream",
		"http/delete_session",
	},
	"llm": {"models"},
	"a2a": {"agent_card"},
}

listed if input.operation in operations[input.protocol]
