# What a person runs. `make demo` needs a Rust toolchain and a C compiler; `make test` needs Python 3.9, a JDK 8,
# Maven and Go besides, and installs the rest (pinned) into .venv and Maven's own cache.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CARGO := cargo
LOCKED := --locked
RELEASE := target/release
# One selection of packages for everything that is linked in the dev profile: Cargo chooses features for each selection
# anew, and would compile Arrow again. The Python module is linked by maturin only, against no libpython.
DEV := --workspace --exclude kaifang-benches --exclude kaifang-python
# A tool that is missing is skipped with a word on a developer's machine, and is an error where CI is set.
absent = if [ -n "$${CI:-}" ]; then echo "$(1) is needed: $(2)" >&2; exit 1; else echo "skipped: $(1) is not installed ($(2))" >&2; fi

.PHONY: help
help: ## this list
	@awk -F':.*## ' '/^[a-z][a-z-]*:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## the release command and the C library
	$(CARGO) build $(LOCKED) --release -p kaifang-cli -p kaifang-ffi

.PHONY: demo
demo: ## the whole path on invented data, into target/demo
	$(CARGO) build $(LOCKED) --release -p kaifang-cli
	$(RELEASE)/kaifang demo --out target/demo

.PHONY: test
test: test-rust test-c test-python test-java test-interop ## every test in every language

.PHONY: test-rust
test-rust: test-space ## unit, doc and integration tests of core and the command; generated files fresh
	$(CARGO) test $(LOCKED) $(DEV)

.PHONY: test-space
test-space: ## the policy engine against the plain interpreter on every point, in a release build
	$(CARGO) test $(LOCKED) --release -p kaifang --no-default-features --test policy_space -- --nocapture

.PHONY: crash
crash: ## a ledger's writer killed, its disk full, its files damaged, its proofs forged: longer with KAIFANG_CRASH_ROUNDS=10000
	$(CARGO) test $(LOCKED) --release -p kaifang --no-default-features --test crash -- --nocapture --test-threads=1

.PHONY: test-c
test-c: build ## the C programs, C99 and C++17, plain and under valgrind
	$(MAKE) -C tests/c LIB=$(CURDIR)/$(RELEASE) run
	@if command -v valgrind >/dev/null; then $(MAKE) -C tests/c LIB=$(CURDIR)/$(RELEASE) valgrind; \
	else $(call absent,valgrind,memory checks of the C library); fi

$(BIN)/.installed: python/requirements-test.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r python/requirements-test.txt
	touch $@

.PHONY: python
python: $(BIN)/.installed ## the Python package, into .venv
	cd python && VIRTUAL_ENV=$(CURDIR)/$(VENV) $(CURDIR)/$(BIN)/maturin develop $(LOCKED) --release --quiet

