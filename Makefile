# Every target works on a fresh clone: it installs what it needs first.
PYTHON ?= $(firstword $(wildcard $(HOME)/.pyenv/versions/3.13*/bin/python3.13) python3.13)
UV := .venvs/uv/bin/uv
VENVS := .venvs
export SAM_CLI_TELEMETRY := 0
# The machine's own certificates: behind a proxy that opens TLS no others are right.
export UV_SYSTEM_CERTS := 1

.DEFAULT_GOAL := help
.PHONY: help access bench soak bench-profile catalogue check check-security check-template clean coverage-tables demo down faults format fuzz mutations requirements setup system-packages test up

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(UV):
	python3 -m venv $(VENVS)/uv
	$(VENVS)/uv/bin/pip install --quiet --disable-pip-version-check uv==0.13.9

# One environment a purpose, kept apart: what one needs can never hide what another lacks.
define environment
$(1)/.installed: requirements/$(2).txt | $(UV)
	$(UV) venv --quiet --clear --python $(PYTHON) $(1)
	$(UV) pip install --quiet --python $(1)/bin/python --require-hashes --compile-bytecode -r requirements/$(2).txt
	touch $$@
endef
$(eval $(call environment,.venv,development))
ENVIRONMENTS := ministack sam jobs local glue notebooks aws sdk2 sdk3 checkov fuzz
$(foreach name,$(ENVIRONMENTS),$(eval $(call environment,$(VENVS)/$(name),$(name))))

# Packages of data and of models: only their files are read, so nothing that their modules ask for
# is installed.
FILES_ONLY := demo jumpstart
$(FILES_ONLY:%=$(VENVS)/%/.installed): $(VENVS)/%/.installed: requirements/%.txt | $(UV)
	$(UV) venv --quiet --clear --python $(PYTHON) $(VENVS)/$*
	$(UV) pip install --quiet --python $(VENVS)/$*/bin/python --require-hashes --no-deps \
	  --build-constraints requirements/$*.txt -r requirements/$*.txt
	touch $@

# The `baton` command, from this very tree, where people and tests call it.
COMMANDS := .venv/bin/baton $(VENVS)/local/bin/baton
$(COMMANDS): %/bin/baton: %/.installed pyproject.toml
	$(UV) pip install --quiet --python $*/bin/python --no-deps --no-build-isolation --editable .
	touch $@

setup: .venv/.installed $(foreach name,$(ENVIRONMENTS) jumpstart,$(VENVS)/$(name)/.installed) $(COMMANDS) system-packages  ## install every environment

# What Debian has and Python's registry has not, as "program-or-file:packages". Servers are installed
# for tests, which start them themselves: `policy-rc.d` keeps the installation from starting any.
DATABASES := /usr/share/java/postgresql.jar:libpostgresql-jdbc-java \
  /usr/share/java/mariadb-java-client.jar:libmariadb-java \
  /usr/sbin/mariadbd:mariadb-server /usr/bin/pg_lsclusters:postgresql
DATABASES_MISSING := $(strip $(foreach each,$(DATABASES),\
  $(if $(wildcard $(firstword $(subst :, ,$(each)))),,$(lastword $(subst :, ,$(each))))))

# R for jobs whose script is R, Java for Glue's Spark; without them such a job fails with that reason.
system-packages:
	@command -v java >/dev/null || test "$$(id -u)" != 0 || ! command -v apt-get >/dev/null || \
	  { apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends openjdk-17-jre-headless; } >/dev/null || \
	  echo "Java could not be installed; the tests of Spark are skipped"
	@test -z "$(DATABASES_MISSING)" || test "$$(id -u)" != 0 || ! command -v apt-get >/dev/null || \
	  { test -e /usr/sbin/policy-rc.d || { printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d; chmod +x /usr/sbin/policy-rc.d; made=yes; }; \
	    apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $(DATABASES_MISSING); code=$$?; \
	    test -z "$$made" || rm /usr/sbin/policy-rc.d; exit $$code; } >/dev/null || \
	  echo "PostgreSQL or MariaDB could not be installed; the tests of databases are skipped"
	@command -v Rscript >/dev/null || test "$$(id -u)" != 0 || ! command -v apt-get >/dev/null || \
	  { apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends r-base-core r-cran-jsonlite; } >/dev/null || \
	  echo "R could not be installed; its tests are skipped"

LAPTOP := $(VENVS)/local/bin/python -m local
up: setup  ## run the laptop cloud until Ctrl-C (BATON_PORT, default 4566)
	@exec $(LAPTOP) up

down:  ## stop a laptop cloud that was left behind
	@test ! -x $(VENVS)/local/bin/python || $(LAPTOP) down

clean:  ## stop the laptop cloud and forget its state
	@if test -x $(VENVS)/local/bin/python; then $(LAPTOP) clean; else rm -rf .baton; fi

demo: $(foreach name,ministack sam jobs local demo,$(VENVS)/$(name)/.installed) $(VENVS)/local/bin/baton  ## a model's whole life on real flights, from the first file to its retraining
	@exec $(VENVS)/local/bin/python -m examples.flights

