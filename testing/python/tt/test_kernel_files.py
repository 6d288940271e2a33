"""Whatever a kernel's file does, planning it ends in the right plan, or in one line and a code."""

from __future__ import annotations

import subprocess

import pytest

import tilelang.tt as tt

GOOD = """
from gemm_tir import gemm as make

def good(M=256, causal=True):
    assert type(causal) is bool, causal
    return make(M, 128, 128)
"""

# What the file does first; the plan is right all the same.
HARMLESS = {
    "leaves the folder": "import os; os.chdir('/')",
    "leaves for a folder that it removes": (
        "import os, tempfile; d = tempfile.mkdtemp(); os.chdir(d); os.rmdir(d)"
    ),
    "closes the standard streams": "import os; os.close(0); os.close(1); os.close(2)",
    "takes the standard streams": "import sys; sys.stdout = sys.stderr = None",
    "has objects whose attributes raise": """
class Raises:
    def __getattribute__(self, name):
        raise RuntimeError(name)
class Leaves(BaseException):
    pass
class RaisesMore:
    def __getattr__(self, name):
        raise Leaves(name)
raises, more = Raises(), RaisesMore()
""",
    "has an object that claims to wrap itself": """
class Loop:
    def __init__(self):
        self.__wrapped__ = self
    def __call__(self):
        pass
loop = Loop()
""",
    "has names that are no strings": "globals()[3] = 4",
    "changes its names while they are looked at": """
class Grows:
    def __getattr__(self, name):
        globals()[f'more{len(globals())}'] = 1
        raise AttributeError(name)
grows = Grows()
""",
    "prints a lot": "print('x' * 1_000_000)",
    "leaves a process behind": "import os, time\nif os.fork() == 0:\n    time.sleep(20)\n    os._exit(0)",
    "forks and lets the child go on": "import os; os.fork()",
    "starts a thread that does not end": (
        "import threading, time; threading.Thread(target=time.sleep, args=(60,)).start()"
    ),
    "leaves something for the exit": "import atexit, os; atexit.register(os._exit, 9)",
    "makes files private": "import os; os.umask(0o777)",
    "limits recursion": "import sys; sys.setrecursionlimit(500)",
    "ignores Ctrl-C": "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)",
}

# What the file does; what the one line says.
WRONG = {
    "leaves by os._exit": ("import os; os._exit(0)", "it ended its process, with exit code 0,"),
    "leaves with a code": ("import os; os._exit(7)", "it ended its process, with exit code 7,"),
    "is killed": (
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "its process was ended by SIGKILL",
    ),
    "crashes": ("import ctypes; ctypes.string_at(0)", "its process was ended by SIGSEGV"),
    "waits for an alarm": (
        "import signal, time; signal.alarm(1); time.sleep(60)",
        "its process was ended by SIGALRM",
    ),
    "raises a BaseException": (
        "class Odd(BaseException): pass\nraise Odd('odd')",
        "wrong.py: line 2: Odd: odd",
    ),
    "raises KeyboardInterrupt": (
        "raise KeyboardInterrupt",
        "line 1: KeyboardInterrupt: no message",
    ),
    "raises GeneratorExit": ("raise GeneratorExit('g')", "line 1: GeneratorExit: g"),
    "raises what has no text": (
        "class Odd(Exception):\n    def __str__(self):\n        raise ValueError\nraise Odd",
        "line 4: Odd: no message",
    ),
    "raises a long text": ("raise ValueError('long ' * 100_000)", "ValueError: long long"),
    "raises controls": ("raise ValueError('\\x1b[31mred\\x07')", "ValueError: \\x1b[31mred\\x07"),
    "exits with what is no code": ("raise SystemExit(['a'] * 1000)", "it exits (['a', 'a'"),
    "recurses": ("def f(): f()\nf()", "line 1: RecursionError"),
}


@pytest.fixture
def plan(root, tmp_path, monkeypatch, capfd):
    """Runs the command line here, where TVM is loaded; the kernel's own process is a fork of it."""
    from tilelang.tt.cli import main

    def plan(source: str, *more: str, name: str = "good") -> tuple[object, str]:
        (tmp_path / "wrong.py").write_text(source)
        words = ["plan", f"wrong.py:{name}", "--device", "n150", "-o", "plan.json", *more]
        monkeypatch.setattr("sys.argv", ["tilelang-tt", *words])
        monkeypatch.syspath_prepend(root / "examples")
        monkeypatch.chdir(tmp_path)
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, capfd.readouterr().err

    return plan


