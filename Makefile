# Everything runs in .venv; nothing outside this folder is changed. `make demo` is where to begin.
SHELL := /bin/bash
PY := .venv/bin/python
# The machine's own index is used as it is configured; the locks name versions and hashes, no addresses.
BOOT := var/boot/bin/python
UV := $(BOOT) -m uv
VENV := .venv/pyvenv.cfg
STAMP := .venv/installed
PACKAGES := platform billing tenants storefront_theme supply_api
HEADLINE := @printf '\033[1m%s\033[0m\n'

.PHONY: help install demo dev test quick proofs check fmt bench lock css clean

help: ## show what there is to do
	@awk -F':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Bytecode is made here, not at the first start: where Python may not write any (PYTHONDONTWRITEBYTECODE,
# read-only folders) each process would compile everything anew. What did not change is skipped.
install: $(STAMP) ## make .venv with the locked versions (wants Python 3.12 or newer, or the network to get one)
	@$(PY) -m compileall -q $(PACKAGES) tests

# The first Python may be too old for us, but it is good enough to fetch uv, and uv finds the right one.
$(BOOT): requirements-dev.lock
	$(HEADLINE) "Fetching uv"
	@mkdir -p var && python3 -m venv --clear var/boot
	@awk '/^uv==/ { on = 1 } on { print } on && !/\\$$/ { exit }' requirements-dev.lock > var/boot/uv.lock
	@$(BOOT) -m pip install --quiet --disable-pip-version-check --require-hashes --requirement var/boot/uv.lock
	@touch $@

$(VENV): .python-version | $(BOOT)
	$(HEADLINE) "Making .venv"
	@test -x $(PY) || $(UV) venv --python "$$(cat .python-version)" .venv || $(UV) venv --python '>=3.12' .venv
	@touch $@

$(STAMP): $(VENV) requirements-dev.lock pyproject.toml | $(BOOT)
	$(HEADLINE) "Installing the locked versions"
	@$(UV) pip sync --python $(PY) --require-hashes --compile-bytecode requirements-dev.lock
	@$(UV) pip install --python $(PY) --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: install ## three shops come to life and a story is played; ONCE=1 ends instead of running on
	@.venv/bin/banyan demo $(if $(ONCE),--once)

dev: install ## run the service as it is, without the story
	@.venv/bin/banyan up

test: install ## the whole suite, with a short slice of each proof by volume
	@$(PY) -m tests.run suite

quick: install ## the suite without processes, browsers and what takes long
	@$(PY) -m tests.run quick

proofs: install ## all of what is proved by volume; SEED=7 OPERATIONS=100000 MINUTES=15: only the money's two machines, for long
	@$(if $(SEED),SEED='$(SEED)') $(if $(OPERATIONS),OPERATIONS='$(OPERATIONS)') MINUTES='$(or $(MINUTES),15)' \
		$(PY) -m tests.run proofs

check: install ## formatting, lint, layers, types
	@.venv/bin/ruff format --check . && .venv/bin/ruff check . && .venv/bin/lint-imports && .venv/bin/mypy

fmt: install ## format and mend what can be mended
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format .

css: ## build the storefront's stylesheet and icons anew (needs node; the results are committed)
	@npm ci --silent && npm run --silent build

bench: install ## measure; ROWS=a,b picks rows, JSON=FILE writes them too
	@ROWS='$(ROWS)' JSON='$(JSON)' $(PY) -m tests.bench.run

lock: | $(BOOT) ## resolve all versions anew
	$(HEADLINE) "Resolving"
	@$(UV) pip compile --quiet --universal --python-version 3.12 --generate-hashes --no-emit-index-url --no-header \
		--upgrade pyproject.toml -o requirements.lock
	@$(UV) pip compile --quiet --universal --python-version 3.12 --generate-hashes --no-emit-index-url --no-header \
		--extra embedded --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean: ## remove what was built and stored here
	@rm -rf .venv var .mypy_cache .ruff_cache
