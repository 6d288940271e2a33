"""What becomes of each flag of GCC's that TT-metal passes."""

from __future__ import annotations

import pytest

from tilelang.tt.runtime.compiler.errors import Refused
from tilelang.tt.runtime.compiler.flags import parse

pytestmark = pytest.mark.needs("wolfpine")

COMPILE = ["-mcpu=tt-wh", "-c", "-o", "kernel.o", "kernel.cc"]


@pytest.mark.parametrize(
    "flag",
    [
        "-O2",
        "-Os",
        "-O3",
        "-DNAME=1",
        "-DNAME",
        "-I/a",
        "-I.",
        "-MMD",
        "-fno-rtti",
        "-fno-exceptions",
        "-ffast-math",
        "-fno-finite-math-only",
        "-fno-use-cxa-atexit",
        "-fno-delete-null-pointer-checks",
    ],
)
def test_clang_gets_a_flag_that_means_the_same_to_it(flag: str) -> None:
    assert parse([flag, *COMPILE]).compile_args == [flag]


@pytest.mark.parametrize(
    "flag",
    [
        "-ftt-nttp",
        "-ftt-constinit",
        "-ftt-consteval",
        "-ftt-no-dyninit",
        "-flto=1",
        "-flto-partition=one",
        "--param=min-pagesize=0",
        "-fno-tree-loop-distribute-patterns",
        "-g",
        "-Wall",
        "-Werror",
        "-Wno-error=parentheses",
        "-Winvalid-pch",
        "-nostartfiles",
        "-mno-tt-fix-whbhebreak",
    ],
)
def test_a_flag_of_gccs_own_is_dropped(flag: str) -> None:
    command = parse([flag, *COMPILE])
    assert (command.compile_args, command.link_args) == ([], [])


@pytest.mark.parametrize(
    ("flag", "translated"),
    [
        ("-std=c++17", "-std=c++20"),
        ("-Werror=stack-usage=1912", "-Werror=frame-larger-than=1912"),
    ],
)
def test_a_flag_is_translated(flag: str, translated: str) -> None:
    assert parse([flag, *COMPILE]).compile_args == [translated]


@pytest.mark.parametrize(
    ("flag", "linked"),
    [
        ("-Wl,-z,max-page-size=16", ["-z", "max-page-size=16"]),
        ("-Wl,--emit-relocs", ["--emit-relocs"]),
        ("-Wl,--just-symbols=/a/firmware.elf", ["--just-symbols=/a/firmware.elf"]),
        ("-T/a/kernel.ld", ["-T/a/kernel.ld"]),
        ("-L/a/toolchain", ["-L/a/toolchain"]),
    ],
)
def test_lld_gets_a_linker_option(flag: str, linked: list[str]) -> None:
    assert parse([flag, "-mcpu=tt-bh", "-o", "k.elf", "k.o"]).link_args == linked


@pytest.mark.parametrize(
    ("cpu", "arch", "is_tensix"),
    [
        ("tt-wh", "wormhole", False),
        ("tt-wh-tensix", "wormhole", True),
        ("tt-bh", "blackhole", False),
        ("tt-bh-tensix", "blackhole", True),
    ],
)
def test_the_processor_says_what_the_code_is_for(cpu: str, arch: str, is_tensix: bool) -> None:
    command = parse([f"-mcpu={cpu}", *COMPILE[1:]])
    assert (command.arch, command.is_tensix) == (arch, is_tensix)


@pytest.mark.parametrize(
    ("argv", "named"),
    [
        (["-fnew-flag", *COMPILE], "-fnew-flag"),
        (["-march=rv64gc", *COMPILE], "-march=rv64gc"),
        (["-Wa,-mnew", *COMPILE], "-Wa,-mnew"),
        (["-mcpu=tt-qsr32", "-o", "a", "b"], "tt-qsr32"),
        (["-x", "fortran", *COMPILE], "fortran"),
        (["-mcpu=tt-wh", "-c", "kernel.cc"], "-o FILE"),
        (["-mcpu=tt-wh", "-c", "-o", "kernel.o"], "input"),
        (["-c", "-o", "kernel.o", "kernel.cc"], "-mcpu"),
        ([*COMPILE, "-MF"], "-MF"),
    ],
)
def test_what_the_table_does_not_have_is_refused_by_name(argv: list[str], named: str) -> None:
    with pytest.raises(Refused, match=named):
        parse(argv)
