# The commands one needs; each does all of its own set-up. ci/lanes.sh says what that is.
.PHONY: demo test clean

demo: ## plan a GEMM for a device that is asked
	@ci/demo.sh

test: ## build and test everything
	@ci/test.sh

clean: ## remove what the two made
	rm -rf build .venv
