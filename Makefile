# What people type. Each target is one command; the work is in the script it names.

.PHONY: help demo test check bench

help:
	@echo 'make demo    build what it needs, start a chat server with plugins, print its address'
	@echo '             ARGS=--script plays the same story without a browser'
	@echo 'make test    everything: style, suites, Python, Synapse, units, a real systemd in a VM'
	@echo '             ARGS="fmt clippy" runs these parts only; ARGS=--list names them'
	@echo 'make check   style only: formatting and lints'
	@echo 'make bench   the measurements; ARGS="restart --json" runs one of them'

demo:
	@examples/chat/demo.sh $(ARGS)

test:
	@tests/run $(ARGS)

check:
	@tests/run fmt clippy

bench:
ifdef ARGS
	cargo run --locked --release -p outboard-bench -- $(ARGS)
else
	cargo run --locked --release -p outboard-bench -- intercept --json
	cargo run --locked --release -p outboard-bench -- restart --json
	cargo run --locked --release -p outboard-bench -- scale --json
endif
