# What a newcomer needs: `make run` and `make test`. Both install what is missing.
.DEFAULT_GOAL := help
.PHONY: help run build test unit end-to-end conformance format lint fuzz sanitize bench wire-bench loadtest clean

SALA = .build/release/sala
PORT ?= 8080
DATA ?= .sala
CASES ?= full
TARGET ?= all
SECONDS ?= 60
SANITIZER ?= address

help: ## This list
	@grep --extended-regexp '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed --expression='s/:.*## /\t/' | expand --tabs=14

run: build ## Build and run everything on this machine: http://127.0.0.1:8080
	@exec $(SALA) dev --port $(PORT) --data $(DATA)

build: ## Build the release executable
	@scripts/swift.sh
	@scripts/install.sh run
	@swift build --configuration release --product sala

test: ## Format lint, unit tests, end-to-end tests
	@scripts/check.sh

unit: ## Only the Swift tests
	@scripts/swift.sh
	@scripts/install.sh run
	@swift test

end-to-end: build ## Only the tests against a running server
	@scripts/install.sh test
	@scripts/python.sh
	@.venv/bin/python -m pytest Tests/EndToEnd

conformance: ## Autobahn's WebSocket suite, all of it (CASES=quick: some minutes)
	@scripts/swift.sh
	@scripts/conformance.sh $(CASES)

format: ## Format all Swift sources
	@swift format --in-place --recursive --parallel Package.swift Sources Tests Benchmarks loadtest

lint: ## Check the format
	@swift format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks loadtest

fuzz: ## Look for inputs that break a property: TARGET=http-request SECONDS=600
	@scripts/swift.sh
	@scripts/install.sh run
	@scripts/fuzz.sh $(TARGET) $(SECONDS)

sanitize: ## Unit tests under SANITIZER=address or thread
	@scripts/swift.sh
	@scripts/install.sh run
	@scripts/sanitize.sh $(SANITIZER)

bench: ## Allocations a frame and the journal's throughput
	@scripts/swift.sh
	@scripts/install.sh run
	@swift run --configuration release sala-benchmarks

wire-bench: ## Echo, fan-out, memory, handshakes beside a bare C server (BENCH_TOOLS: the folder of limit.c and wsload.c)
	@test -n "$(BENCH_TOOLS)" || { echo "wire-bench: BENCH_TOOLS=DIR names the folder of limit.c and wsload.c" >&2; exit 64; }
	@$(MAKE) --silent build
	@scripts/wire-bench.py --tools "$(BENCH_TOOLS)"

loadtest: build ## Load on a server that it starts: a tour of the scenarios, and its report (results/tour)
	@swift build --configuration release --product sala-loadtest
	@.build/release/sala-loadtest run tour --serve --out results/tour; status=$$?; \
	if [ -f results/tour/report.html ] && [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] && command -v xdg-open >/dev/null; then \
		xdg-open results/tour/report.html; fi; exit $$status

clean: ## Remove build products and the demo store
	@rm --recursive --force .build .venv .conformance .sala
