# `make` lists the targets. They need Python 3.10 or newer and nothing else; everything lands in .venv*.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
OLD    := .venv-transformers-5.2
QUANTIZED := .venv-quantized
PLUGINS := .venv-plugins
NEWEST := .venv-newest
# The oldest supported Python and a new one.
PYTHONS := 3.10 3.13
# What the README shows first, and the tests that import no torch.
FIRST_RUN := cases/facts/festival-radio.kv.yaml --kv-policy=snapkv --ratio=0.5
LIGHT_TESTS := $(addprefix tests/unit/, commands contract evaluation golden leaks orderings reports result_store \
  serving_cost stats text values verifiers) tests/corpus \
  $(addprefix tests/plugin/test_, broken_contracts.py init.py malformed_contracts.py outcomes.py)
LIGHT_EXTRAS := ifeval|language|plot|throughput|units
# What agreement on IFEval is measured against; alone, for its own dependencies are many and none is needed.
REFERENCE := lm-eval immutabledict llama-index-core
# What the acceptance tests run beside.
BESIDE := pytest-asyncio pytest-cov pytest-forked pytest-html pytest-randomly pytest-repeat pytest-rerunfailures \
  pytest-sugar pytest-timeout
# What faults are measured beside the shipped suite: a contract, where it holds without a fault.
FAULT_CONTRACT := --ratio=0.25 -k 'not press-desk or h2o' cases/formats/press-desk.kv.yaml
# What is asked on real models, where every alarm is false.
CORRECT_ON_REAL := snapkv,kivi(adakv),dynamic
PIP    := -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test check compatibility newest pythons quantized plugins goldens faults gpu engines schema options models docs clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(VENV)/ready: pyproject.toml constraints.txt
	@echo "== creating $(VENV) and installing pytest-kvguard with its tested versions (once, a few minutes)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python $(PIP) --constraint constraints.txt --editable '.[dev]'
	@$(BIN)/python $(PIP) --constraint constraints.txt --no-deps $(REFERENCE)
	@touch $@

$(OLD)/ready: pyproject.toml constraints-transformers-5.2.txt
	@echo "== creating $(OLD): the oldest supported transformers, with kvpress (once, a few minutes)"
	@$(PYTHON) -m venv $(OLD)
	@$(OLD)/bin/python $(PIP) --constraint constraints-transformers-5.2.txt --editable '.[dev,kvpress]'
	@touch $@

demo: $(VENV)/ready  ## guard the shipped cases under snapkv at ratio 0.5
	@echo "== guarding cases/ with --kv-policy=snapkv --ratio=0.5 (the first run fetches the default model, 90 MB)"
	@$(BIN)/pytest cases --kv-policy=snapkv --ratio=0.5 || { code=$$?; test $$code -eq 1 || exit $$code; \
	  echo "== the demo is red on purpose: the instructions above are LOST under snapkv, and a merge would stop here"; }

test: $(VENV)/ready  ## run every test this machine can run, on both ends of the supported transformers
	@echo "== fetching the default model unless it is there (90 MB)"
	@$(BIN)/python -c "from pytest_kvguard.models.smolguard import smolguard_directory as find; find()" \
	  || echo "== it cannot be fetched; the tests that need it will skip"
	@echo "== running the test suite, in two processes"
	@OMP_NUM_THREADS=1 $(BIN)/pytest -n2 --dist=loadfile tests
	@$(MAKE) --no-print-directory compatibility

compatibility: $(OLD)/ready  ## run the engine, policy and kvpress tests on transformers 5.2
	@echo "== running the compatibility subset on transformers 5.2 with kvpress"
	@$(OLD)/bin/pytest tests/policies tests/unit/models tests/unit/engine tests/unit/kvguard_policies \
	  tests/unit/benchmarks/test_kvpress_presses.py

newest:  ## run the README's first run, the policy and the plugin tests on the newest releases of all but torch
	@rm -rf $(NEWEST)
	@echo "== creating $(NEWEST): the newest releases of everything but torch (a few minutes)"
	@$(PYTHON) -m venv $(NEWEST)
	@$(NEWEST)/bin/python $(PIP) "$$(grep '^torch==' constraints.txt)" --editable '.[dev]'
	@$(NEWEST)/bin/python -m pip freeze --disable-pip-version-check --exclude-editable | tee $(NEWEST)/releases.txt
	@echo "== the first run of the README; LOST is expected, warnings are errors"
	@$(NEWEST)/bin/python -W error -m pytest $(FIRST_RUN) --kv-no-store >$(NEWEST)/first-run.txt 2>&1; code=$$?; \
	  cat $(NEWEST)/first-run.txt; test $$code -le 1 && ! grep '^ERROR' $(NEWEST)/first-run.txt
	@echo "== the policy and the plugin tests, warnings are errors"
	@$(NEWEST)/bin/python -W error -m pytest -n2 tests/policies tests/plugin

.venv-python%/ready: pyproject.toml
	@echo "== creating .venv-python$*: without torch (once, half a minute)"
	@PYENV_VERSION=$* python$* -m venv .venv-python$*
	@sed -n '/^dependencies = \[/,/^\]/s/^ *"\(.*\)",/\1/p' pyproject.toml | grep -v '^torch' >.venv-python$*/light.txt
	@sed -nE 's/^($(LIGHT_EXTRAS)) = \[(.*)\]/\2/p' pyproject.toml | tr -d ' "' | tr , '\n' >>.venv-python$*/light.txt
	@.venv-python$*/bin/python $(PIP) --no-compile --requirement .venv-python$*/light.txt pytest-xdist
	@.venv-python$*/bin/python $(PIP) --no-deps --editable .
	@touch $@

