package bench

default allow := false

allow if {
	some rule in data.identity[input.identity]
	net.cidr_contains(rule.network, input.ip)
}

labels := split(input.identity, ".")

allow if {
	some start in numbers.range(1, count(labels) - 1)
	suffix := concat("", [".", concat(".", array.slice(labels, start, count(labels)))])
	some rule in data.suffix[suffix]
	net.cidr_contains(rule.network, input.ip)
}

allow if {
	some rule in data.anybody
	net.cidr_contains(rule.network, input.ip)
}
