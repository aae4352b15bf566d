# Everything a person or a machine does with this repository. `make help` lists it.

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
LOCKS := requirements/setup.txt requirements/dev.txt requirements/runtime.txt
COMPILE := $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --universal \
	--python-version 3.11 --custom-compile-command "make lock" pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help setup demo serve check test bench fuzz hostile storm openapi lock clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 10

setup: $(READY) ## install everything into .venv (and system libraries where root allows)

$(READY): deploy/local/setup.sh pyproject.toml $(LOCKS)
	@sh deploy/local/setup.sh $(VENV)
	@touch $(READY)

demo: $(READY) ## the whole path on a real year, from import to signed PDF
	@$(BIN)/ciclo demo --data .ciclo/demo

serve: $(READY) ## keep the demo's system running: API, documentation, renderer
	@$(BIN)/ciclo up --data .ciclo/demo

check: $(READY) ## style, types, architecture, compose file
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@if command -v docker-compose >/dev/null; then \
		docker-compose --env-file deploy/example.env config --quiet; \
	else echo "docker-compose is not installed: docker-compose.yml not checked"; fi

test: $(READY) ## all tests, against real PostgreSQL and Redis
	$(BIN)/pytest -n 2 --dist loadfile

bench: $(READY) ## the figures the project promises, measured here
	$(BIN)/python -m benchmarks

fuzz: $(READY) ## 20,000 bodies at the door of webhooks
	CICLO_FUZZ_BODIES=20000 $(BIN)/pytest -q tests/api/webhooks/test_webhooks_fuzz.py

hostile: $(READY) ## 200 narratives that nobody should have sent
	CICLO_HOSTILE_TEXTS=200 $(BIN)/pytest -q tests/renderer/test_hostile.py

storm: $(READY) ## 300,000 measurements while everything goes wrong; nothing may be lost
	$(BIN)/python -m benchmarks.storm

openapi: $(READY) ## write openapi.json
	$(BIN)/ciclo openapi --out openapi.json

lock: $(READY) ## resolve the dependencies again into requirements/
	$(COMPILE) --upgrade --output-file requirements/runtime.txt
	$(COMPILE) --upgrade --extra embedded --extra dev --output-file requirements/dev.txt
	printf 'editables\nhatchling\nuv\n' | $(COMPILE:pyproject.toml=-) \
		--constraint requirements/dev.txt --output-file requirements/setup.txt

clean: ## remove what was built and measured; data in .ciclo stays
	rm -rf build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +
