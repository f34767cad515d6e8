# Two commands do everything on a fresh machine: `make demo` and `make test`.
# They install what they need into .venv; nothing has to be set up by hand.

SHELL := /bin/sh
PYTHON ?= python3
TEXTS ?= 10000
# Test processes at a time; each takes up to 3 GB.
JOBS ?= 2
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
BRIDGE := python/djlift/jars/djlift-core-0.1.0.jar
TOOLING := python/djlift/jars/djlift-tooling-0.1.0.jar
STAGE := python/djlift/jars/djlift-spark-0.1.0.jar
JAVA_SOURCES := $(shell find jvm-bridge -name '*.java' -o -name '*.gradle' 2>/dev/null) build.gradle settings.gradle
GRADLE := jvm-bridge/gradle

ARCHIVE ?= build/zoo/model/nlp/token_classification/org/djlift/demo/ner-minilm/1.0.0/ner-minilm-1.0.0-fp32.zip
OUT ?= build/articles
EXAMPLES := jvm-bridge/examples
ARTICLES := $(CURDIR)/$(EXAMPLES)/articles.tsv

.PHONY: maven example-java example-scala example-pyspark
.PHONY: help demo test test-all lint unit jvm java java-all wheel bridge parity large clean

# A real model, built in fp32 and fp16, proven on a JVM; it shows entities.
demo: $(READY) $(BRIDGE) $(STAGE)
	$(BIN)/djlift build model-zoo/ner-minilm --zoo build/zoo --replace
	@printf '%s\n' \
	  'Maria Gonzalez met Angela Merkel at Siemens in Berlin.' \
	  'The Red Cross flew from Zürich 🇨🇭 to São Paulo on Friday 🎉' \
	  'Nokia sued Apple in a Delaware court, Reuters reported.' > build/demo.txt
	@for archive in build/zoo/model/nlp/token_classification/org/djlift/demo/ner-minilm/1.0.0/*.zip; do \
	  echo "$$archive"; $(BIN)/djlift predict "$$archive" --input build/demo.txt || exit $$?; done

# All that CI runs.
test: lint java unit jvm

# The same on every version of Spark.
test-all: lint java-all unit jvm

# A model of 560 M parameters: an hour, 12 GB of memory, 20 GB of disk. Not in CI.
large: $(READY) $(BRIDGE)
	$(BIN)/pytest -q -s -m large

# ruff, mypy and the import rules.
lint: $(READY)
	$(BIN)/ruff check python tests tools $(EXAMPLES)
	$(BIN)/ruff format --check python tests tools $(EXAMPLES)
	$(BIN)/mypy
	$(BIN)/lint-imports

# Python tests that need no JVM.
unit: $(READY)
	$(BIN)/pytest -q -n $(JOBS) --dist loadfile -m "not jvm and not large"

# Python tests that start a JVM.
jvm: $(READY) $(BRIDGE) $(STAGE)
	$(BIN)/pytest -q -n $(JOBS) --dist loadfile -m "jvm and not large"

# Tests of the Java half, Scala and Spark stages.
java: $(READY)
	$(GRADLE) --quiet --parallel check

# The same on every version of Spark.
java-all: $(READY)
	$(GRADLE) --quiet --parallel check -Pevery

# The built wheel, in an environment without torch: verify and predict must work there.
wheel: $(READY) $(BRIDGE) $(STAGE)
	$(BIN)/pytest -q tests/jvm/delivery/test_wheel.py

# djlift's jars in a Maven folder, build/maven: the examples take them from there, as others would.
maven: $(READY)
	$(GRADLE) --quiet publish

# Articles to entities, on the archive that `make demo` builds; or ARCHIVE=other.zip.
example-java: maven
	$(GRADLE) --quiet -p $(EXAMPLES)/java run -Pmaven=$(CURDIR)/build/maven \
	  -Parguments='$(abspath $(ARCHIVE)) $(ARTICLES)'

# The same in Scala, on Spark.
example-scala: maven
	$(GRADLE) --quiet -p $(EXAMPLES)/scala run -Pmaven=$(CURDIR)/build/maven \
	  -Parguments='$(abspath $(ARCHIVE)) $(ARTICLES) $(abspath $(OUT))'

# The same in PySpark.
example-pyspark: $(READY) $(STAGE)
	$(BIN)/python $(EXAMPLES)/pyspark/articles.py $(abspath $(ARCHIVE)) $(ARTICLES) $(abspath $(OUT))

# The long run over architectures and tokenizers; it writes docs/architectures.md anew. The rows stay in
# build/architectures.json: `python -m tools.architectures.matrix --from FILE --out PAGE` writes the page from them.
parity: $(READY) $(BRIDGE)
	$(BIN)/python -m tools.architectures.matrix --texts $(TEXTS) $(if $(SEED),--seed $(SEED)) \
	  --json build/architectures.json --out docs/architectures.md

# The Java half, put where Python looks for it.
bridge: $(BRIDGE) $(TOOLING) $(STAGE)

$(BRIDGE): $(JAVA_SOURCES)
	$(GRADLE) --quiet copyBridge
	@touch $(BRIDGE) $(TOOLING)

$(TOOLING): $(BRIDGE)
	@test -f $@ || $(GRADLE) --quiet copyBridge
	@touch $@

$(STAGE): $(JAVA_SOURCES)
	$(GRADLE) --quiet copyStage
	@touch $@

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "djlift needs Python 3.11 or later: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -e '.[export,embed,jre,s3,sign,demo,dev]'
	@touch $@

# Remove what was built.
clean:
	rm -rf build .gradle jvm-bridge/*/build $(BRIDGE) $(TOOLING) $(STAGE)

# The targets, each with the first line of the comment above it.
help:
	@awk '/^#/ { if (!about) about = substr($$0, 3); next } \
	  /^[a-z][a-z-]*:/ { sub(/:.*/, "", $$1); printf "%-16s %s\n", $$1, about } { about = "" }' Makefile
