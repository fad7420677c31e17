# Two commands do everything: `make run` and `make test`. `make help` lists the rest.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
WHEEL  := dist/.built
ENV    := .run/quickstart
RUST   := $(shell find rust xtask -name '*.rs' -o -name Cargo.toml) Cargo.toml Cargo.lock
# The revision that is built, which is none if files differ from it or are not in git: `zato --version` shows it.
REVISION = $(shell git ls-files --error-unmatch Makefile >/dev/null 2>&1 && test -z "$$(git status --porcelain)" && git rev-parse --short=10 HEAD)
PYSRC  := $(shell find python -name '*.py' -o -name '*.pyi') pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help run stop wheel dist-wheel test rust-test python-test e2e lint tidy docs fuzz bench clean

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

run: $(WHEEL) ## build, install, create an environment in .run/quickstart and start it in the foreground
	@test -d $(ENV) || $(BIN)/zato quickstart create $(ENV)
	@$(BIN)/zato start $(ENV) --fg

stop: ## stop what `make run` started from another terminal
	@$(BIN)/zato stop $(ENV)

$(BIN)/maturin:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet 'maturin>=1.9.4,<2' 'orjson>=3.10'

$(WHEEL): $(BIN)/maturin $(RUST) $(PYSRC)
	ZATO_BUILD_REVISION=$(REVISION) $(BIN)/maturin build --quiet --release --out dist --interpreter $(BIN)/python
	$(BIN)/pip install --quiet --force-reinstall --no-deps "$$(ls -t dist/zato-*.whl | head -1)"
	@touch $@

wheel: $(WHEEL) ## build the wheel into dist/ and install it into .venv

dist-wheel: $(BIN)/maturin ## build the wheel that is published: link-time optimized, stripped
	ZATO_BUILD_REVISION=$(REVISION) $(BIN)/maturin build --quiet --profile dist --strip --out dist/published --interpreter $(BIN)/python

test: lint rust-test python-test e2e fuzz ## everything CI runs

$(BIN)/pytest: $(BIN)/maturin
	$(BIN)/pip install --quiet 'pytest>=8' 'hypothesis>=6' 'ruff>=0.9' 'pyright>=1.1.400' 'mypy>=1.18' \
		'arrow>=1.3' 'gevent>=24.2' 'lxml>=5' 'pydantic>=2' 'python-dateutil>=2.8' 'sqlalchemy>=2' tzdata
	@touch $@

lint: tidy $(BIN)/pytest ## formatting, lints, types, structure
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --quiet -- -D warnings
	$(BIN)/ruff check python tests
	$(BIN)/pyright --pythonpath $(BIN)/python

tidy: ## check structure: dependency rules, file sizes, names, documents
	cargo xtask tidy

docs: $(BIN)/pytest ## write the reference pages that are made from the code, and the one on compatibility
	ZATO_UPDATE_DOCS=1 cargo test --quiet -p zato-server -p zato-cli --test it docs
	$(BIN)/python tests/compatibility/page.py

rust-test: ## Rust unit and integration tests, without Python
	cargo test --quiet --workspace --exclude zato-py

python-test: $(WHEEL) $(BIN)/pytest ## Python API tests, and whether the page on compatibility is current
	$(BIN)/pytest tests/python tests/compatibility

e2e: $(WHEEL) $(BIN)/pytest ## end-to-end tests on real processes; commands in the documents
	$(BIN)/pytest tests/e2e tests/docs
	$(BIN)/pytest tests/testing

fuzz: ## run every fuzz target for a short while (FUZZ_SECONDS=20)
	./fuzz/run $(or $(FUZZ_SECONDS),20)

bench: dist-wheel $(BIN)/maturin ## measure the published wheel against peers in the same run and print ratios
	$(BIN)/pip install --quiet --force-reinstall --no-deps "$$(ls -t dist/published/zato-*.whl | head -1)"
	@rm -f $(WHEEL)
	$(PYTHON) benches/run.py

clean: ## remove everything that was built
	rm -rf target fuzz/target fuzz/artifacts dist $(VENV) .venv-bench .run
