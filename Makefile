# The two commands are `make` and `make test`. `make help` lists the rest.
#
# Real work hangs on stamp files, which depend on the sources, so that a second run does only what
# changed. The names that people type are phony, and say when there was nothing to do.

PYTHON ?= python3
# `course` holds no solution text anywhere; `self-study` adds the solution pages.
EDITION ?= course
# Passed on to pytest: make test ARGS="tests/checks -k stride"
ARGS ?=

ifeq ($(filter course self-study,$(EDITION)),)
$(error EDITION is course or self-study, not "$(EDITION)")
endif

BIN := .venv/bin
STAMPS := _build/stamps
INSTALLED := .venv/installed
EXERCISES := $(patsubst solutions/%.py,%,$(wildcard solutions/[0-9]*.py))
NOTEBOOKS := $(foreach name,$(EXERCISES),exercises/$(name)/$(name).ipynb)
# `jupyter-book` makes a folder _build in the one it is told to put things into.
BOOK_OUTPUT := $(if $(filter self-study,$(EDITION)),_build/self-study,.)
BUILD := $(patsubst ./%,%,$(BOOK_OUTPUT)/_build)
SITE := $(BUILD)/html
DEMO := _build/demo/grades.json _build/demo/report/index.html

files = $(shell find $(1) -type f -not -path '*/__pycache__/*' 2>/dev/null)
PACKAGE := $(call files,autograder)
# What the cells of the book call. The extension in book/_ext runs them again when this changes.
CALLED_BY_CELLS := $(call files,autograder/__init__.py autograder/checks autograder/diagnosis \
	autograder/notebooks solutions)
# The self-study edition writes its pages into a folder of its own; they are made, not sources.
PAGES := $(filter-out book/self-study/%,$(call files,book)) _config.yml

# A stamp is no use when what it stands for was deleted: $(call gone,files) forces the work then.
gone = $(if $(filter-out $(wildcard $(1)),$(1)),FORCE)
# A stamp carries the time at which its work began: what was edited meanwhile is newer, and not missed.
begin = mkdir -p $(@D) && touch $@.began
stamp = mv $@.began $@
# A recipe that does work notes so; the phony target that ends on it says "unchanged" otherwise.
note = $(eval DONE += $(1))
say = @$(if $(filter $(1),$(DONE)),:,echo "$(1): unchanged")

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: all help summary install exercises release book epub pdf bundle demo test browser firefox \
	database lint format audit bench pictures lab hooks clean distclean FORCE

all: install exercises book demo summary ## all of it: install, exercises, book, demonstration class

summary:
	@echo
	@echo "The book:         $(CURDIR)/$(SITE)/index.html"
	@echo "The class report: $(CURDIR)/_build/demo/report/index.html"
	@echo "The grades:       $(CURDIR)/_build/demo/grades.json"

help: ## this list
	@sed -n -e 's/^all:/:/' -e 's/^\([a-z]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | \
		while IFS='|' read -r name text; do printf 'make %-10s %s\n' "$$name" "$$text"; done

## Installing

install: $(INSTALLED) ## .venv, with everything that requirements.txt pins
	$(call say,install)

$(INSTALLED): .venv/filled pyproject.toml
	$(call note,install)@echo "install: the package itself, from this checkout"
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q autograder  # as pip does with all that is not editable
	@touch $@

.venv/filled: requirements.txt constraints.txt $(call gone,$(BIN)/python)
	$(call note,install)@echo "install: $(if $(wildcard $(BIN)/pip),bringing .venv up to date,filling .venv (a few minutes, once))"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$(PYTHON) is not Python 3.11 or newer. Install one, or name one: make PYTHON=python3.12"; \
		exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
		package=$$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "install: $(PYTHON) lacks venv; asking apt-get for $$package"; \
			apt-get update -q && apt-get install -q -y --no-install-recommends $$package; \
		else \
			echo "$(PYTHON) cannot make a virtual environment: Debian and Ubuntu keep that apart. Run"; \
			echo "    sudo apt install $$package"; \
			echo "and then make again."; \
			exit 1; \
		fi; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --requirement requirements.txt
	@touch $@

