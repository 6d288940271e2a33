"""How the package sits beside tilelang and TVM, and what it does without them."""

from __future__ import annotations

import functools
import io
import re
import subprocess
import sys
import tarfile
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import tilelang.tt as tt

# Makes a process in which there is no TVM, and no real tilelang, which brings one.
NO_TVM = """
import importlib.metadata, sys, types

sys.modules["tvm"] = None
(init,) = [f for f in importlib.metadata.files("tilelang-tt") if f.match("tilelang/tt/__init__.py")]
sys.modules["tilelang"] = types.ModuleType("tilelang")
sys.modules["tilelang"].__path__ = [str(init.locate().parent.parent)]
import tilelang.tt as tt
"""


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, cwd="/"
    )


def test_tilelang_tt_brings_no_tilelang_package_of_its_own():
    from importlib.metadata import files

    names = [str(file) for file in files("tilelang-tt")]
    assert "tilelang/__init__.py" not in names
    assert "tilelang/tt/lib/libtilelang_tt.so" in names
    assert "tilelang/tt/schemas/plan.schema.json" in names


@pytest.mark.needs("tilelang")
def test_the_real_tilelang_is_still_imported():
    done = python("import tilelang; print(tilelang.__version__, tilelang.jit.__name__)")
    assert done.stdout.split()[-2:] == ["0.1.15", "jit"], done.stderr


@pytest.mark.parametrize(
    ("command", "whole"),
    [("--version", False), ("device n150", False), ("doctor", True)],
)
def test_a_command_runs_a_tilelang_that_is_installed_only_where_it_asks_for_its_tvm(command, whole):
    done = python(
        f"import sys, tilelang_tt; sys.argv = ['tilelang-tt', *{command!r}.split()]\n"
        "try:\n    tilelang_tt.main()\n"
        "finally:\n    print('whole', not hasattr(sys.modules['tilelang'], 'is_bare'))\n"
    )
    assert done.stdout.splitlines()[-1] == f"whole {whole}", done.stdout + done.stderr


def test_importing_loads_neither_ttnn_nor_the_passes():
    done = python(
        "import tilelang.tt, sys; "
        "print([m for m in ('ttnn', 'jsonschema', 'click', 'rich', 'tilelang.tt.passes')"
        " if m in sys.modules and 'tilelang.language' not in sys.modules])"
    )
    assert done.stdout.strip().splitlines()[-1] == "[]", done.stdout + done.stderr


def test_without_a_tvm_the_import_says_what_to_install():
    code = NO_TVM + (
        "print(tt.DeviceSpec.preset('n150').grid_x)\n"
        "try:\n    from tilelang.tt import infer_metadata\n"
        "except ImportError as error:\n    print('ImportError:', error)\n"
    )
    done = python(code)
    assert "RuntimeWarning: tilelang.tt found no TVM" in done.stderr, done.stderr
    assert "pip install 'apache-tvm>=0.26'" in done.stderr
    assert "pip install tilelang==0.1.15" in done.stderr
    assert done.stdout.startswith("8\nImportError: tilelang.tt found no TVM"), done.stdout


def test_without_a_tvm_the_doctor_says_the_same_and_the_command_line_does_not_warn():
    code = NO_TVM.replace(
        "import tilelang.tt as tt", "sys.argv = ['bin/tilelang-tt', 'doctor']"
    ) + (
        "import tilelang_tt\ntilelang_tt.put_off()\n"
        "from tilelang.tt.cli import doctor, main\n"
        "doctor._installed = lambda package: None\n"
        "main()\n"
    )
    done = python(code)
    assert done.returncode == 1
    assert "pip install 'apache-tvm>=0.26', or pip install tilelang==0.1.15" in done.stdout, (
        done.stderr
    )
    assert done.stderr == ""