pythons:  ## run the tests that need no torch on Python 3.10 and 3.13, where these are installed
	@for version in $(PYTHONS); do \
	  if PYENV_VERSION=$$version python$$version -c 'import ensurepip' 2>/dev/null; then \
	    $(MAKE) --no-print-directory .venv-python$$version/ready || exit; \
	    echo "== running the tests that need no torch on Python $$version"; \
	    .venv-python$$version/bin/python -m pytest -q -n2 $(LIGHT_TESTS) || exit; \
	  else echo "== Python $$version is not installed; its tests are skipped"; fi; done

$(QUANTIZED)/ready: pyproject.toml constraints.txt
	@echo "== creating $(QUANTIZED): with hqq and optimum-quanto (once, a few minutes)"
	@$(PYTHON) -m venv $(QUANTIZED)
	@$(QUANTIZED)/bin/python $(PIP) --constraint constraints.txt --editable '.[dev,hqq,quanto]'
	@touch $@

quantized: $(QUANTIZED)/ready  ## run the quantizer tests with hqq and optimum-quanto, which need a C++ compiler
	@$(QUANTIZED)/bin/pytest tests/policies/test_quantizers.py tests/unit/kvguard_policies/quantizers

# It reads the packages of $(VENV), so that torch is not installed twice.
$(PLUGINS)/ready: $(VENV)/ready
	@echo "== creating $(PLUGINS): popular pytest plugins beside $(VENV) (once, seconds)"
	@$(BIN)/python -m venv $(PLUGINS)
	@$(BIN)/python -c "import sysconfig; print('import site; site.addsitedir(%r)' % sysconfig.get_path('purelib'))" \
	  > "$$($(PLUGINS)/bin/python -c "import sysconfig; print(sysconfig.get_path('purelib'))")/kvguard.pth"
	@$(PLUGINS)/bin/python $(PIP) --constraint constraints.txt $(BESIDE)
	@touch $@

plugins: $(PLUGINS)/ready  ## run acceptance tests beside popular pytest plugins
	@$(PLUGINS)/bin/python -m pytest -p no:asyncio -p no:randomly -p no:sugar -W ignore::pytest.PytestDeprecationWarning \
	  tests/plugin/test_beside_plugins.py

gpu:  ## check and measure on one GPU, with the packages of $(PYTHON) and no network: build/gpu.json (9 minutes)
	@mkdir -p build
	@PYTHONPATH="$(CURDIR)" $(PYTHON) -m benchmarks.gpu --json build/gpu.json

engines: $(VENV)/ready  ## run the tests on real inference servers; KVGUARD_VLLM_PYTHON=PATH adds vLLM
	@$(BIN)/pytest tests/engines -rsP

goldens: $(VENV)/ready  ## record the shipped goldens anew; review them with git diff
	@$(BIN)/python -m tests.golden.runs

faults: $(VENV)/ready  ## plant known defects and say which are noticed: build/faults.json
	@echo "== planting faults around policies, caches, kernels, quantizers and the harness (a few minutes)"
	@$(BIN)/python -m pytest_kvguard faults -o kv_faults_min=0.95 -o kv_faults_json=build/faults.json \
	  $(FAULT_CONTRACT)
	@echo "== asking the invariants of policies, quantizers and caches that are correct: every alarm is false"
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest_kvguard faults --correct -n2 -q
	@echo "== the same of some of them on two real models"
	@for model in smolguard smollm2; do \
	  OMP_NUM_THREADS=1 $(BIN)/pytest -n2 -q --pyargs pytest_kvguard.invariants --kv-model=$$model --ratio=0.5 \
	    --kv-policy='$(CORRECT_ON_REAL)' -k $$model || exit; \
	done

schema: $(VENV)/ready  ## write the schemas of contracts and of JSON reports, from the tables of rules, leak detectors and options
	@$(BIN)/python -m pytest_kvguard.contract.write_schema
	@$(BIN)/python -m pytest_kvguard.reports.write_schema

options: $(VENV)/ready  ## write the tables of options into docs/reference/options.md
	@$(BIN)/python docs/write_options.py

check: $(VENV)/ready  ## ruff, mypy strict and the layer contracts
	@echo "== ruff, mypy, import-linter"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

docs: $(VENV)/ready  ## build the documentation site in build/site; a broken link is an error
	@$(BIN)/python $(PIP) --constraint constraints.txt --editable '.[docs]'
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

models: $(VENV)/ready $(OLD)/ready  ## try every decoder class of both transformers: docs/reference/model-support.md
	@echo "== building and trying about 190 tiny models per release (6 minutes of processor time each)"
	@for bin in $(OLD)/bin $(BIN); do OMP_NUM_THREADS=1 $$bin/python -m benchmarks.model_support || exit; done

clean:  ## remove the environments and caches of this folder
	@rm -rf $(VENV) $(OLD) $(QUANTIZED) $(PLUGINS) $(NEWEST) .venv-python* build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
