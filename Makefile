# The commands one needs; each does all of its own set-up. ci/lanes.sh says what that is.
.PHONY: demo test lint docs clean

demo: ## plan a GEMM for a device that is asked, and prove the plan on a simulator
	@ci/demo.sh

test: ## build and test everything
	@ci/test.sh

lint: ## check the form of every file
	@ci/lint.sh

docs: ## build the documentation, with the reference
	@ci/docs.sh

clean: ## remove what the two made
	rm -rf build .venv
