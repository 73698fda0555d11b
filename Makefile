# Every target works on a fresh clone: it installs what it needs first.
PYTHON ?= $(firstword $(wildcard $(HOME)/.pyenv/versions/3.13*/bin/python3.13) python3.13)
UV := .venvs/uv/bin/uv
VENVS := .venvs
export SAM_CLI_TELEMETRY := 0

.DEFAULT_GOAL := help
.PHONY: help setup requirements up down clean

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
$(foreach name,ministack sam jobs local checkov,$(eval $(call environment,$(VENVS)/$(name),$(name))))

setup: .venv/.installed $(foreach name,ministack sam jobs local checkov,$(VENVS)/$(name)/.installed)  ## install every environment

LAPTOP := $(VENVS)/local/bin/python -m local
up: setup  ## run the laptop cloud until Ctrl-C (BATON_PORT, default 4566)
	@exec $(LAPTOP) up

down:  ## stop a laptop cloud that was left behind
	@test ! -x $(VENVS)/local/bin/python || $(LAPTOP) down

clean:  ## stop the laptop cloud and forget its state
	@if test -x $(VENVS)/local/bin/python; then $(LAPTOP) clean; else rm -rf .baton; fi

requirements: | $(UV)  ## resolve and pin all dependencies again
	@for source in requirements/*.in layers/*/requirements.in; do \
	  $(UV) pip compile --quiet --generate-hashes --universal --python-version 3.13 --no-emit-index-url \
	    --no-emit-find-links --custom-compile-command "make requirements" $$source -o $${source%.in}.txt; \
	done
