# The commands one needs; each does all of its own set-up. ci/lanes.sh says what that is.
.PHONY: demo test test-one test-long lint docs sanitize mutants golden covered vector-unit fuzz sfpi clean

demo: ## plan a GEMM for a device that is asked, and prove the plan on a simulator
	@ci/demo.sh

test: ## build and test everything
	@ci/test.sh

test-one: ## tilelang and ttnn in one environment, of 7 GB: kernels called from TileLang on a simulator
	@ci/test_one.sh

test-long: ## the tests that take long, of which the suite has shorter ones of the same kind
	@ci/test_long.sh

lint: ## check the form of every file
	@ci/lint.sh

docs: ## build the documentation, with the reference
	@ci/docs.sh

sanitize: ## look for undefined behaviour, with Clang's warnings and the sanitizers
	@ci/sanitize.sh

mutants: ## change the code in small ways and see that the tests notice; ONLY=REGEX for some of them
	@ci/mutants.sh "$(ONLY)"

golden: ## renew the golden texts of generated kernels, with the package as it is installed
	@PYTHONPATH=testing/python/tt .venv/ttnn/bin/python testing/python/tt/golden_texts.py

covered: ## run every kernel on the ttsim that TILELANG_TT_TTSIM names, and renew the table of what is covered
	@PYTHONPATH=testing/python/tt .venv/ttnn/bin/python testing/python/tt/covered.py

vector-unit: ## the vector unit's functions against numpy, on the ttsim that TILELANG_TT_TTSIM names
	@ci/vector_unit.sh

fuzz: ## generate kernels at random and run them beside the interpreter, for ten minutes; ARGS="--minutes 60 --seed 7"
	@ci/fuzz.sh $(ARGS)

sfpi: ## compile every golden kernel with the SFPI that TILELANG_TT_SFPI names, for mocks of all boards
	@ci/sfpi.sh

clean: ## remove what these made
	rm -rf build .venv
