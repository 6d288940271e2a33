"""``tilelang.tt.run(kernel, A, out=B)`` of a compiled kernel: results in tensors of the caller's."""

from __future__ import annotations

import jit_kernels as kernels
import pytest
import tilelang.language as T
import torch

import tilelang
import tilelang.tt as tt
from tilelang.tt.jit.compiled import Compiled
from tilelang.tt.runtime.session import opened

pytestmark = pytest.mark.needs("calls")


def numbers(*shape: int) -> torch.Tensor:
    return torch.arange(shape[0] * shape[1]).reshape(shape).float()


@pytest.fixture(scope="module")
def double():
    """B = 2 A, of 32 x 64 float32, with B made."""
    tilelang.disable_cache()
    func = kernels.scale_func(32, 64, "float32")
    return tilelang.compile(func, out_idx=[1], target="tenstorrent")


@pytest.fixture(scope="module")
def apart():
    """C = A - x and B = A + x, with C before B."""
    tilelang.disable_cache()

    @T.prim_func
    def both(
        A: T.Tensor((32, 32), "float32"),
        B: T.Tensor((32, 32), "float32"),
        C: T.Tensor((32, 32), "float32"),
        x: T.float32,
    ):
        with T.Kernel(1, threads=128) as bx:
            own = T.alloc_fragment((32, 32), "float32")
            more = T.alloc_fragment((32, 32), "float32")
            less = T.alloc_fragment((32, 32), "float32")
            T.copy(A[0, 0], own)
            for i, j in T.Parallel(32, 32):
                more[i, j] = own[i, j] + x
                less[i, j] = own[i, j] - x
            T.copy(more, B[0, 0])
            T.copy(less, C[0, 0])

    return tilelang.compile(both, out_idx=[2, 1], target="tenstorrent")


AS = {
    "torch": lambda t: t,
    "numpy": lambda t: t.numpy(),
    "not compact": lambda t: t.t().clone().t(),
}


@pytest.mark.parametrize("kind", AS)
def test_a_result_is_in_the_tensor_that_was_given(double, kind):
    out = AS[kind](torch.full((32, 64), 7.0))
    assert tt.run(double, AS[kind](numbers(32, 64)), out=out) is out
    assert torch.equal(torch.as_tensor(out), numbers(32, 64) * 2)


def test_it_is_on_the_device_that_calls_use(double, monkeypatch):
    double(numbers(32, 64))
    monkeypatch.setattr("tilelang.tt.runtime.backends.devices.open_device", pytest.fail)
    session = opened.current().opened().session
    tt.run(double, numbers(32, 64), out=torch.zeros(32, 64))
    assert opened.current().opened().session is session


def test_on_a_device_that_is_given_it_is_its_function(double):
    session = opened.current().opened().session
    found = tt.run(double, numbers(32, 64).numpy(), device=session)
    assert (found == 2 * numbers(32, 64).numpy()).all()


def test_several_are_in_the_order_of_out_idx(apart):
    a, b, c = numbers(32, 32), torch.zeros(32, 32), torch.zeros(32, 32)
    found = tt.run(apart, a, 3.0, out=(c, b))
    assert found[0] is c
    assert found[1] is b
    assert torch.equal(c, a - 3)
    assert torch.equal(b, a + 3)


def test_arguments_may_be_named(apart):
    a, b, c = numbers(32, 32), torch.zeros(32, 32), torch.zeros(32, 32)
    tt.run(apart, a, x=1.0, B=b, C=c)
    assert torch.equal(c, a - 1)
    assert torch.equal(b, a + 1)


def test_without_out_it_is_tilelangs_call(apart, double):
    a = numbers(32, 32)
    c, b = tt.run(apart, x=2.0, A=a)
    assert torch.equal(c, a - 2)
    assert torch.equal(b, a + 2)
    passed = tilelang.compile(double.prim_func, target="tenstorrent")
    out = torch.zeros(32, 64)
    found = tt.run(passed, numbers(32, 64), B=out)
    assert found == passed(numbers(32, 64), torch.zeros(32, 64))
    assert torch.equal(out, numbers(32, 64) * 2)


def test_out_of_a_function_with_that_parameter_is_that_one():
    @T.prim_func
    def copied(out: T.Tensor((32, 32), "float32"), to: T.Tensor((32, 32), "float32")):
        with T.Kernel(1, threads=128) as bx:
            own = T.alloc_fragment((32, 32), "float32")
            T.copy(out[0, 0], own)
            T.copy(own, to[0, 0])

    kernel = tilelang.compile(copied, out_idx=[1], target="tenstorrent")
    assert torch.equal(tt.run(kernel, out=numbers(32, 32)), numbers(32, 32))


def test_a_kernel_is_read_once(double, monkeypatch):
    tt.run(double, numbers(32, 64), out=torch.zeros(32, 64))
    monkeypatch.setattr(Compiled, "program_of", lambda *args: pytest.fail("read again"))
    monkeypatch.setattr("tilelang.tt.jit.outs.read", lambda *args: pytest.fail("read again"))
    tt.run(double, numbers(32, 64), out=torch.zeros(32, 64))


ONE = torch.zeros(32, 32)
REFUSED = {
    "too many": ((ONE, 1.0), {"out": (ONE,) * 3}, r"found 3 tensors as out; expected 2 \(C, B\)"),
    "some": ((ONE, 1.0), {"C": ONE}, r"found results without \['B'\]; expected all of them"),
    "no such": ((ONE,), {"y": 1.0}, r"found an argument 'y'; expected one of \['A', 'B', 'C', 'x'"),
    "too few": ((ONE,), {"out": (ONE, ONE)}, r"found 1 arguments; expected 2 \(A, x\)"),
    "another shape": ((ONE, 1.0), {"out": (ONE, ONE[:16])}, r"B shape\[0\] expected 32, but got 16"),
    "one for all": ((ONE, 1.0), {"out": (ONE, ONE[:1].expand(32, 32))}, "B, which the kernel wri"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_does_not_fit_is_refused(apart, what):
    args, named, message = REFUSED[what]
    with pytest.raises(ValueError, match=message):
        tt.run(apart, *args, **named)


def test_a_kernel_that_has_its_outputs_passed_has_no_out(double):
    passed = tilelang.compile(double.prim_func, target="tenstorrent")
    with pytest.raises(ValueError, match="expected none: without out_idx, outputs are passed in"):
        tt.run(passed, numbers(32, 64), out=torch.zeros(32, 64))


def test_tilelangs_own_call_has_no_keywords(double):
    """Were this to pass some day, ``out=`` could be had there too (docs/calling.md)."""
    with pytest.raises(TypeError, match="unexpected keyword argument 'out'"):
        double(numbers(32, 64), out=torch.zeros(32, 64))
