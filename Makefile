# Everything from a fresh clone, with nothing but python3 (3.11 to 3.14), pip and make.
# All paths are relative, so the folder may have any name.

PYTHON   ?= python3
SCENARIO ?= scenarios/mengjin-2025.yaml
RESULT   ?= outputs/mengjin-2025
ARGS     ?=

# Which Pythons fit: requires-python in pyproject.toml says the same.
OLDEST := 11
NEWEST := 14
# Pins the tool of `make lock` only; nothing else uses it.
UV     := uv==0.13.9

VENV := .venv
BIN  := $(VENV)/bin
# Each stamp is the last thing its recipe writes. An environment without its stamp was cut off and is made anew.
RUN  := $(VENV)/emisim-run.stamp
PLOT := $(VENV)/emisim-plot.stamp
CLUSTER := $(VENV)/emisim-cluster.stamp
DEV  := $(VENV)/emisim-dev.stamp
BROWSER := $(VENV)/emisim-browser.stamp
TRUST := $(VENV)/emisim-trust.stamp

# What a user has set for other projects must not reach into this one.
unexport PYTHONHOME PYTHONPATH PIP_PREFIX PIP_TARGET PIP_ROOT PIP_REQUIREMENT PIP_CONSTRAINT PIP_NO_DEPS PIP_NO_BINARY
export PIP_USER := 0
export PIP_DISABLE_PIP_VERSION_CHECK := 1
PIP := $(BIN)/python -m pip -qq --no-input

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run plot cluster test browser docs bench nation peers trust fuzz setup lock clean anew
SHELL := /bin/sh

help: ## List the targets (this text)
	@echo 'emisim: from an emission-reduction plan to targets met or missed. Type make and one of:'
	@sed -n 's/^\([a-z][a-z-]*\):[^#]*## \(.*\)/  \1|\2/p' Makefile | awk -F'|' '{printf "%-10s %s\n", $$1, $$2}'
	@echo 'Variables: PYTHON=python3.12, SCENARIO=scenarios/yichuan-2025.yaml, ARGS="more words for emisim or pytest".'

run: $(RUN) ## Set up, then run a scenario (SCENARIO=..., by default Mengjin's plan)
	@$(BIN)/emisim run $(SCENARIO) $(ARGS)

plot: $(PLOT) ## Set up with the plotting library, then draw the pictures of a run (RESULT=..., by default Mengjin's)
	@$(BIN)/emisim plot $(RESULT) $(ARGS)

cluster: $(CLUSTER) ## Set up with what runs in parts need: dask and zarr
	@echo 'Ready: $(BIN)/emisim run SCENARIO --block 20000 --workers 2'

test: $(DEV) ## Set up for development, then run all tests on two processes
	@$(BIN)/python -m pytest -n 2 $(ARGS)

browser: $(BROWSER) ## Test the report in a real Chromium without a window (installs Debian's if there is none)
	@$(chromium)
	@$(BIN)/python -m pytest tests/browser $(ARGS)

docs: $(DEV) ## Run every command of the documentation and say which pages show something else
	@$(BIN)/python -m tests.docs.refresh --check

bench: $(DEV) peers ## Time emisim beside other programs and its limits: about ten minutes (prints and keeps ratios; ARGS="apply units --quick")
	@$(BIN)/python -m benchmarks $(or $(ARGS),--json outputs/benchmarks.json --page)

nation: $(DEV) ## Run every county of a country that is made up: 600,000 sources, about a minute and a half (ARGS="--units 285 --page")
	@$(BIN)/python -m benchmarks.demonstration $(ARGS)

trust: $(TRUST) ## Try all that is promised as often as it is promised: takes hours (prints and keeps the figures)
	@$(BIN)/python -m pytest tests/trust --full $(ARGS)
	@$(BIN)/python -m tests.trust.branches
	@$(BIN)/python -m tests.trust.mutants
	@$(BIN)/python -m tests.trust.fuzz.run
	@$(BIN)/python -m tests.trust.figures --write

fuzz: $(TRUST) ## Give the readers bytes that nobody would write, ten minutes each (ARGS="--minutes 1 units")
	@$(BIN)/python -m tests.trust.fuzz.run $(ARGS)

setup: $(DEV) ## Set up for development only: .venv with emisim, editable, and the test tools
	@echo 'Ready: $(BIN)/emisim --help'

lock: ## Resolve the lock files anew (maintainers; asks the package registry)
	$(call choose)@echo 'Resolving'; "$(py)" -m venv --clear .venv-lock && .venv-lock/bin/python -m pip --quiet --no-input install '$(UV)'
	@$(UV_COMPILE) pyproject.toml -o requirements.lock
	@$(UV_COMPILE) --extra plot -c requirements.lock pyproject.toml -o requirements-plot.lock
	@$(UV_COMPILE) --extra cluster -c requirements-plot.lock pyproject.toml -o requirements-cluster.lock
	@$(UV_COMPILE) --extra plot --extra cluster --extra test -c requirements-cluster.lock pyproject.toml -o requirements-dev.lock
	@$(UV_COMPILE) --extra plot --extra cluster --extra test --extra browser -c requirements-dev.lock pyproject.toml -o requirements-browser.lock
	@$(UV_COMPILE) --extra plot --extra cluster --extra test --extra trust -c requirements-dev.lock pyproject.toml -o requirements-trust.lock
	@rm -rf .venv-lock
	@echo 'Written: requirements.lock, and for plot, cluster, dev, browser and trust'

clean: ## Remove the environment, the caches and build leftovers (outputs/ stays)
	@rm -rf $(VENV) .venv-lock .venv-peers .venv-primap2 build dist .pytest_cache .hypothesis .coverage mutants
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---- the environment ----

