// The supervisor needs the standard library only, so it builds in seconds and without a network.
module team-operator.io/control-plane/supervisor

go 1.26.0
