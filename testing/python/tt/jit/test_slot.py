"""What is registered with TileLang: names of targets, the detector, what a cache is keyed by."""

from __future__ import annotations

import subprocess
import sys
import warnings

import jit_kernels as kernels
import pytest
import tilelang.backend.target as backend_target
import tvm
import tvm_ffi
from tilelang.backend.module import create_backend_context, list_backends
from tvm.target import Target

import tilelang
import tilelang.tt as tt
from tilelang.tt import version
from tilelang.tt.jit import compiled, expected, slot
from tilelang.tt.presets import preset_names
from tilelang.tt.target import preset_name

pytestmark = pytest.mark.needs("tilelang")


def of(target) -> Target:
    return create_backend_context(target).target


NAMED = {
    "a name": "tenstorrent",
    "blanks": " tenstorrent ",
    "a map": {"kind": "ext_dev", "keys": ["tenstorrent"]},
    "TVM's target": Target("tenstorrent"),
    "a target that was normalised": of("tenstorrent"),
}


@pytest.mark.parametrize("how", NAMED)
def test_each_way_to_name_the_target_is_one_target(how):
    assert str(of(NAMED[how])) == str(of("tenstorrent"))
    assert create_backend_context(NAMED[how]).name == "tenstorrent"


def test_a_preset_is_named_in_the_target():
    for preset in preset_names():
        for target in (f"tenstorrent/{preset}", Target(f"tenstorrent/{preset}")):
            assert preset_name(of(target)) == preset
    assert preset_name(of("tenstorrent")) == ""


def test_an_unknown_preset_is_refused_with_those_that_there_are():
    with pytest.raises(ValueError, match=r"'tenstorrent/n15': found no preset 'n15'; .* n150, "):
        of("tenstorrent/n15")


OTHERS = ["c", "llvm", {"kind": "cuda", "arch": "sm_90"}, {"kind": "ext_dev"}, "ext_dev"]


@pytest.mark.parametrize("target", OTHERS, ids=str)
def test_other_targets_are_left_alone(target):
    assert (
        expected.normalized(target if isinstance(target, (str, dict)) else Target(target)) is None
    )
    assert expected.normalized(Target(target)) is None


def test_a_machine_without_a_gpu_has_this_target_and_one_with_keeps_its_own(monkeypatch):
    assert backend_target.list_target_detectors()[-1] == "tenstorrent"
    detectors = backend_target._TARGET_DETECTORS
    none = {n: backend_target.TargetDetectorSpec(n, lambda: None) for n in detectors}
    gpu = backend_target.TargetDetectorSpec("cuda", lambda: {"kind": "cuda", "arch": "sm_90"})
    monkeypatch.setattr(
        backend_target, "_TARGET_DETECTORS", {**none, "tenstorrent": detectors["tenstorrent"]}
    )
    assert create_backend_context("auto").name == "tenstorrent"
    monkeypatch.setattr(backend_target, "_TARGET_DETECTORS", {**detectors, "cuda": gpu})
    assert create_backend_context("auto").name == "cuda"


def test_the_target_says_by_which_build_and_for_what_it_was_compiled(monkeypatch):
    """TileLang keys its caches by the target's text."""
    mine = str(of("tenstorrent"))
    assert f"tilelang-tt {tt.__version__} (" in mine
    texts = {mine, str(of("tenstorrent/n150"))}
    with tt.device("ttsim", arch="blackhole"):
        texts.add(str(of("tenstorrent")))
    monkeypatch.setattr(version, "build", lambda: "0.2.0 (of another time)")
    texts.add(str(of("tenstorrent")))
    assert len(texts) == 4


#: All of this package that a program pays for which imports it and compiles nothing.
REGISTRATION = [
    "tilelang.tt",
    "tilelang.tt._ffi",
    "tilelang.tt.extras",
    "tilelang.tt.jit",
    "tilelang.tt.jit.expected",
    "tilelang.tt.jit.slot",
    "tilelang.tt.presets",
    "tilelang.tt.target",
    "tilelang.tt.upward",
]


def test_importing_registers_and_loads_nothing_else():
    code = (
        "import sys, tilelang, tvm\n"
        "before = set(sys.modules)\n"
        "import tilelang.tt\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd="/")
    assert done.stdout.splitlines()[-1].split() == REGISTRATION, done.stderr


def test_registering_again_changes_nothing():
    before = list_backends()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        slot.register_with_tilelang()
    assert list_backends() == before


def test_a_tilelang_without_the_slot_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "tilelang.backend.module", None)
    monkeypatch.setattr(tilelang, "__version__", "0.1.13")
    expected = r"found tilelang 0.1.13, which takes no backends from outside; expected 0.1.15"
    with pytest.warns(RuntimeWarning, match=expected):
        slot.register_with_tilelang()


def test_the_source_is_for_the_device_that_is_named():
    func = kernels.scale_func(32, 32)
    tilelang.disable_cache()

    def shown(target: str) -> str:
        return tilelang.compile(func, target=target).get_kernel_source().partition("\n")[0]

    for preset in ("n150-two-rows", "p150a"):
        spec = tt.DeviceSpec.preset(preset)
        expected = f"// scale for {spec.arch}, {spec.grid_x} x {spec.grid_y} cores"
        assert shown(f"tenstorrent/{preset}") == expected
    with tt.device("ttsim", arch="blackhole"):
        assert shown("tenstorrent") == expected


def test_a_module_of_several_functions_is_refused_with_their_names():
    scale = kernels.scale_func(32, 32)
    module = tvm.IRModule({"one": scale, "two": scale})
    with pytest.raises(
        NotImplementedError, match=r"found 2 functions, \['one', 'two'\]; expected 1"
    ):
        compiled.lower(module, of("tenstorrent"))


TORN = {
    "nothing": b"",
    "another format": b"tilelang_tt 2\n1\na1\nb",
    "no source": b"tilelang_tt 1\n1\na",
    "too short": b"tilelang_tt 1\n5\nab\n1\nb",
    "too long": b"tilelang_tt 1\n1\na\n1\nbc",
    "no number": b"tilelang_tt 1\nx\na\n1\nb",
    "a negative number": b"tilelang_tt 1\n-1\na\n1\nb",
    "an enormous number": b"tilelang_tt 1\n99999999999999999999\na\n1\nb",
}


@pytest.mark.parametrize("how", TORN)
def test_a_saved_kernel_that_is_torn_is_refused(how):
    load = tvm_ffi.get_global_func("ffi.Module.load_from_bytes.tilelang_tt")
    with pytest.raises(ValueError, match="a saved kernel: found"):
        load(TORN[how])


def test_a_saved_kernel_is_the_same_kernel():
    make = tvm_ffi.get_global_func("tl.tt.jit.make_module")
    load = tvm_ffi.get_global_func("ffi.Module.load_from_bytes.tilelang_tt")
    for kernel, source in (("", "text\n"), ("kernel", ""), ("a\n5\nb", "c\n\0d")):
        module = load(f"tilelang_tt 1\n{len(kernel)}\n{kernel}\n{len(source)}\n{source}".encode())
        assert module.inspect_source() == make(kernel, source).inspect_source() == source
        assert module.implements_function("main") == bool(kernel)


def test_a_kernel_is_compiled_by_the_schedule_that_its_author_says():
    tilelang.disable_cache()
    source = kernels.shared_gemm(128, 128, 64).get_kernel_source()
    assert source.count("noc_async_write_multicast(") == 2
    assert "multicast" not in kernels.gemm(128, 128, 64).get_kernel_source()
