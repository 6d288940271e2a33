"""The commands that generate kernels and run them: build, run, exec."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

pytestmark = pytest.mark.needs("wolfpine")


@pytest.fixture(scope="module")
def tilelang_tt(tmp_path_factory):
    """The command line in a folder that has scale.json, the plan of an example."""
    folder = tmp_path_factory.mktemp("commands")
    command = os.path.join(os.path.dirname(sys.executable), "tilelang-tt")

    def call(*args, check=True, **env):
        done = subprocess.run(
            [command, *map(str, args)],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=300,
            env={**os.environ, **env},
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    from conftest import ROOT

    for name in ("scale_tir", "gemm_tir"):
        kernel = f"{ROOT}/examples/{name}.py:{name.removesuffix('_tir')}"
        sizes = ["-a", "M=128", "-a", "N=128"]
        call("plan", kernel, *sizes, "--device", "n150", "-o", f"{name}.json")
    call.folder = folder
    return call


def test_build_writes_files_that_say_what_was_chosen(tilelang_tt):
    said = tilelang_tt("build", "scale_tir.json", "-o", "scale").stdout
    folder = tilelang_tt.folder / "scale"
    names = {path.name for path in folder.iterdir()}
    assert names == {"reader.cpp", "compute.cpp", "writer.cpp", "kernel.json", "host.py"}
    plan = json.loads((folder / "kernel.json").read_text())
    assert plan["l1_bytes"] == sum(each["bytes"] for each in plan["buffers"])
    assert f"{plan['l1_bytes']} bytes of L1 on {len(plan['cores'])} cores" in said
    assert "X_block: 2 of 1x2 tiles of float32, 16384 bytes, from reader to compute" in said
    assert all(
        len(line) <= 110 for path in folder.iterdir() for line in path.read_text().splitlines()
    )


def test_what_cannot_be_generated_is_one_line_and_exit_code_2(tilelang_tt):
    done = tilelang_tt("build", "gemm_tir.json", "-o", "gemm", check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: gemm: launches[0].body[0]: T.map: it casts int32")
    assert not (tilelang_tt.folder / "gemm").exists()


def test_exec_sets_the_environment_up_for_a_command_of_ones_own(tilelang_tt):
    code = "import os; print(os.environ['TT_METAL_MOCK_CLUSTER_DESC_PATH'], flush=True); exit(7)"
    done = tilelang_tt("exec", "--backend", "mock", "--", "python", "-c", code, check=False)
    assert done.returncode == 7
    assert done.stdout.strip().endswith(".yaml")
    done = tilelang_tt("exec", "--backend", "mock", "--", "no-such-command", check=False)
    assert done.returncode == 2
    assert done.stderr == "error: no-such-command: No such file or directory\n"


needs_ttsim = pytest.mark.needs("ttsim")


@needs_ttsim
def test_a_kernel_runs_between_operations_of_ttnn_and_nothing_is_copied(tilelang_tt):
    from conftest import ROOT

    script = ROOT / "testing/python/tt/between_ttnn_operations.py"
    done = tilelang_tt("exec", "--backend", "ttsim", "--", "python", script)
    said = [
        line for line in done.stdout.splitlines() if line.startswith(("X: ", "turned", "written"))
    ]
    assert said[:2] == ["turned three times: True", "written to: True True"]
    for line, call in zip(
        said[2:],
        ("ttnn.to_device(x, device)", "ttnn.to_device give", "to_layout(x, ttnn.TILE_LAYOUT)"),
        strict=True,
    ):
        assert line.endswith(call)


@needs_ttsim
def test_run_and_the_built_files_give_the_same_numbers(tilelang_tt):
    tilelang_tt("device", "--from", "ttsim", "-o", "device.json")
    from conftest import ROOT

    kernel = f"{ROOT}/examples/scale_tir.py:scale"
    tilelang_tt("plan", kernel, "-a", "M=64", "--device", "device.json", "-o", "own.json")
    x = np.random.default_rng(1).standard_normal((64, 128)).astype(np.float32)
    np.save(tilelang_tt.folder / "x.npy", x)
    done = tilelang_tt("run", "own.json", "x.npy", "-o", "y.npy", "--backend", "ttsim")
    assert "Y: agrees with numpy's" in done.stdout
    tilelang_tt("build", "own.json", "-o", "own")
    host = ["python", "own/host.py", "x.npy", "-o", "z.npy"]
    tilelang_tt("exec", "--backend", "ttsim", "--", *host)
    y, z = (np.load(tilelang_tt.folder / name) for name in ("y.npy", "z.npy"))
    assert np.array_equal(y, z)
    assert np.abs(y - (x * 2 + 1)).max() < 2**-8 * np.abs(y).max()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["missing.npy"], "missing.npy: found no array"),
        (["small.npy"], "small.npy: found shape (2, 2); expected (128, 128), that of X"),
        (["small.npy", "small.npy"], "found 2 arrays; expected 1: ['X']"),
        (["--function", "other"], "found no function 'other'; expected function= one of"),
    ],
)
def test_what_does_not_fit_is_said(tilelang_tt, words, said):
    np.save(tilelang_tt.folder / "small.npy", np.zeros((2, 2), np.float32))
    tilelang_tt("device", "--from", "mock", "-o", "mock.json")
    done = tilelang_tt("run", "scale_tir.json", *words, "--backend", "mock", check=False)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_scalar_that_is_not_given_is_asked_for(tilelang_tt):
    from conftest import ROOT

    text = (ROOT / "examples" / "scale_tir.py").read_text()
    changed = text.replace('(M, N), "float32")):', '(M, N), "float32"), s: T.float32):')
    changed = changed.replace("T.float32(2)", "s")
    assert changed.count("s: T.float32") == 1
    (tilelang_tt.folder / "scaled.py").write_text(changed)
    tilelang_tt("plan", "scaled.py:scale", "--device", "n150", "-o", "scaled.json")
    done = tilelang_tt("run", "scaled.json", "--backend", "mock", check=False)
    assert done.returncode == 2
    assert "scale: found no value of s; expected -s s=VALUE" in done.stderr