.PHONY: test-python
test-python: python build ## the independent models, pytest, and the stubs against the module
	for model in tests/oracles/*.py; do $(BIN)/python "$$model"; done
	$(BIN)/python -m pytest -q python/tests
	cd python && ../$(BIN)/python -m mypy.stubtest kaifang --ignore-disjoint-bases

.PHONY: test-java
test-java: build ## the Java link over the same C library
	@if command -v mvn >/dev/null; then \
	  mvn -B --no-transfer-progress -f java/pom.xml -Dkaifang.library.path=$(CURDIR)/$(RELEASE) test; \
	else $(call absent,Maven,the Java link); fi

.PHONY: test-interop
test-interop: ## Go's checksum database reads notes, records and trees of a ledger (OpenSSL does in test-rust)
	@if PATH="$$PATH:/usr/local/go/bin" && command -v go >/dev/null; then cd tests/interop && go vet ./... && go test -count=1 ./...; \
	else $(call absent,Go,its verifiers of notes and trees); fi

$(BIN)/.spark: $(BIN)/.installed tests/spark/requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -r tests/spark/requirements.txt
	touch $@

.PHONY: test-spark
test-spark: $(BIN)/.spark python ## a plan in Spark's partitions and batches (Python 3.11, a Java 17); Spark is large, so `test` leaves it out
	$(BIN)/python -m pytest -q -c python/pyproject.toml --rootdir tests/spark tests/spark

.PHONY: check
check: ## formatting, lints, floors, dependencies, docs
	$(CARGO) fmt --all --check
	$(CARGO) clippy $(LOCKED) --workspace --all-targets -- -D warnings
	$(PYTHON) tools/check_dependencies.py
	$(PYTHON) tools/check_floors.py
	! grep -rn unsafe core/src | grep -v 'forbid(unsafe_code)'
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc $(LOCKED) --workspace --no-deps
	$(CARGO) check $(LOCKED) -p kaifang --no-default-features

.PHONY: generate
generate: ## the header, the JSON Schemas, the frozen ledgers and the answers of the policy vectors, anew
	$(CARGO) build $(LOCKED) $(DEV)
	target/debug/xtask header
	target/debug/xtask moves
	target/debug/xtask schemas
	target/debug/xtask ledgers
	target/debug/xtask vectors

.PHONY: bench
bench: ## criterion figures of classify, decide, kinds, mask, token, canon
	$(CARGO) bench $(LOCKED) -p kaifang-benches

.PHONY: bench-peers
bench-peers: bench-treatment ## cedar-policy, regorus, cel, serde_jcs and fpe on our cases: equal answers first, then the ratios
	$(CARGO) bench $(LOCKED) -p kaifang-benches --features peers --bench peers_policy --bench canon --bench fpe

.PHONY: bench-ledger
bench-ledger: ## the ledger's figures in one table, limits and peers beside; larger with KAIFANG_BENCH_RECORDS=10000000
	$(CARGO) bench $(LOCKED) -p kaifang-benches --features peers --bench ledger

.PHONY: bench-gate
bench-gate: bench-decision ## the gate on a million applications, the audit of a million decisions, one through each face
	$(CARGO) bench $(LOCKED) -p kaifang-benches --bench gate

.PHONY: bench-decision
bench-decision: python build ## one decision in Rust, through the C library and in Python, on one core
	$(CARGO) build $(LOCKED) --release -p kaifang-benches --example gate
	ln -sf libkaifang.so $(RELEASE)/libkaifang.so.0
	$(CC) -O2 -std=c99 -D_POSIX_C_SOURCE=199309L -Wall -Wextra -Wpedantic -Werror -Iinclude \
	  -o $(RELEASE)/examples/gate-c benches/faces/gate.c $(RELEASE)/libkaifang.so.0 -Wl,-rpath,$(CURDIR)/$(RELEASE)
	$(BIN)/python benches/faces/gate.py --rust $(RELEASE)/examples/gate --c $(RELEASE)/examples/gate-c

.PHONY: bench-treatment
bench-treatment: python ## masks, tokens and ciphers of two million values beside pyarrow, polars and Python; a Parquet file whole
	$(CARGO) build $(LOCKED) --release -p kaifang-benches --example treatment --example parquet --example scale
	$(BIN)/python benches/faces/treatment.py --rust $(RELEASE)/examples/treatment
	$(RELEASE)/examples/parquet make target/people.parquet 2000000
	$(RELEASE)/examples/parquet treat target/people.parquet target/treated.parquet spliced
	$(RELEASE)/examples/parquet treat target/people.parquet target/treated.parquet ordinary
	$(BIN)/python benches/faces/parquet.py target/people.parquet target/treated.parquet
	for rows in 100000 1000000 10000000 100000000; do $(RELEASE)/examples/scale $$rows row_local; done
	for rows in 100000 1000000 10000000; do $(RELEASE)/examples/scale $$rows table_global; done

.PHONY: bench-faces
bench-faces: python build ## columns of ten million rows in Rust, through the C library and in Python, on one core
	$(CARGO) build $(LOCKED) --release -p kaifang-benches --example columns
	$(BIN)/python benches/faces/columns.py --rust $(RELEASE)/examples/columns --library $(RELEASE)/libkaifang.so
