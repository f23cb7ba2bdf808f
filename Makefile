# Apus: everything that is done with this tree. `make` alone says what there is.

PREFIX ?= /usr/local
DESTDIR ?=
# Seconds that each fuzz target runs under `make fuzz`.
TIME ?= 60
# Seconds that `make soak` keeps the load up.
SOAK ?= 1800
# Worlds that `make simulate` plays, and the one alone that it does if it is named.
SEEDS ?= 10000
# How often `make renewals` replaces one.
CERTIFICATES ?= 2000
SEED ?=

# OpenSSL and hiredis stay dynamic, so that the system's updates reach them; Swift's runtime comes along.
RELEASE := swift build -c release --static-swift-stdlib --product apus
BINARY := .build/release/apus
# What `make sanitize` runs.
SANITIZED ?= (Abuse|CertificatesOfClients|FailingCalls|Replacement|Resumption|Secure[A-Z][a-z]+)Tests

.PHONY: help setup build run test lint format figures fuzz ceilings bench limits webhooks timing bodies testssl renewals sanitize simulate soak install clean

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install by apt what this machine lacks (run and test do so themselves)
	@.ci/setup test

build: ## Compile the release binary, .build/release/apus
	@.ci/setup build
	@.ci/version
	$(RELEASE)

run: build ## Serve conf/quickstart.yaml: a demonstration that needs nothing else
	@echo
	@echo "Try in another terminal:"
	@sed -n 's/^# *try: /  /p' conf/quickstart.yaml
	@echo
	@exec $(BINARY) run --config conf/quickstart.yaml

test: ## Everything that must hold: tests, style, release binary end to end, fuzz, ceilings
	@.ci/setup test
	@.ci/test

lint: ## Check format and style without changing anything
	@.ci/setup build
	@.ci/lint
	swift test --disable-xctest --filter TidyTests

format: ## Write all Swift in the one format
	swift format -i -r --parallel Package.swift Sources Tests

figures: ## Print lengths of files and functions, the share of comments, tests to code
	@.ci/setup build
	@.ci/figures

fuzz: ## Feed each fuzz target made-up bytes for TIME=60 seconds
	@.ci/setup build
	@.ci/fuzz $(TIME)

ceilings: build ## Compare instructions and allocations of a request with Benchmarks/ceilings.json
	@.ci/setup test
	@Benchmarks/ceilings.py

bench: build ## Compare cost with nginx and HAProxy, in one run, as a table
	@.ci/setup test
	@Benchmarks/compare.py $(BENCH)

limits: build ## Compare what a rate limit costs with nginx and HAProxy: memory, Redis, leases
	@.ci/setup test
	@Benchmarks/limits.py $(BENCH)

webhooks: build ## Compare what a verified webhook costs with the same POST unverified
	@.ci/setup test
	@Benchmarks/webhooks.py $(BENCH)

timing: build ## Look for signatures' digits in how long 100,000 refusals take
	@Benchmarks/timing.py $(BENCH)

bodies: build ## Send a GiB up and down, with fast and with slow ends
	@Benchmarks/bodies.py

testssl: build ## Run all of testssl.sh against TLS as it is by default
	@.ci/setup test
	APUS_TESTSSL=full APUS_BINARY=$(BINARY) swift test --disable-xctest --filter GradeTests

renewals: build ## Replace certificates under load CERTIFICATES=2000 times
	APUS_CERTIFICATES=$(CERTIFICATES) APUS_BINARY=$(BINARY) swift test --disable-xctest --filter ReplacementTests

sanitize: ## Run the end-to-end tests of TLS on a gateway with the address sanitizer
	@.ci/setup test
	swift build -c release --sanitize address --scratch-path .build-sanitized --product apus
	@# What the process holds to its end is not given back; tests of memory and of time do not hold for it.
	ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0 APUS_BINARY=$(CURDIR)/.build-sanitized/release/apus \
	swift test --disable-xctest --filter '$(SANITIZED)'

simulate: ## Play SEEDS=10000 random worlds of limits; a failing one says its number, for SEED=N
	@.ci/setup build
	APUS_SEED=$(SEED) APUS_SEEDS=$(SEEDS) swift test --disable-xctest --filter LimitSimulationTests

soak: build ## Hold a mixed load for SOAK=1800 seconds and watch memory and descriptors
	@.ci/setup test
	@Benchmarks/soak.py --seconds $(SOAK)

install: build ## Install binary, sample configuration and systemd unit under PREFIX=/usr/local
	install -D -m 0755 -s $(BINARY) $(DESTDIR)$(PREFIX)/bin/apus
	install -D -m 0644 docker/systemd/apus.service $(DESTDIR)$(PREFIX)/lib/systemd/system/apus.service
	install -D -m 0644 docker/systemd/apus.socket $(DESTDIR)$(PREFIX)/lib/systemd/system/apus.socket
	sed -i 's,/usr/local/bin/apus,$(PREFIX)/bin/apus,' $(DESTDIR)$(PREFIX)/lib/systemd/system/apus.service
	install -D -m 0644 conf/apus.yaml $(DESTDIR)$(PREFIX)/share/apus/apus.yaml
	@[ -e $(DESTDIR)/etc/apus/apus.yaml ] || install -D -m 0644 conf/apus.yaml $(DESTDIR)/etc/apus/apus.yaml

clean: ## Remove what was built
	rm -rf .build .build-fuzz .build-sanitized dist Sources/CVersion/generated.h