def test_a_plan_is_checked_without_a_tvm(tmp_path):
    import kernels

    tt.Plan.from_module(tt.infer_metadata(kernels.launch(4), "n150")).save(tmp_path / "plan.json")
    code = NO_TVM + (
        f"print(tt.Plan.load({str(tmp_path / 'plan.json')!r}).schedule('launch').num_tiles)\n"
    )
    done = python(code)
    assert done.stdout.strip() == "4", done.stderr


def test_every_public_name_is_there_and_documented():
    for name in tt.__all__:
        assert getattr(tt, name).__doc__, name
    with pytest.raises(AttributeError, match="has no attribute 'no_such_name'"):
        tt.no_such_name  # noqa: B018


def test_a_library_that_is_missing_is_named(monkeypatch):
    from tilelang.tt import _ffi

    monkeypatch.setenv("TILELANG_TT_LIBRARY", "/no/such/library.so")
    with pytest.raises(ImportError, match=r"found no libtilelang_tt.so at /no/such/library.so"):
        _ffi.library_path()


def test_the_types_of_the_librarys_functions_are_those_that_it_registers(tmp_path):
    from tilelang.tt import _ffi, _ffi_api

    shipped = Path(_ffi_api.__file__).read_text()
    stubs = tmp_path / "_ffi_api.py"
    stubs.write_text(re.sub(r"(?m)^    def .*\n", "", shipped))
    generator = Path(sys.executable).with_name("tvm-ffi-stubgen")
    subprocess.run(
        [generator, stubs, "--dlls", _ffi.library_path()], check=True, capture_output=True
    )
    # Releases of tvm-ffi write a function without parameters differently.
    generated = stubs.read_text().replace("(*args: Any)", "()")
    assert generated == shipped


def test_what_the_package_has_is_its_api():
    assert sorted(dir(tt)) == sorted([*tt.__all__, "__version__"])
    done = python("import tilelang.tt as tt; print([n for n in dir(tt) if not hasattr(tt, n)])")
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


@pytest.mark.needs("wolfpine")
def test_the_workflow_takes_a_wheel_by_its_url_with_extras(root, tmp_path):
    wheels = sorted((root / "build/wheels").glob("tilelang_tt-*.whl"))
    assert wheels, "ci/build.sh makes one"
    (word,) = re.findall(
        r'install "(tilelang-tt\S* @ \S*)"', (root / "examples/nightly.yml").read_text()
    )
    handler = functools.partial(QuietHandler, directory=str(wheels[-1].parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/{wheels[-1].name}"
        command = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--dry-run",
            "--no-deps",
            "--ignore-installed",
        ]
        done = subprocess.run(
            [*command, word.replace("$TILELANG_TT_WHEEL", url)],
            capture_output=True,
            text=True,
            timeout=120,
        )
        server.shutdown()
    assert done.returncode == 0, done.stderr
    assert "Would install tilelang-tt-" in done.stdout


SOURCES = {"pyproject.toml": "[project]", "src/tt/error.cc": "int x;", "tilelang/tt/plan.py": ""}


@pytest.mark.parametrize(
    ("packed", "code", "line"),
    [
        (SOURCES, 0, "the sdist has all that a build reads, as the tree has it"),
        ({**SOURCES, "docs/guide.md": "more"}, 0, "the sdist has all"),
        ({**SOURCES, "src/tt/error.cc": "int y;"}, 1, "src/tt/error.cc: not the tree's in the sdist"),
        ({"pyproject.toml": "[project]"}, 1, "tilelang/tt/plan.py: not in the sdist"),
    ],
)  # fmt: skip
def test_an_sdist_has_all_that_a_build_reads(packed, code, line, root, tmp_path):
    for name, text in SOURCES.items():
        file = tmp_path / "tree" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    with tarfile.open(tmp_path / "x.tar.gz", "w:gz") as archive:
        for name, text in packed.items():
            member = tarfile.TarInfo(f"tilelang_tt-0.1.0/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    command = [sys.executable, root / "ci/compare_sdist.py", "x.tar.gz", "tree"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == code, done.stderr
    assert line in done.stdout


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *words):
        pass
