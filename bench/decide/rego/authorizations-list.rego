package bench

default allow := false

allow if {
	some rule in data.rules
	who(rule)
	net.cidr_contains(rule.network, input.ip)
}

who(rule) if input.identity in rule.identities

who(rule) if endswith(input.identity, concat("", [".", rule.suffix]))

who(rule) if {
	not rule.identities
	not rule.suffix
}
