# METADATA
# title: Endpoints that are no app
# description: The protocols that the caller may speak to this host and port, by exact name or by address prefix.
package casa.endpoint

import data.casa.call

endpoints := data.mas.apps[input.caller.app].endpoints

protocols contains protocol if some protocol, _ in endpoints.exact[call.host_port]

protocols contains prefix.protocol if {
	some prefix in endpoints.prefixes
	prefix.port == input.callee.port
	contains_address(prefix.cidr)
}

# OPA's engines disagree about IPv4-mapped addresses; they are written as IPv4 before they get here.
contains_address(cidr) if {
	not startswith(lower(input.callee.host), "::ffff:")
	net.cidr_contains(cidr, input.callee.host)
}
