# Two commands matter: `make run` and `make test`. Both install the Debian packages that are missing.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test lint format build release bench soak dist lambda clean swift

SWIFT = $$(scripts/find-swift)

help: ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run: release ## Build, and start the whole path on simulated posts: no credentials, no money
	@$$($(SWIFT) build -c release --show-bin-path)/reprise run --simulate

test: swift packages-test lint ## Install what the tests need, and pass them
	@REPRISE_TEST_PYTHON=$$(scripts/python-venv test) && export REPRISE_TEST_PYTHON && set -o pipefail && \
	$(SWIFT) build --build-tests --explicit-target-dependency-import-check error && \
	{ $(SWIFT) test --skip-build --skip EndToEndTests && $(SWIFT) test --skip-build --filter EndToEndTests; } 2>&1 | \
	scripts/test-report

lint: swift packages-build ## Check the format of all Swift files
	@$(SWIFT) format lint --strict --parallel --configuration .swift-format --recursive Package.swift Sources Tests

format: swift ## Format all Swift files in place
	@$(SWIFT) format --in-place --parallel --configuration .swift-format --recursive Package.swift Sources Tests

build: swift packages-build ## Build for debugging
	@$(SWIFT) build

release: swift packages-build packages-run ## Build for use
	@$(SWIFT) build -c release --product reprise

bench: swift packages-build packages-bench ## Measure against the tools used today; needs ../shared/bench
	@scripts/bench

soak: swift packages-test ## The full-size forms of the tests: about two hours
	@scripts/soak

dist: swift packages-build packages-run packages-dist ## A stripped binary with its list of packages, in dist/
	@scripts/dist

lambda: swift packages-build packages-run packages-dist ## dist/lambda.zip for AWS Lambda, with all that it needs
	@scripts/lambda

# Before a package is installed: without Swift none of them helps.
swift:
	@scripts/find-swift > /dev/null

clean: ## Remove what was built
	@rm -rf .build dist

packages-%:
	@scripts/install-packages build run $*
packages-build:
	@scripts/install-packages build