# The Python to build with. One named by the user is taken or refused; the default may be replaced by another on the PATH.
ifeq ($(origin PYTHON),file)
candidates := "$(PYTHON)" python3.13 python3.12 python3.14 python3.11
else
candidates := "$(PYTHON)"
endif
fits   := import sys; sys.exit(not (3, $(OLDEST)) <= sys.version_info[:2] <= (3, $(NEWEST)))
find    = $(shell for p in $(candidates); do "$$p" -c '$(fits)' 2>/dev/null && echo "$$p" && break; done)
found   = $(or $(shell "$(PYTHON)" -c 'import sys; print("is " + sys.version.split()[0])' 2>/dev/null),was not found)
unfit   = $(error emisim needs Python 3.$(OLDEST) to 3.$(NEWEST), but $(PYTHON) $(found): install one, or name one with PYTHON=/path/to/python3)
no_venv = $(error $(py) cannot make environments: install its venv module (Debian, Ubuntu: apt install python3-venv), then type make again)
# `$(call choose)` sets py, or stops with one line that says what is needed.
choose  = $(eval py := $(find))$(if $(py),,$(unfit))$(if $(shell "$(py)" -c 'import venv, ensurepip; print(1)' 2>/dev/null),,$(no_venv))

# The lock must not depend on this machine: no configuration, no variables of uv or pip, wheels only.
UV_COMPILE = env -i HOME=/nonexistent UV_CACHE_DIR=.venv-lock/cache PATH="$$PATH" SSL_CERT_FILE="$$SSL_CERT_FILE" \
  .venv-lock/bin/uv pip compile --quiet --no-config --upgrade --universal --python-version 3.$(OLDEST) --no-build \
  --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' --group build

# An environment that was moved, whose Python is gone, or that has another Python than the one asked for, is made anew.
ifneq ($(wildcard $(RUN)),)
ifneq ($(origin PYTHON),file)
asked := $(shell "$(PYTHON)" -c 'import sys; print(*sys.version_info[:2])' 2>/dev/null || echo none)
endif
ifeq ($(shell $(BIN)/python -c 'import os, sys; \
    made = open("$(RUN)", "rb").read(); version = "%d %d" % sys.version_info[:2]; \
    print(made == os.getcwdb() and "$(asked)" in ("", version) and "ok")' 2>/dev/null),ok)
else
$(RUN): anew
endif
endif

# The .pth line leads back here in plain ASCII: Python reads that file in the locale's encoding, and an absolute path
# with Chinese characters stops every Python of the environment where that is C or GBK.
$(RUN): requirements.lock pyproject.toml
	$(call choose)@echo "[1/3] Making $(VENV) with $(py) ($$("$(py)" -V))"
	@"$(py)" -m venv --clear $(VENV)
	@echo '[2/3] Installing the libraries of requirements.lock (about a minute the first time)'
	@$(PIP) install --require-hashes -r requirements.lock || $(unfinished)
	@echo '[3/3] Installing emisim'
	@$(PIP) install --no-deps --no-build-isolation --editable . || $(unfinished)
	@for pth in $(VENV)/lib*/python3.*/site-packages/_emisim.pth; do echo ../../../.. > "$$pth"; done
	@$(stamp) > $@

# Each of these goes on top of an environment that runs. Meanwhile the run stamp is set aside, with its age: if the installation is
# cut off, everything is made anew.
$(PLOT): $(RUN) requirements-plot.lock
	$(call more,plotting library,requirements-plot.lock)

$(CLUSTER): $(RUN) requirements-cluster.lock
	$(call more,tools of runs in parts,requirements-cluster.lock)

$(DEV): $(RUN) requirements-dev.lock
	$(call more,test tools,requirements-dev.lock)
	@$(PIP) check

$(BROWSER): $(DEV) requirements-browser.lock
	$(call more,tools that drive a browser,requirements-browser.lock)

$(TRUST): $(DEV) requirements-trust.lock
	$(call more,tools that try the promises,requirements-trust.lock)

define more
@mv $(RUN) $(RUN).aside
@echo 'Installing the $(1) of $(2)'
@$(PIP) install --require-hashes -r $(2) || $(unfinished)
@mv $(RUN).aside $(RUN)
@$(stamp) > $@
endef

# Other programs have environments of their own, so that emisim's stays as it is locked. Without them the table says who is not there.
peers: .venv-peers/peers.stamp .venv-primap2/peers.stamp ## Install what emisim is compared with, each into an environment of its own (bench does it too)

.venv-%/peers.stamp: requirements-%.txt
	$(call choose)@echo 'Installing what emisim is compared with, of $<'
	@"$(py)" -m venv --clear .venv-$*
	@.venv-$*/bin/python -m pip -qq --no-input install -r $< && touch $@ || \
	  echo 'This did not succeed: the comparisons with it are left out, and the table says so.' >&2

browsers := chromium chromium-browser google-chrome
chromium  = for b in $(browsers); do command -v $$b >/dev/null && exit 0; done; \
  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then echo 'Installing Chromium'; apt-get -qq update && apt-get -qq install -y chromium >/dev/null; \
  else echo 'This needs Chromium: install it (Debian, Ubuntu: apt install chromium), then type make browser again.' >&2; exit 1; fi

stamp      = $(BIN)/python -c 'import os, sys; sys.stdout.buffer.write(os.getcwdb())'
unfinished = { echo 'The installation did not finish: see the lines above (no network? a mirror or proxy goes into the settings of pip), then type make again.' >&2; exit 1; }