## Making

release: exercises

exercises: $(STAMPS)/exercises ## regenerate what students receive from solutions/ (`make release` too)
	$(call say,exercises)

$(STAMPS)/exercises: $(INSTALLED) $(call files,solutions) $(PACKAGE) $(call gone,$(NOTEBOOKS))
	$(call note,exercises)@echo "exercises: generating from solutions/"
	@$(begin)
	$(BIN)/autograder release
	@$(stamp)

# A notebook that came out the same keeps its date, so that nothing is remade for it.
$(NOTEBOOKS): $(STAMPS)/exercises ;

book: $(STAMPS)/book-$(EDITION) ## the site, _build/html/index.html (EDITION=self-study: with solutions)
	$(call say,book)

# Sphinx reports a page's warnings only when it reads that page, so after a failure it reads all; and
# it does not notice that our extension to it changed.
$(STAMPS)/book-$(EDITION): $(PAGES) $(CALLED_BY_CELLS) $(NOTEBOOKS) $(call gone,$(SITE)/index.html)
	$(call note,book)@echo "book: building $(SITE)"
	@$(begin)
	@EDITION=$(EDITION) $(BIN)/jupyter-book build book --path-output $(BOOK_OUTPUT) -W -n --keep-going \
		$(if $(filter book/_ext/%,$?),--all) || { rm -rf $(BUILD)/.doctrees; exit 1; }
	@$(stamp)

epub: $(INSTALLED) $(NOTEBOOKS) ## the book for a book reader, _build/epub/convolution.epub
	@rm -rf _build/epub
	$(BIN)/jupyter-book build book --builder custom --custom-builder epub -W -n --keep-going

pdf: $(INSTALLED) $(NOTEBOOKS) browser ## the book on paper, _build/pdf/convolution.pdf, printed by a browser
	$(BIN)/jupyter-book build book --builder singlehtml -W -n --keep-going
	$(BIN)/python tests/print_book.py

bundle: $(STAMPS)/exercises ## what students take home: notebooks and checks, _build/exercises.zip
	$(BIN)/autograder release --bundle _build/exercises.zip

demo: $(STAMPS)/demo ## grade a class of made-up students: _build/demo/
	$(call say,demo)

$(STAMPS)/demo: $(STAMPS)/exercises nbgrader_config.py $(call gone,$(DEMO))
	$(call note,demo)@echo "demo: grading a class of made-up students"
	@$(begin)
	$(BIN)/autograder demo
	@$(stamp)

## Checking

test: install browser firefox database book ## every test (ARGS="tests/checks -k stride" for some)
	$(BIN)/python -m pytest -n 2 $(ARGS)

browser: $(INSTALLED)
	@$(BIN)/python tests/browser_setup.py chromium

firefox: $(INSTALLED)
	@$(BIN)/python tests/browser_setup.py firefox

database: $(INSTALLED)
	@$(BIN)/python tests/postgres.py

lint: $(INSTALLED) ## style and types, nothing changed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(INSTALLED) ## put the style right
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

audit: $(INSTALLED) ## check the checks: mistakes rejected and right answers accepted, by exercise
	$(BIN)/autograder audit

bench: $(STAMPS)/exercises ## time grading beside stock nbgrader, and conv2d_fast beside torch
	$(BIN)/python benchmarks/grading.py
	$(BIN)/python benchmarks/convolution.py

pictures: book browser ## take the README's pictures again
	$(BIN)/python tests/readme_pictures.py

## Working

lab: $(STAMPS)/exercises ## open the exercises in JupyterLab
	$(BIN)/jupyter lab --notebook-dir exercises

hooks: $(INSTALLED) ## have git run lint before each commit
	$(BIN)/pre-commit install

clean: ## remove everything made but .venv
	rm -rf _build .mypy_cache .pytest_cache .ruff_cache .hypothesis

distclean: clean ## remove .venv too
	rm -rf .venv autograder.egg-info
