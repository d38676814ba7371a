# METADATA
# title: What kind of call it is
# description: >-
#   Exactly one kind, from protocol, operation, tool and destination. `unknown` is allowed in no phase.
package casa.call

import data.casa.discovery

agent_operations := {
	"SendMessage",
	"SendStreamingMessage",
	"message/send",
	"message/stream",
	"GetTask",
	"tasks/get",
	"CancelTask",
	"tasks/cancel",
}

llm_operations := {"chat/completions", "responses", "messages"}

default kind := "unknown"

kind := "tool" if {
	input.protocol == "mcp"
	input.operation == "tools/call"
	is_string(input.tool.server)
	is_string(input.tool.name)
	input.callee.kind == "app"
} else := kind_without_tool if {
	input.tool == null
}

kind_without_tool := "discovery" if {
	discovery.listed
} else := "open_path" if {
	input.protocol == "http"
	input.operation == "open_path"
	input.callee.kind == "app"
} else := "prompt" if {
	input.protocol in {"http", "a2a"}
	input.operation == "prompt"
	input.callee.kind == "app"
} else := "delegation" if {
	input.protocol == "a2a"
	input.operation in agent_operations
} else := "llm" if {
	input.protocol == "llm"
	input.operation in llm_operations
	input.callee.kind == "llm"
} else := "endpoint" if {
	input.protocol == "http"
	input.callee.kind == "other"
}

# `server/name`, as tokens and reach spell it.
tool_key := concat("/", [input.tool.server, input.tool.name])

# `host:port`, as the compiler spells it.
host_port := concat(":", [input.callee.host, json.marshal(input.callee.port)]) if {
	is_number(input.callee.port)
}

# The type that the system declares; SYSTEM holds the caller's own claim against it.
caller_type := data.mas.apps[input.caller.app].type

# Policies that had a say: the asking app's, at the callee's side the callee's.
default policies := []

policies := data.mas.apps[input.callee.app].policies if {
	input.phase == "inbound"
} else := data.mas.apps[input.caller.app].policies

# A caller's name for people.
default caller_name := "a peer outside the system"

caller_name := input.caller.app if is_string(input.caller.app)

# A destination's name for people.
default callee_name := "an unknown destination"

callee_name := input.callee.app if {
	is_string(input.callee.app)
} else := host_port

route := concat("", [caller_name, " to ", callee_name])
