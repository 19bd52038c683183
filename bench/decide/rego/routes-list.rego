package bench

default allow := false

allow if {
	some rule in data.rules
	path_matches(rule)
	permits(rule)
}

path_matches(rule) if {
	rule.kind == "exact"
	rule.path == input.path
}

path_matches(rule) if {
	rule.kind == "prefix"
	under(rule.path)
}

path_matches(rule) if {
	rule.kind == "regex"
	regex.match(sprintf("^%s$", [rule.path]), input.path)
}

under(prefix) if input.path == prefix

under(prefix) if startswith(input.path, concat("", [prefix, "/"]))

permits(rule) if {
	object.get(rule, "method", input.method) == input.method
	object.get(rule, ["header", "value"], input.tenant) == input.tenant
	object.get(rule, "host", input.host) == input.host
	input.identity in rule.identities
	net.cidr_contains(rule.network, input.ip)
	not excepted(rule)
}

excepted(rule) if under(rule.except)
