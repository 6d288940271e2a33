"""The command line as a user meets it: what it prints, and one line and code 2 for bad input."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

import tilelang.tt as tt


@pytest.fixture
def run(tool, tmp_path):
    def run(*args: object, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*tool, *map(str, args)],
            cwd=tmp_path,
            env={**os.environ, "COLUMNS": "100", **(env or {})},
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


@pytest.fixture(scope="module")
def gemm(root: Path) -> str:
    return f"{root}/examples/gemm_tir.py:gemm"


def test_plan_draws_the_grid_and_the_buffers_and_writes_the_plan(run, gemm, tmp_path):
    done = run("plan", gemm, "-a", "M=1280", "--device", "n150", "-o", "plan.json")
    assert done.returncode == 0, done.stderr
    assert "compute grid 8x8, 64 cores" in done.stdout
    assert "80 blocks, on 64 of 64 cores" in done.stdout
    # An instance of T.Kernel is a block; tiles are the tensors' 32 x 32 elements.
    assert not re.search(r"\btiles?\b", done.stdout[: done.stdout.index("\nbuffer ")])
    assert "   1  16-17  18-19" in done.stdout
    assert "16 cores with 2 blocks: (0, 0)-(7, 1)" in done.stdout
    assert "page p is in DRAM bank p % 12, at p // 12 * 2048 bytes" in done.stdout
    assert "\x1b" not in done.stdout
    plan = tt.Plan.load(tmp_path / "plan.json")
    assert plan.schedule("gemm").num_tiles == 80
    shown = run("show", "plan.json").stdout
    assert shown.startswith(done.stdout.replace("written to plan.json\n", ""))
    assert 'def gemm(A: T.Tensor((1280, 1024), "bfloat16")' in shown
    assert max(map(len, shown.splitlines())) <= 110


@pytest.mark.needs("apache-tvm")
def test_show_says_which_pages_a_block_reads_and_writes_and_where(run, gemm):
    done = run("plan", gemm, *["-a", "M=96", "-a", "N=64", "-a", "K=128", "-a", "block=32"], *WHERE)
    assert done.returncode == 0, done.stderr
    done = run("show", "plan.json", "--block", "3")
    assert done.stdout.splitlines() == [
        "gemm_tir.py: gemm(M=96, N=64, K=128, block=32), block 3: (1, 1, 0) of T.Kernel(2, 3, 1), on core (3, 0)",
        "  A reads 4 pages: 4-7",
        "  B reads 4 pages: 1, 3, 5, 7",
        "  C reads 1 page: 3; writes 1 page: 3",
    ]
    for block in ("6", "-1"):
        done = run("show", "plan.json", "--block", block)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == f"error: found --block {block}; expected 0 to 5\n"


@pytest.mark.needs("apache-tvm")
def test_policies_are_compared_side_by_side(run, gemm):
    sizes = ["-a", "M=512", "-a", "N=512", "-a", "K=256", "-a", "block=64", "--device", "n150"]
    done = run("plan", gemm, *sizes, "--compare")
    assert done.returncode == 0, done.stderr
    rows = {line[:33].strip(): line[33:].split() for line in done.stdout.splitlines()}
    assert rows["gemm"] == []
    assert rows["cores"] == ["64", "64", "64"]
    # 8 x 8 blocks of 64 x 64 on 8 x 8 cores: alone each tensor is read eight times, together once.
    assert rows["A read"][:6] == ["2097152", "B,", "8", "times", "each", "page"]
    assert rows["A read"][-6:] == ["262144", "B,", "1", "times", "each", "page"]
    assert done.stdout.splitlines()[-1].startswith("auto takes rectangular. Chosen by its bounds: ")
    (document,) = json.loads(run("plan", gemm, *sizes, "--compare", "--json").stdout)
    assert list(document["policies"]) == ["contiguous", "strided", "rectangular"]
    (launch,) = document["policies"]["rectangular"]["launches"]
    assert launch["tensors"]["B"]["read"] == 512 * 256 * 2
    assert launch["least"] == launch["cycles"][launch["wall"]]
    assert document["auto"]["policy"] == "rectangular"
    (larger,) = document["larger_blocks"]
    assert "can't be told from these" in larger["refused"]
    planned = run("plan", gemm, *sizes, "--policy", "auto", "-o", "plan.json")
    assert document["auto"]["reason"] in planned.stdout
    assert "multicast to the 7 others of its row over NoC 1" in planned.stdout
    assert "multicast to the 7 others of its row over NoC 1" in run("show", "plan.json").stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--policy", "random"], "policy is 'random'; expected one of contiguous, strided"),
        (["--cores", "4"], "found cores '4'; expected a grid, as in 4x2, or a rectangle"),
        (["--compare", "--policy", "strided"], "found --policy with --compare; expected one of"),
        (["--compare", "-o", "plan.json"], "found -o with --compare; expected one of the two"),
    ],
)
def test_what_is_said_of_a_schedule_is_checked_before_the_work(run, gemm, options, said):
    done = run("plan", gemm, "--device", "n150", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


WHERE = ("--device", "n150", "-o", "plan.json")


def test_without_a_name_the_kernels_are_listed(run, gemm):
    done = run("plan", gemm.rpartition(":")[0])
    assert done.returncode == 0
    assert "gemm  function (M=1024, N=1024, K=1024, dtype='bfloat16', block=128)" in done.stdout


@pytest.mark.needs("tilelang")
def test_a_jit_kernel_is_traced_with_its_parameters(run, root, tmp_path):
    kernel = root / "examples" / "gemm.py"
    listed = run("plan", kernel)
    assert "gemm  @tilelang.jit kernel (A, B, block_M=128" in listed.stdout
    sizes = ["-a", "M=256", "-a", "N=512", "-a", "K=128"]
    done = run("plan", f"{kernel}:gemm", *sizes, "--device", "p150a", "-o", "plan.json")
    assert done.returncode == 0, done.stderr
    assert tt.Plan.load(tmp_path / "plan.json").schedule("gemm").grid == (4, 2, 1)
    missing = run("plan", f"{kernel}:gemm", "--device", "p150a")
    assert missing.returncode == 2
    assert "Cannot find value for constexpr variable `M`" in missing.stderr
    unknown = run("plan", f"{kernel}:gemm", *sizes, "-a", "blok_M=3", "--device", "p150a")
    assert unknown.returncode == 2
    assert "found the argument blok_M" in unknown.stderr


@pytest.mark.needs("tilelang")
def test_out_idx_of_the_decorator_reaches_the_plan(run, tmp_path):
    source = Path(__file__).with_name("tilelang_kernels.py")
    sizes = ["-a", "M=64", "-a", "N=64", "-a", "K=64"]
    done = run("plan", f"{source}:lazy_gemm", *sizes, "--device", "n150", "-o", "plan.json")
    assert done.returncode == 0, done.stderr
    assert tt.Plan.load(tmp_path / "plan.json").buffers("lazy")["C"].role == "out"


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("from gemm_tir import gemm as make\nfunc = make(128, 128, 128)", "func"),
        (
            "import tvm\nfrom gemm_tir import gemm as make\n"
            "mod = tvm.IRModule({'main': make(128, 128, 128)})",
            "mod",
        ),
    ],
)
def test_a_primfunc_and_an_irmodule_are_kernels(source, name, run, root, tmp_path):
    (tmp_path / "mine.py").write_text(source)
    env = {"PYTHONPATH": str(root / "examples")}
    done = run("plan", f"mine.py:{name}", "--device", "n150", env=env)
    assert done.returncode == 0, done.stderr
    assert "1 block, on 1 of 64 cores" in done.stdout
    refused = run("plan", f"mine.py:{name}", "-a", "M=3", "--device", "n150", env=env)
    assert refused.returncode == 2
    assert 'found a value for the dimension "M"; expected none' in refused.stderr


@pytest.mark.needs("apache-tvm")
@pytest.mark.parametrize("name", ["json.py", "rich.py", "tvm.py", "kernel", "kernel.tir"])
def test_a_file_may_be_called_anything_and_have_any_neighbours(name, run, root, tmp_path):
    (tmp_path / name).write_text((root / "examples" / "gemm_tir.py").read_text())
    (tmp_path / "attrs.py").write_text("raise RuntimeError('not the package attrs')")
    (tmp_path / "copy.py").write_text("raise RuntimeError('not the standard library')")
    done = run("plan", f"{name}:gemm", "--device", "n150")
    assert done.returncode == 0, done.stderr


FILES = {
    "raises.py": "raise RuntimeError('boom')",
    "exits.py": "raise SystemExit(3)",
    "needs.py": "import no_such_package",
    "syntax.py": "def f(:",
    "empty.py": "x = 1",
    "wrong.py": "def kernel(M):\n    return M",
    "leaves.py": "import sys\ndef kernel():\n    sys.exit(7)",
    "deep.json": "[" * 100000,
    "half.json": '{"schema_version": 1, "arch"',
    "later.json": '{"schema_version": 3}',
    "zero.json": None,  # n150 with a grid of 0
}

# The command; what its one line on stderr says.
BAD_INPUT = [
    ("plan shut/kernel.py:f", "shut/kernel.py: Permission denied"),
    ("plan half.json", "expected a Python file with a kernel; to draw a plan: tilelang-tt show"),
    ("plan wrong.py:", "found 'wrong.py:'; expected KERNEL.py or KERNEL.py:NAME"),
    ("plan wrong.py:a.b", "found 'wrong.py:a.b'; expected KERNEL.py or KERNEL.py:NAME"),
    ("plan wrong.py -o new.json", "found -o without a kernel; expected one of wrong.py:kernel"),
    ("plan wrong.py --device n150", "found --device without a kernel; expected one of"),
    ("plan GEMM -o same --html same", "found -o same and --html same, which are one file"),
    ("plan GEMM -o same --html ./same", "found -o same and --html same, which are one file"),
    ("plan wrong.py:kernel -o wrong.py", "found KERNEL.py wrong.py and -o wrong.py, which are one"),
    ("show device.json --html device.json", "which are one file; expected two"),
    (
        "plan GEMM --device device.json -o device.json",
        "found --device device.json and -o device.json, which are one file",
    ),
    (
        "plan GEMM --device n150 --html no/p.html -o new.json",
        "no/p.html: No such file or directory",
    ),
    ("plan GEMM --device wolfpine", "tilelang-tt device --from wolfpine -o device.json, then"),
    ("plan GEMM -a Q=3", "unexpected keyword argument 'Q' (with Q=3; parameters are given by -a"),
    (
        "plan GEMM -a M=abc",
        "(with M='abc'; parameters are given by -a NAME=VALUE, to the function (M=",
    ),
    ("device --from n150 -o .", ".: found a folder; expected a place to write to"),
    (
        "device --from n150 --arch blackhole",
        "found --arch with --from n150; expected it with a device",
    ),
    (
        "device --from p150a --cluster n150",
        "found --cluster with --from p150a; expected it with a mock",
    ),
    ("device --from wolfpine --dispatch slow", "found --dispatch with --from wolfpine"),
    (
        "device --from Wolfpine",
        "expected live, card, ttsim, wolfpine, mock, a file, or a preset: n150",
    ),
    ("validate --backend mock --watcher", "found --watcher with --backend mock"),
    ("validate --backend mock --asserts", "found --asserts with --backend mock"),
    ("device --from mock --harvest-mask 0xffffffffff", "--harvest-mask is '0xffffffffff'"),
    ("device --from mock --arch grayskull", "found no architecture 'grayskull'"),
    ("show device.json", "device.json: found a device; expected a plan"),
    ("validate -o wrong.py/report", "wrong.py/report: Not a directory; expected a folder"),
    ("plan nothing.py:gemm", "nothing.py: found no such file"),
    ("plan raises.py:f", "raises.py: line 1: RuntimeError: boom"),
    ("plan exits.py:f", "it exits (3) when imported"),
    ("plan needs.py:f", "No module named 'no_such_package'"),
    ("plan syntax.py:f", "SyntaxError"),
    ("plan empty.py", "found no kernel; expected a PrimFunc"),
    ("plan wrong.py:kernel", "missing a required argument: 'M'"),
    ("plan wrong.py:kernel -a M=1", "returned a int; expected a PrimFunc or an IRModule"),
    ("plan leaves.py:kernel", "SystemExit: 7"),
    ("show deep.json", "deep.json: found no whole JSON document"),
    ("device --from n150 --harvest-mask 0x1", "found --harvest-mask with --from n150"),
    ("plan wrong.py:kernel -a M", "found the argument 'M'; expected NAME=VALUE"),
    ("plan wrong.py:kernel -a M=1 -a M=2", "found the argument M twice"),
    ("plan GEMM -a M=100 --device n150", "ValueError: M is 100"),
    ("plan GEMM -a dtype=float64 --device n150", "buffer A is of dtype float64"),
    ("plan GEMM --device n160", "found no preset 'n160'"),
    ("plan GEMM --device half.json", "half.json: found no whole JSON document"),
    ("plan GEMM --device later.json", "schema_version is 3; expected 1"),
    ("plan GEMM --device zero.json", "grid_x is 0; expected 1 to 64"),
    ("plan GEMM --device nothing.json", "nothing.json: No such file"),
    ("plan GEMM --device n150 -o no/plan.json", "no/plan.json: No such file or directory"),
    ("plan GEMMX --device n150", "found no kernel 'gemmX'; expected one of gemm"),
    ("show half.json", "half.json: found no whole JSON document"),
    ("show later.json", "schema_version is 3; expected 2"),
    ("device --from n160", "found no preset 'n160'"),
    ("device --from mock --cluster n160", "found no cluster 'n160'"),
    ("device --from mock --harvest-mask many", "--harvest-mask is 'many'"),
    ("device --speed 3", "No such option"),
    ("destroy", "No such command 'destroy'"),
    ("plan", "Missing argument 'KERNEL.py[:NAME]'"),
]


@pytest.mark.parametrize(("command", "message"), BAD_INPUT, ids=[row[0] for row in BAD_INPUT])
def test_bad_input_gives_one_line_and_code_2(command, message, gemm, tmp_path, monkeypatch, capsys):
    from tilelang.tt.cli import main

    for name, text in FILES.items():
        if text is None:
            text = json.dumps(
                {"schema_version": 1, **tt.DeviceSpec.preset("n150").to_attr(), "grid_x": 0}
            )
        (tmp_path / name).write_text(text)
    words = [word.replace("GEMM", gemm) for word in command.split()]
    tt.DeviceSpec.preset("n150").save(tmp_path / "device.json")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["tilelang-tt", *words])
    is_file = Path.is_file
    monkeypatch.setattr(  # root may search any folder
        Path, "is_file", lambda path: _refuse(path) if "shut" in path.parts else is_file(path)
    )
    with pytest.raises(SystemExit) as ended:
        main()
    printed = capsys.readouterr().err
    assert ended.value.code == 2, printed
    assert message in printed
    assert printed.count("\n") == 1, printed
    assert not (tmp_path / "new.json").exists()


@pytest.mark.parametrize("command", ["device --from live", "plan GEMM", "plan GEMM --device live"])
def test_no_live_device_is_said_in_words_of_the_command_line(command, gemm, monkeypatch, capsys):
    from tilelang.tt.cli import main
    from tilelang.tt.runtime import BackendError
    from tilelang.tt.runtime.backends import live

    def fails():
        raise BackendError("the driver sleeps")

    monkeypatch.setattr(live, "query_live", fails)
    monkeypatch.setattr("sys.argv", ["tilelang-tt", *command.replace("GEMM", gemm).split()])
    with pytest.raises(SystemExit) as ended:
        main()
    printed = capsys.readouterr().err
    assert ended.value.code == 2
    assert printed.startswith("error: found no live device: the driver sleeps; with a card, see")
    assert "name another: a preset, as in plan --device n150" in printed
    assert "device=" not in printed


def _refuse(path):
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


@pytest.mark.needs("apache-tvm")
def test_bad_input_ends_the_process_so_too(run):
    done = run("show", "nothing.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: nothing.json: No such file or directory")
    assert done.stderr.count("\n") == 1


@pytest.mark.needs("ttnn")
def test_device_takes_no_mock_for_a_device_that_was_named(run, tmp_path):
    for variable in ("TT_METAL_SIMULATOR", "TT_METAL_MOCK_CLUSTER_DESC_PATH"):
        done = run("device", "-o", "new.json", env={variable: "/no/such"})
        assert done.returncode == 2
        assert f"{variable}=/no/such: found no such file (unset {variable})" in done.stderr
        assert not (tmp_path / "new.json").exists()


@pytest.mark.needs("ttnn")
def test_the_architecture_chooses_the_mock(run):
    assert "blackhole: compute grid 11x10" in run("device", "--arch", "blackhole").stdout
    refused = run("device", "--from", "mock", "--cluster", "n150", "--arch", "blackhole")
    assert "found --arch blackhole with a wormhole_b0 cluster" in refused.stderr


@pytest.mark.needs("ttnn")
def test_device_asks_a_mock_and_writes_its_description(run, tmp_path):
    done = run("device", "--from", "mock", "--cluster", "p100a", "-o", "device.json")
    assert done.returncode == 0, done.stderr
    assert "blackhole: compute grid 11x10, 110 cores; 7 DRAM banks" in done.stdout
    assert tt.DeviceSpec.load(tmp_path / "device.json") == tt.DeviceSpec.preset("p100a")
    masked = run("device", "--from", "mock", "--harvest-mask", "0x3")
    assert "compute grid 8x7" in masked.stdout
    refused = run("device", "--from", "mock", "--harvest-mask", "0x7")
    assert refused.returncode == 2
    assert "At most two rows or cols" in refused.stderr


@pytest.mark.needs("apache-tvm")
def test_device_shows_a_preset_or_a_file(run, tmp_path):
    tt.DeviceSpec.preset("p150a").save(tmp_path / "mine.json")
    for origin in ("p150a", "mine.json"):
        assert "compute grid 11x10" in run("device", "--from", origin).stdout


def test_doctor_says_what_is_here_and_what_to_do_about_the_rest(run):
    done = run("doctor")
    assert done.returncode == 0, done.stdout
    assert "ok  TVM" in done.stdout
    assert "ok  passes" in done.stdout
    assert "ok  cache folder" in done.stdout
    named = run("doctor", env={"TILELANG_TT_DEVICE": "n160", "TILELANG_TT_CACHE": "/proc/no"})
    assert "found no preset 'n160'" in named.stdout
    assert "-> export TILELANG_TT_CACHE=<another folder>" in named.stdout


@pytest.mark.needs("apache-tvm")
def test_the_version_is_that_of_the_package(run):
    from importlib.metadata import version

    installed = version("tilelang-tt")
    assert run("--version").stdout == f"tilelang-tt {installed}\n"
    assert tt.__version__ == installed
    from tilelang.tt import _ffi_api

    assert _ffi_api.version() == installed


@pytest.mark.needs("apache-tvm")
def test_a_terminal_has_colours(run, gemm):
    done = run("plan", gemm, "--device", "n150", env={"FORCE_COLOR": "1"})
    assert "\x1b[1;32m" in done.stdout


SHARED = """
from tvm.script import tirx as T

@T.prim_func
def halves(A: T.Buffer((64, 64), "float32"), C: T.Buffer((64, 64), "float32")):
    bx = T.launch_thread("blockIdx.x", 4)
    for i, j in T.grid(16, 64):
        C[bx * 16 + i, j] = A[bx * 16 + i, j]
"""


@pytest.mark.needs("ttnn")
def test_blocks_that_write_one_page_are_warned_of_and_refused_where_they_would_run(run, tmp_path):
    (tmp_path / "shared.py").write_text(SHARED)
    done = run("plan", "shared.py:halves", *WHERE)
    assert done.returncode == 0, done.stderr
    found = "blocks (0, 0, 0) and (1, 0, 0) both write page 0"
    assert f"warning: C: {found}; validate and run refuse that" in done.stdout
    done = run("validate", "plan.json", "--backend", "mock")
    assert done.returncode == 1
    assert f"who writes C: expected one block a page at most; found {found}" in done.stdout
