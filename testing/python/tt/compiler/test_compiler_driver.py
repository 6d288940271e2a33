"""What the compiler says of itself, what it refuses, and what it leaves behind."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tilelang.tt.runtime import BackendError
from tilelang.tt.runtime.compiler import install
from tilelang.tt.runtime.compiler.clang import needs_sfpi
from tilelang.tt.runtime.compiler.config import Config
from tilelang.tt.runtime.compiler.elf import sections, symbol_sizes

pytestmark = pytest.mark.needs("wolfpine")

COMPILE = ["-std=c++17", "-Os", "-c"]


def test_its_version_says_what_it_is(run_compiler) -> None:
    for simulator in ("", "/a/simulator"):
        result = run_compiler("--version", simulator=simulator)
        assert result.returncode == 0
        for word in ("tilelang-tt", "clang of ziglang", "simulators only"):
            assert word in result.stdout


def test_its_version_changes_with_its_sources(monkeypatch, tmp_path: Path) -> None:
    before = install.version_line()
    (tmp_path / "a.py").write_text("")
    monkeypatch.setattr(install, "_PACKAGE", tmp_path)
    assert install.version_line() != before


def _no_version(name: str) -> str:
    raise PackageNotFoundError(name)


@pytest.mark.parametrize("ask", ["version", "install"])
def test_a_missing_ziglang_is_named_with_what_to_install(ask, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(install, "version", _no_version)
    monkeypatch.setattr(install, "find_spec", lambda name: None)
    said = re.escape("ziglang is not installed here (pip install 'ttnn>=0.81.1' ")
    with pytest.raises(BackendError, match=said):
        install.version_line() if ask == "version" else install.install(tmp_path, tmp_path)


def test_an_installation_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match=r"substitutes\.cpp: clang failed"):
        install.install(tmp_path / "root", tmp_path / "no_ttnn")


def test_it_is_not_used_with_a_card(run_compiler, tmp_path: Path) -> None:
    source, output = tmp_path / "a.cc", tmp_path / "a.o"
    source.write_text("int x;")
    argv = [*COMPILE, "-mcpu=tt-wh", "-o", str(output), str(source)]
    refused = run_compiler(*argv, simulator="")
    assert refused.returncode == 1
    assert "for a card install SFPI" in refused.stderr
    assert not output.exists()
    assert run_compiler(*argv).returncode == 0


SFPU_KERNELS = [
    ("#include <sfpi.h>\nsfpi::vDouble x;", "vDouble"),
    ("#include <sfpi.h>\nvoid f() { sfpi::srcs_reg[0] = 0; }", "srcs_reg"),
    ("#include <sfpi.h>\nvoid f() { sfpi::rand(); }", "rand"),
    ("void f() { __builtin_rvtt_sfpnop(); }", "__builtin_rvtt_sfpnop"),
    ("#include <sfpi_fp16.h>", "sfpi_fp16.h"),
]


@pytest.mark.parametrize(("source", "name"), SFPU_KERNELS, ids=[name for _, name in SFPU_KERNELS])
def test_code_that_only_sfpi_can_compile_is_refused_in_one_line(
    source: str, name: str, run_compiler, tmp_path: Path
) -> None:
    (tmp_path / "relu.cpp").write_text(source + "\n")
    (tmp_path / "trisck.cc").write_text('#include "relu.cpp"\n')
    result = run_compiler(*COMPILE, "-mcpu=tt-bh-tensix", "-o", "a.o", "trisck.cc")
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1
    for word in ("relu.cpp", "vector unit (SFPU)", name, "SFPI"):
        assert word in result.stderr


def test_any_other_error_is_shown_as_clang_has_it(run_compiler, tmp_path: Path) -> None:
    (tmp_path / "a.cc").write_text("int f() { return undeclared; }\n")
    result = run_compiler(*COMPILE, "-mcpu=tt-wh", "-o", "a.o", "a.cc")
    assert result.returncode == 1
    assert "a.cc:1:18: error: use of undeclared identifier 'undeclared'" in result.stderr
    assert needs_sfpi(result.stderr) is None


CLAIMS = [
    ("int32_t is a long, as SFPI has it", "static_assert(__is_same(int32_t, long));"),
    ("uint32_t is a long", "static_assert(__is_same(uint32_t, unsigned long));"),
    ("a pointer has 4 bytes", "static_assert(sizeof(void*) == 4);"),
    ("C++20's consteval", "consteval int f() { return 1; } static_assert(f() == 1);"),
    ("C++20's class-type arguments", "struct S { int x; }; template <S> int v; int y = v<S{1}>;"),
    ("an array of std", "#include <array>\nconstexpr std::array<int, 2> a{1, 2};"),
    ("a variant of std", "#include <variant>\nconstexpr std::variant<int, char> a{1};"),
]


@pytest.mark.parametrize("cpu", ["tt-wh", "tt-bh-tensix"])
@pytest.mark.parametrize("code", [code for _, code in CLAIMS], ids=[name for name, _ in CLAIMS])
def test_the_language_is_that_of_sfpi(code: str, cpu: str, run_compiler, tmp_path: Path) -> None:
    (tmp_path / "a.cc").write_text(f"#include <cstdint>\n{code}\n")
    result = run_compiler(*COMPILE, f"-mcpu={cpu}", "-o", "a.o", "a.cc")
    assert result.returncode == 0, result.stderr


# REPLAY is opcode 4; start in bits 14 and up, length in 4 and up, execute bit 1, load bit 0.
WORDS = [
    "lltt::replay_insn(0, 16) == 0x04000100",
    "lltt::replay_insn(16, 4) == 0x04040040",
    "lltt::replay_insn(1, 2, true, true) == 0x04004023",
    "sfpi::SFPLOADI_MOD0_UPPER == 8 && sfpi::SFPLOADI_MOD0_LOWER == 10",
]


@pytest.mark.parametrize("claim", WORDS)
def test_our_headers_give_the_words_of_the_instruction_set(claim, run_compiler, tmp_path) -> None:
    (tmp_path / "a.cc").write_text(
        f"#include <lltt.h>\n#include <sfpi.h>\nstatic_assert({claim});\n"
    )
    result = run_compiler(*COMPILE, "-mcpu=tt-wh-tensix", "-o", "a.o", "a.cc")
    assert result.returncode == 0, result.stderr


def test_a_tensix_instruction_stands_in_code_rotated_by_two(run_compiler, tmp_path) -> None:
    (tmp_path / "a.cc").write_text('void f() { asm volatile(".ttinsn %0" ::"n"(0xC2000001u)); }\n')
    result = run_compiler(*COMPILE, "-mcpu=tt-wh-tensix", "-o", "a.o", "a.cc")
    assert result.returncode == 0, result.stderr
    assert (0x08000007).to_bytes(4, "little") in (tmp_path / "a.o").read_bytes()


def test_a_precompiled_header_is_used_and_gives_the_same_code(run_compiler, tmp_path) -> None:
    (tmp_path / "pch.h").write_text("#pragma once\n#include <tuple>\n#include <variant>\n")
    (tmp_path / "a.cc").write_text("std::tuple<int, int> f() { return {1, 2}; }\n")
    flags = ["-O3", "-std=c++17", "-mcpu=tt-bh-tensix"]
    argv = [*flags, "-c", "-include", str(tmp_path / "pch.h"), "-DX=1"]
    assert run_compiler(*argv, "-o", "plain.o", "a.cc").returncode == 0
    header = ["-x", "c++-header", *flags]
    result = run_compiler(*header, "pch.h", "-o", str(tmp_path / "pch.h.gch"))
    assert result.returncode == 0, result.stderr
    os.utime(tmp_path / "pch.h")  # its time is not what counts
    assert run_compiler(*argv, "-o", "quick.o", "a.cc").returncode == 0
    (tmp_path / "pch.h").unlink()  # nothing reads it when the precompiled one is used
    assert (tmp_path / "quick.o").read_bytes() == (tmp_path / "plain.o").read_bytes()


def test_what_is_optimised_for_size_gets_no_precompiled_header(run_compiler, tmp_path) -> None:
    """TT-metal has one made for firmware each time an empty cache is opened, and none is used."""
    (tmp_path / "pch.h").write_text("#pragma once\nusing Number = int;\n")
    (tmp_path / "a.cc").write_text("Number f() { return 1; }\n")
    argv = [*COMPILE, "-mcpu=tt-wh", "-include", str(tmp_path / "pch.h")]
    assert run_compiler(*argv, "-o", "plain.o", "a.cc").returncode == 0
    header = ["-x", "c++-header", "-Os", "-std=c++17", "-mcpu=tt-wh"]
    result = run_compiler(*header, "pch.h", "-o", str(tmp_path / "pch.h.gch"))
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "pch.h.gch").stat().st_size == 0
    result = run_compiler(*argv, "-o", "beside.o", "a.cc")
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "beside.o").read_bytes() == (tmp_path / "plain.o").read_bytes()


@pytest.fixture
def precompiled(run_compiler, tmp_path: Path) -> Callable[[], CompletedProcess[str]]:
    """Compiles a.cc with a header that was precompiled from pch.h an hour before."""
    (tmp_path / "pch.h").write_text(PCH)
    (tmp_path / "a.cc").write_text("int f() { return first; }\n")
    flags = ["-O2", "-std=c++17", "-mcpu=tt-wh"]
    result = run_compiler(*flags, "-x", "c++-header", "pch.h", "-o", "pch.h.gch")
    assert result.returncode == 0, result.stderr
    hour_ago = time.time() - 3600
    for name in ("pch.h", "pch.h.gch"):
        os.utime(tmp_path / name, (hour_ago, hour_ago))
    return lambda: run_compiler(
        *flags, "-include", str(tmp_path / "pch.h"), "-c", "-o", "a.o", "a.cc"
    )


PCH = "#pragma once\ninline int first = 1;\n"


def test_a_header_written_anew_with_the_same_contents_is_no_new_one(precompiled, tmp_path) -> None:
    (tmp_path / "pch.h").unlink()
    (tmp_path / "pch.h").write_text(PCH)
    result = precompiled()
    assert result.returncode == 0, result.stderr


def test_a_header_of_other_contents_is_not_taken_for_the_same(precompiled, tmp_path) -> None:
    (tmp_path / "pch.h").write_text(PCH.replace("1", "2"))  # of the same size
    result = precompiled()
    assert result.returncode == 1
    assert "has been modified since the precompiled header" in result.stderr


FIRMWARE = ["-DFW_BUILD", "-mcpu=tt-wh", "-c", "-o", "brisc.o", "brisc.cc", "-MF", "brisc.d"]
FITTING = ["-DNUM_DRAM_BANKS=12", "-DNUM_L1_BANKS=72"]


def test_firmware_is_the_wheels_for_the_same_banks(run_compiler, runtime_root, tmp_path) -> None:
    assert run_compiler(*FITTING, "-DDISPATCH_MESSAGE_ADDR=4290183304", *FIRMWARE).returncode == 0
    assert (tmp_path / "brisc.d").exists()
    result = run_compiler("-mcpu=tt-wh", "brisc.o", "-o", "brisc.1_2.elf")
    assert result.returncode == 0, result.stderr
    builds = [b for b in Config.load(runtime_root).firmware if b["banks"] == [12, 72]]
    ready = [Path(build["path"], "brisc", "brisc.elf").read_bytes() for build in builds]
    assert (tmp_path / "brisc.1_2.elf").read_bytes() in ready


def test_ethernet_firmware_is_the_wheels_nearest(run_compiler, tmp_path) -> None:
    (tmp_path / "erisc").mkdir()
    argv = [arg.replace("brisc", "erisc/erisc") for arg in FIRMWARE]
    defines = ["-DNUM_DRAM_BANKS=12", "-DNUM_L1_BANKS=71", "-DDISPATCH_MESSAGE_ADDR=4290183304"]
    assert run_compiler(*defines, *argv).returncode == 0
    result = run_compiler("-mcpu=tt-wh", "erisc/erisc.o", "-o", "erisc/erisc.elf")
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "erisc" / "erisc.elf").read_bytes()[:4] == b"\x7fELF"


@pytest.mark.parametrize(
    ("banks", "dispatch"),
    [([12, 71], 4290183304), ([12, 72], 4194304)],
    ids=["another number of banks", "another dispatch"],
)
def test_firmware_that_the_wheel_has_not_is_compiled(banks, dispatch, run_compiler, tmp_path):
    (tmp_path / "brisc.cc").write_text(f"int main() {{ return {banks[1]}; }}\n")
    defines = [f"-DNUM_DRAM_BANKS={banks[0]}", f"-DNUM_L1_BANKS={banks[1]}"]
    result = run_compiler(*defines, f"-DDISPATCH_MESSAGE_ADDR={dispatch}", *FIRMWARE)
    assert result.returncode == 0, result.stderr
    symbols = symbol_sizes((tmp_path / "brisc.o").read_bytes())
    assert "main" in symbols  # by its C name, which crt0 calls


@pytest.mark.parametrize("check", ["WATCHER_ENABLED", "LIGHTWEIGHT_KERNEL_ASSERTS"])
def test_firmware_with_checks_is_compiled_since_the_wheels_has_none(
    check: str, run_compiler, tmp_path
) -> None:
    (tmp_path / "brisc.cc").write_text("[[gnu::used]] int rta_count; int main() { return 0; }\n")
    defines = [*FITTING, "-DDISPATCH_MESSAGE_ADDR=4290183304", f"-D{check}"]
    result = run_compiler(*defines, *FIRMWARE)
    assert result.returncode == 0, result.stderr
    assert "rta_count" in symbol_sizes((tmp_path / "brisc.o").read_bytes())


def test_firmwares_data_is_one_section_since_kernels_have_names_in_it(run_compiler, tmp_path):
    (tmp_path / "trisc.cc").write_text("unsigned a, b; int main() { return int(a); }\n")
    argv = [arg.replace("brisc", "trisc").replace("tt-wh", "tt-wh-tensix") for arg in FIRMWARE]
    result = run_compiler("-DNUM_DRAM_BANKS=12", "-DNUM_L1_BANKS=71", *argv)
    assert result.returncode == 0, result.stderr
    names = {found.name for found in sections((tmp_path / "trisc.o").read_bytes())}
    assert ".bss" in names or ".sbss" in names
    assert not any(name.startswith((".bss.", ".sbss.")) for name in names)


def test_it_writes_nothing_but_its_outputs(run_compiler, tmp_path, monkeypatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("TMPDIR", str(home))
    (tmp_path / "a.cc").write_text("int x;\n")
    argv = [*COMPILE, "-MMD", "-MF", "a.d", "-mcpu=tt-wh", "-o", "a.o", "a.cc"]
    assert run_compiler(*argv).returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.cc", "a.d", "a.o", "home"]
    assert list(home.iterdir()) == []


def test_a_refusal_is_quick(run_compiler) -> None:
    started = time.perf_counter()
    assert run_compiler("-fnew-flag").returncode == 1
    assert time.perf_counter() - started < 1


def test_the_root_can_be_renamed(runtime_root, tmp_path, run_compiler) -> None:
    text = (runtime_root / "runtime/sfpi/compiler/bin/riscv-tt-elf-g++").read_text()
    assert str(runtime_root) not in text
    assert str(runtime_root) not in (runtime_root / "compiler.json").read_text()