@pytest.mark.parametrize("first", HARMLESS.values(), ids=HARMLESS.keys())
def test_the_plan_is_right_where_the_file(first, plan, tmp_path):
    assert plan(first + GOOD) == (0, "")
    assert tt.Plan.load(tmp_path / "plan.json").schedule("gemm").grid == (1, 2, 1)
    assert (tmp_path / "plan.json").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(("source", "message"), WRONG.values(), ids=WRONG.keys())
def test_it_is_one_line_where_the_file(source, message, plan, tmp_path):
    code, error = plan(source)
    assert code == 2
    assert error.count("\n") == 1
    assert message in error
    assert len(error) < 2100
    assert not (tmp_path / "plan.json").exists()


@pytest.mark.parametrize(("source", "message"), WRONG.values(), ids=WRONG.keys())
def test_it_is_one_line_where_the_kernel(source, message, plan, tmp_path):
    """The same, from the function that makes the kernel."""
    lines = "".join(f"    {line}\n" for line in source.splitlines())
    code, error = plan(f"def good():\n{lines}")
    assert code == 2
    assert error.count("\n") == 1
    assert not (tmp_path / "plan.json").exists()


@pytest.mark.parametrize("word", ["false", "False", "FALSE"])
def test_false_is_false(word, plan):
    """GOOD asserts that it got a bool."""
    assert plan(GOOD, "-a", f"causal={word}") == (0, "")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("True", True),
        ("false", False),
        ("none", None),
        ("null", None),
        ("'false'", "false"),
        ("1e-5", 1e-5),
        ("(1, 2)", (1, 2)),
        ("falsely", "falsely"),
        ("", ""),
        ("[" * 10000, "[" * 10000),
    ],
)
def test_a_value_is_what_it_says(text, value):
    from tilelang.tt.cli.words import parse_arguments

    (found,) = parse_arguments([f"x={text}"]).values()
    assert (type(found), found) == (type(value), value)


HIDDEN = """
import functools
from gemm_tir import gemm as make

@functools.lru_cache
def cached(M: int = 128):
    return make(M, 128, 128)

part = functools.partial(make_it := cached.__wrapped__, M=128)

def _private(M: int = 128):
    return make(M, 128, 128)
"""


@pytest.mark.parametrize("name", ["cached", "part", "_private"])
def test_a_kernel_is_found_behind_what_wraps_it(name, plan):
    assert plan(HIDDEN, name=name) == (0, "")


def test_a_process_that_ends_early_is_no_success(tool, tmp_path):
    """The same without a test's process around it."""
    (tmp_path / "ends.py").write_text("import os\nos._exit(0)")
    command = [*tool, "plan", "ends.py:f", "--device", "n150"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ends.py:f: it ended its process, with exit code 0,")
    assert done.stderr.count("\n") == 1


TUNED = """
import tilelang
import tilelang.language as T

@tilelang.autotune(configs=[{"block": 64}, {"block": 128}])
@tilelang.jit(out_idx=[-1])
def tuned(N: int = 256, block: int = 128, flag: bool = True):
    assert type(flag) is bool
    @T.prim_func
    def body(X: T.Tensor((N,), "float32"), Y: T.Tensor((N,), "float32")):
        with T.Kernel(T.ceildiv(N, block), threads=128) as bx:
            for i in T.Parallel(block):
                Y[bx * block + i] = X[bx * block + i]
    return body
"""


@pytest.mark.needs("tilelang")
def test_an_autotuned_kernel_is_planned_with_the_arguments_given(plan, tmp_path):
    for block, blocks in ((64, 4), (128, 2)):
        args = ["-a", f"block={block}", "-a", "flag=false"]
        assert plan(TUNED, *args, name="tuned") == (0, "")
        planned = tt.Plan.load(tmp_path / "plan.json")
        assert planned.schedule("body").num_tiles == blocks
        assert planned.buffers("body")["Y"].role == "out"
