"""The build by CMake alone, as `cmake .. -G Ninja` in a folder `build`."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.needs("wolfpine")


@pytest.fixture
def configure(root, tmp_path):
    tools = root / ".venv/build/bin"

    def run(*arguments: str, path: str = "/usr/bin:/bin") -> subprocess.CompletedProcess[str]:
        command = [str(tools / "cmake"), str(root), "-G", "Ninja"]
        command += [f"-DCMAKE_MAKE_PROGRAM={tools / 'ninja'}", *arguments]
        return subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, timeout=120,
            env={**os.environ, "PATH": path},
        )  # fmt: skip

    return run


def test_it_finds_an_interpreter_with_tvm_ffi_and_tests_in_each_tvm(configure, root, tmp_path):
    done = configure("-DCMAKE_BUILD_TYPE=Release")
    assert done.returncode == 0, done.stderr
    cache = (tmp_path / "CMakeCache.txt").read_text()
    assert f"Python_EXECUTABLE:FILEPATH={root}/.venv/build/bin/python\n" in cache
    ctest = root / ".venv/build/bin/ctest"
    listed = subprocess.run(
        [ctest, "-N", "-R", "tt"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    ).stdout
    assert "tt_partition" in listed
    assert "tt_schedule_tvm2" in listed, "apache-tvm of two lanes, and tilelang's"


def test_the_interpreter_of_an_environment_that_is_activated_comes_first(configure, tmp_path):
    done = configure(path=f"{os.path.dirname(sys.executable)}:/usr/bin:/bin")
    assert done.returncode == 0, done.stderr
    assert "Python_EXECUTABLE:FILEPATH=python3\n" in (tmp_path / "CMakeCache.txt").read_text()


def test_an_interpreter_without_tvm_ffi_is_an_error_that_says_what_to_do(configure):
    done = configure("-DPython_EXECUTABLE=/bin/false")
    assert done.returncode == 1
    said = " ".join(done.stderr.split())
    assert "None of /bin/false has apache-tvm-ffi. Install it there (pip install apache-tvm" in said


def test_tests_that_were_asked_for_and_can_not_be_built_are_an_error(configure):
    done = configure(
        "-DTILELANG_TT_BUILD_TESTS=ON", "-DTILELANG_TT_TVM_LIBRARIES=/no/tvm/lib/it.so"
    )
    assert done.returncode == 1
    assert "there is no /no/tvm/lib/it.so" in " ".join(done.stderr.split())
    done = configure("-DTILELANG_TT_BUILD_TESTS=ON", "-DCATCH2_INCLUDE_DIR:PATH=")
    assert done.returncode == 1
    said = " ".join(done.stderr.split())
    assert "Found no catch2/catch.hpp. Install Catch2 2: the PyPI package comma-deps-catch2" in said


def test_without_catch2_there_is_a_library_and_no_tests_and_it_is_said(configure):
    done = configure("-DCATCH2_INCLUDE_DIR:PATH=")
    assert done.returncode == 0, done.stderr
    assert "No C++ tests: Found no catch2/catch.hpp." in done.stdout
