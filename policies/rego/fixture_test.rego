# METADATA
# title: The system and the calls that all tests begin with
package casa.fixture

mas := {
	"name": "bank.bank",
	"enforcement": "Enforce",
	"checks": {"DETERMINISTIC_TOOL_SELECTED": true, "DETERMINISTIC_LLM_SELECTED_TOOLS": true},
	"on_abstain": "pass_reads",
	"reads_arguments": true,
	"apps": {"portal": portal, "teller": teller, "auditor": auditor, "ledger": ledger},
	"tools": {"ledger": {
		"read": {"selection": "name", "reads_only": true},
		"transfer": {"selection": "exact", "reads_only": false},
	}},
	"rules": {"allow-transfer": {
		"policy": "bank/teller",
		"effect": "Allow",
		"enforcement": "Enforce",
		"arguments": null,
		"limits": null,
	}},
}

portal := {
	"type": "client",
	"takes_prompts": false,
	"enforcement": "Enforce",
	"policies": ["implied"],
	"protocols": {"mcp": true, "a2a": true},
	"callees": {"teller": {"a2a": true}, "ledger": {"mcp": true}},
	"endpoints": {"exact": {}, "prefixes": []},
	"llm": {},
	"tools": {"ledger": {"read": []}},
	"reach": {"ledger/read": true, "ledger/transfer": true},
}

teller := {
	"type": "agent",
	"takes_prompts": true,
	"enforcement": "Enforce",
	"policies": ["bank/teller", "bank/all"],
	"protocols": {"mcp": true, "a2a": true},
	"callees": {"ledger": {"mcp": true}, "auditor": {"a2a": true}},
	"endpoints": {
		"exact": {"rates.example.com:443": {"http": true}, "files.example.com:21": {"tls": true}},
		"prefixes": [{"cidr": "10.1.0.0/16", "port": 5432, "protocol": "tcp"}],
	},
	"llm": {"llm.example.com:443": true},
	"tools": {"ledger": {"read": [], "transfer": ["allow-transfer"]}},
	"reach": {"ledger/transfer": true, "ledger/read": true},
}

auditor := {
	"type": "agent",
	"takes_prompts": false,
	"enforcement": "Audit",
	"policies": ["bank/auditor"],
	"protocols": {"mcp": true},
	"callees": {"ledger": {"mcp": true}},
	"endpoints": {"exact": {}, "prefixes": []},
	"llm": {},
	"tools": {"ledger": {"read": []}},
	"reach": {"ledger/read": true},
}

ledger := {
	"type": "mcp_server",
	"takes_prompts": false,
	"enforcement": "Enforce",
	"policies": ["implied"],
	"protocols": {},
	"callees": {},
	"endpoints": {"exact": {}, "prefixes": []},
	"llm": {},
	"tools": {},
	"reach": {"ledger/read": true, "ledger/transfer": true},
}

token := {
	"verified": true,
	"sub": "user",
	"act": ["teller"],
	"aud": ["teller"],
	"scope": ["user-input", "call-agents", "call-tools"],
	"tools": {"ledger/read": true, "ledger/transfer": true},
	"session_id": "s1",
	"exp": 1300,
	"call_matches": null,
	"audit": false,
}

nothing := {
	"mas": "bank.bank",
	"now": 1000,
	"tool": null,
	"token": null,
	"session": null,
	"selected": null,
	"semantic": null,
	"counters": {},
	"problem": null,
	"start_peer": null,
}

to_app(app) := {"kind": "app", "app": app, "host": app, "port": 8080}

# The agent's transfer, selected by its LLM, at the exchange.
exchange := object.union(nothing, {
	"phase": "exchange",
	"caller": {"app": "teller", "type": "agent"},
	"callee": to_app("ledger"),
	"protocol": "mcp",
	"operation": "tools/call",
	"tool": {"server": "ledger", "name": "transfer", "arguments": {"amount": 10}},
	"token": token,
	"session": {"state": "live"},
	"selected": {"calls": 1, "match": "exact", "consumed": false},
})

# The agent hands its task to another.
delegation := object.union(exchange, {
	"callee": to_app("auditor"),
	"protocol": "a2a",
	"operation": "SendMessage",
	"tool": null,
	"selected": null,
})

# The same transfer as it leaves the agent.
outbound := object.union(exchange, {"phase": "outbound", "token": null, "selected": null})

# And as it arrives at the server.
inbound := object.union(exchange, {
	"phase": "inbound",
	"selected": null,
	"token": {"aud": ["ledger"], "scope": ["call-tools"], "call_matches": true},
})

# A prompt from outside every system.
issue := object.union(nothing, {
	"phase": "issue",
	"caller": null,
	"callee": to_app("teller"),
	"protocol": "http",
	"operation": "prompt",
	"start_peer": "outside",
})

# A prompt of the client app.
client_issue := object.union(issue, {"caller": {"app": "portal", "type": "client"}, "start_peer": "client"})

# The client app calls a tool itself.
client_tool := object.union(client_issue, {
	"callee": to_app("ledger"),
	"protocol": "mcp",
	"operation": "tools/call",
	"tool": {"server": "ledger", "name": "read", "arguments": {}},
})

# Replaces whole members, where object.union would merge.
replaced(base, changes) := object.union(object.remove(base, [key | some key, _ in changes]), changes)

# A call with some claims of its token replaced.
with_token(base, changes) := replaced(base, {"token": replaced(base.token, changes)})

# The system with one app changed.
with_app(app, changes) := object.union(mas, {"apps": {app: changes}})

outcome(decision, name) := check.outcome if {
	some check in decision.checks
	check.check == name
}
