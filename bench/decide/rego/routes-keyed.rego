package bench

default allow := false

allow if {
	some rule in data.exact[input.path]
	permits(rule)
}

segments := split(input.path, "/")

prefixes contains concat("/", array.slice(segments, 0, length)) if {
	some length in numbers.range(2, count(segments))
}

allow if {
	some prefix in prefixes
	some rule in data.prefix[prefix]
	permits(rule)
}

allow if {
	some rule in data.regex
	regex.match(sprintf("^%s$", [rule.path]), input.path)
	permits(rule)
}

permits(rule) if {
	object.get(rule, "method", input.method) == input.method
	object.get(rule, ["header", "value"], input.tenant) == input.tenant
	object.get(rule, "host", input.host) == input.host
	input.identity in rule.identities
	net.cidr_contains(rule.network, input.ip)
	not excepted(rule)
}

excepted(rule) if rule.except in prefixes