catalogue: .venv/.installed  ## write the schemas and the catalogue of events again
	PYTHONPATH=.:layers/lifecycle .venv/bin/python -m events.catalogue

SOURCES := functions layers jobs glue local cli events examples bench checks faults fuzz tests
TYPED := functions layers/lifecycle/lifecycle layers/science/science jobs glue local cli events examples bench checks faults fuzz

format: .venv/.installed  ## put every file into the one format
	.venv/bin/ruff check --fix --quiet $(SOURCES) || true
	.venv/bin/ruff format --quiet $(SOURCES)

check: setup check-template check-security  ## all that guards main besides tests: format, lint, types, spelling, template
	.venv/bin/ruff format --check $(SOURCES)
	.venv/bin/ruff check $(SOURCES)
	.venv/bin/mypy $(TYPED)
	.venv/bin/codespell $(SOURCES) docs README.md CONTRIBUTING.md CHANGELOG.md template.yaml

test: setup  ## install what is needed and run all tests
	.venv/bin/pytest -n auto --maxprocesses 4 --dist loadgroup

soak: setup  ## half an hour of lives, lost and doubled events and kills on a laptop cloud; judged at the end
	.venv/bin/python -m bench.soak --minutes 30

ACCESS := .aws-sam/access.json
access: setup  ## hold every policy to the calls of the whole end-to-end run, and print the figures
	BATON_ACCESS_RECORD=$(ACCESS) .venv/bin/pytest -q tests/e2e; .venv/bin/python -m bench.access $(ACCESS)

mutations: .venv/.installed  ## plant bugs, one at a time, and see that the judge finds each
	.venv/bin/python -m faults.mutations

FUZZ_CASES ?= 1000000
fuzz: setup  ## fuzz every reader of outside bytes, FUZZ_CASES each (a million), two at a time; goes on where it stopped
	$(VENVS)/fuzz/bin/python -m fuzz --cases $(FUZZ_CASES)

bench: setup  ## measure: imports, one hop, the relay against a script by hand, cleaning, taking in, the local SageMaker
	.venv/bin/python -m bench.imports
	.venv/bin/python -m bench.hop
	.venv/bin/python -m bench.relay
	.venv/bin/python -m bench.relay --rows 5000
	.venv/bin/python bench/clean.py --rows 5000000
	.venv/bin/python bench/ingest.py --gigabytes 5
	.venv/bin/python -m bench.stream
	.venv/bin/python bench/databases.py --rows 5000000
	.venv/bin/python -m bench.texts
	.venv/bin/python -m bench.texts --embed
	PYTHONPATH=layers/science .venv/bin/python -m bench.suspects
	PYTHONPATH=layers/science .venv/bin/python -m bench.suspects --scale
	.venv/bin/python bench/spark.py --rows 1000000 5000000
	.venv/bin/python -m bench.sagemaker

# The peer's environment is installed for its measurement alone.
$(eval $(call environment,$(VENVS)/profilers,profilers))
bench-profile: setup $(VENVS)/profilers/.installed  ## measure profiling against cleaning, and ydata-profiling beside it
	.venv/bin/python bench/profile_file.py --peer

FAULTS ?=
faults: setup  ## the fault matrix, whole: hours on few cores; FAULTS="--minutes 60 --resume" and more by `python -m faults --help`
	.venv/bin/python -m faults $(FAULTS)

coverage-tables: .venv/.installed  ## write the local SageMaker's table of operations again
	sed -i '/<!-- coverage -->/q' docs/local-sagemaker.md
	.venv/bin/python -m local.sagemaker.coverage >> docs/local-sagemaker.md

# checkov cannot expand the template's loops, so it is given the template expanded.
check-template: .venv/.installed $(VENVS)/sam/.installed $(VENVS)/checkov/.installed  ## lint template.yaml with sam, cfn-lint and checkov
	$(VENVS)/sam/bin/sam validate --lint --language-extensions --region us-east-1
	.venv/bin/cfn-lint template.yaml
	@mkdir -p .aws-sam
	PYTHONPATH=.:layers/lifecycle .venv/bin/python -m events.wiring > .aws-sam/expanded.json
	$(VENVS)/checkov/bin/checkov --file .aws-sam/expanded.json --framework cloudformation --compact --quiet --skip-download

# Scanners are installed for this alone.
$(eval $(call environment,$(VENVS)/scanners,scanners))
check-security: .venv/.installed $(VENVS)/scanners/.installed  ## look for secrets, weak code (bandit) and packages with known weaknesses (pip-audit)
	.venv/bin/python -m checks.leaks
	.venv/bin/python -m checks.weaknesses
	.venv/bin/python -m checks.advisories

requirements: | $(UV)  ## resolve and pin all dependencies again
	@for source in requirements/*.in layers/*/requirements.in; do \
	  case $$source in */demo.in|*/jumpstart.in) alone=--no-deps;; *) alone=;; esac; \
	  $(UV) pip compile --quiet $$alone --generate-hashes --universal --python-version 3.13 --no-emit-index-url \
	    --no-emit-find-links --custom-compile-command "make requirements" $$source -o $${source%.in}.txt; \
	done
