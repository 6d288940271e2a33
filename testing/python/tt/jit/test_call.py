"""``kernel(A, B)`` through TileLang itself: torch tensors in, a torch tensor out."""

from __future__ import annotations

from pathlib import Path

import jit_kernels as kernels
import numpy as np
import pytest
import tilelang.language as T
import torch

import tilelang
from tilelang.tt.runtime.session import opened

pytestmark = pytest.mark.needs("calls")


def numbers(*shape: int, dtype: str = "bfloat16", seed: int = 0) -> torch.Tensor:
    """Small integers, of which a kernel's products and sums are exact."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(-2, 3, shape, generator=generator).to(getattr(torch, dtype))


@pytest.fixture(scope="module")
def gemm():
    tilelang.disable_cache()
    return kernels.gemm(32, 64, 64)


@pytest.fixture(scope="module")
def double():
    """B = 2 A, of 32 x 64 float32, with B passed."""
    tilelang.disable_cache()
    return tilelang.compile(kernels.scale_func(32, 64, "float32"), target="tenstorrent")


def test_a_lazy_kernel_gives_the_product(gemm):
    a, b = numbers(32, 64), numbers(64, 64, seed=1)
    c = gemm(a, b)
    assert isinstance(c, torch.Tensor)
    assert (c.dtype, c.shape, c.device.type) == (torch.bfloat16, (32, 64), "cpu")
    assert torch.equal(c.double(), a.double() @ b.double())


def test_an_eager_kernel_is_called_with_tensors():
    a = numbers(32, 64)
    assert torch.equal(kernels.scaled(a), a * 2)
    assert torch.equal(kernels.scaled(a, factor=4.0), a * 4)


def test_an_output_that_is_passed_is_written(double):
    a, b = numbers(32, 64, dtype="float32"), torch.full((32, 64), 7.0)
    double(a, b)
    assert torch.equal(b, a * 2)


def test_what_a_kernel_does_not_write_of_a_passed_output_stays():
    @T.prim_func
    def upper(A: T.Tensor((64, 32), "float32"), B: T.Tensor((64, 32), "float32")):
        with T.Kernel(1, threads=128) as bx:
            own = T.alloc_fragment((32, 32), "float32")
            T.copy(A[0, 0], own)
            T.copy(own, B[0, 0])

    a, b = numbers(64, 32, dtype="float32"), torch.full((64, 32), 7.0)
    tilelang.compile(upper, target="tenstorrent")(a, b)
    assert torch.equal(b[:32], a[:32])
    assert torch.equal(b[32:], torch.full((32, 32), 7.0))


def test_numpy_arrays_go_in_and_are_written(double):
    a = numbers(32, 64, dtype="float32").numpy()
    b = np.zeros_like(a)
    double(a, b)
    assert np.array_equal(b, a * 2)


STRANGE = {
    "transposed": lambda a: a.t().contiguous().t(),
    "a slice": lambda a: torch.cat([a, a], dim=1)[:, :64],
    "every other row": lambda a: a.repeat_interleave(2, dim=0)[::2],
    "one row for all": lambda a: a[:1].expand(32, 64),
    "wants a gradient": lambda a: a.clone().requires_grad_(),
    "a parameter": torch.nn.Parameter,
}


@pytest.mark.parametrize("how", STRANGE)
def test_any_tensor_of_torch_is_taken(double, how):
    a = STRANGE[how](numbers(32, 64, dtype="float32"))
    b = torch.zeros(64, 32).t()  # an output that isn't contiguous either
    double(a, b)
    assert torch.equal(b, a.detach() * 2)


def test_a_dynamic_dimension_has_its_value_from_the_call():
    m = T.dynamic("m")
    kernel = tilelang.compile(kernels.scale_func(m, 64), out_idx=[1], target="tenstorrent")
    for rows in (32, 64, 40, 32):
        a = numbers(rows, 64)
        assert torch.equal(kernel(a), a * 2), rows
    assert "m = 1024" in kernel.get_kernel_source()


def test_a_dynamic_dimension_is_one_for_all_tensors():
    m = T.dynamic("m")
    kernel = tilelang.compile(kernels.scale_func(m, 64), target="tenstorrent")
    with pytest.raises(
        ValueError, match=r"B shape\[0\] expected 32 \(the dimension m\), but got 64"
    ):
        kernel(numbers(32, 64), numbers(64, 64))
    with pytest.raises(ValueError, match=r"A shape\[0\] expected at least 1, .* but got 0"):
        kernel(numbers(0, 64), numbers(0, 64))


def test_a_dynamic_dimension_is_found_on_any_axis_of_what_is_given():
    n = T.dynamic("n")

    @T.prim_func
    def scale(B: T.Tensor((32, n), "bfloat16"), A: T.Tensor((32, n), "bfloat16")):
        with T.Kernel(T.ceildiv(n, 32), threads=128) as bx:
            own = T.alloc_fragment((32, 32), "bfloat16")
            T.copy(A[0, bx * 32], own)
            for i, j in T.Parallel(32, 32):
                own[i, j] = own[i, j] * 2.0
            T.copy(own, B[0, bx * 32])

    a = numbers(32, 64)
    assert torch.equal(tilelang.compile(scale, out_idx=[0], target="tenstorrent")(a), a * 2)


def test_an_extent_that_is_worked_out_of_a_dimension_is_checked():
    m = T.dynamic("m")

    @T.prim_func
    def twice(A: T.Tensor((m, 32), "bfloat16"), B: T.Tensor((m * 2, 32), "bfloat16")):
        with T.Kernel(T.ceildiv(m, 32), threads=128) as bx:
            own = T.alloc_shared((32, 32), "bfloat16")
            T.copy(A[bx * 32, 0], own)
            T.copy(own, B[bx * 64, 0])
            T.copy(own, B[bx * 64 + 32, 0])

    kernel = tilelang.compile(twice, target="tenstorrent")
    a, b = numbers(32, 32), numbers(64, 32)
    kernel(a, b)
    assert torch.equal(b, torch.cat([a, a]))
    with pytest.raises(ValueError, match=r"twice input B shape\[0\] expected 64, but got 32"):
        kernel(a, b[:32])


def test_what_a_later_launch_writes_comes_back():
    @T.prim_func
    def both(A: T.Tensor((32, 32), "float32"), B: T.Tensor((32, 32), "float32")):
        with T.Kernel(1, threads=128) as bx:
            own = T.alloc_fragment((32, 32), "float32")
            T.copy(A[0, 0], own)
            for i, j in T.Parallel(32, 32):
                own[i, j] = own[i, j] * 2.0
            T.copy(own, B[0, 0])
        with T.Kernel(1, threads=128) as bx:
            other = T.alloc_fragment((32, 32), "float32")
            T.copy(B[0, 0], other)
            for i, j in T.Parallel(32, 32):
                other[i, j] = other[i, j] + 1.0
            T.copy(other, A[0, 0])

    a, b = numbers(32, 32, dtype="float32"), torch.zeros(32, 32)
    before = a.clone()
    tilelang.compile(both, target="tenstorrent")(a, b)
    assert torch.equal(b, before * 2)
    assert torch.equal(a, before * 2 + 1)


WRONG = {
    "dtype": (lambda a, b: (a, b.float()), r"kernel main input B dtype expected bfloat16, but got float32: B.to\(torch"),
    "an extent": (lambda a, b: (a, b[:32]), r"kernel main input B shape\[0\] expected 64, but got 32: its shape is \(32, 64\)"),
    "dimensions": (lambda a, b: (a[0], b), "kernel main input A ndim expected 2, but got 1"),
    "no tensor": (lambda a, b: (a, None), "kernel main input B expected a tensor of torch, numpy or ttnn, but got a NoneType"),
    "a number": (lambda a, b: (3.0, b), "kernel main input A expected a tensor"),
    "too few": (lambda a, b: (a,), "expected 2 inputs, but 1"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_arguments_that_do_not_fit_are_refused_before_a_device_is_opened(gemm, what, monkeypatch):
    monkeypatch.setattr(opened.Device, "opened", lambda self: pytest.fail("opened a device"))
    make, message = WRONG[what]
    with pytest.raises(ValueError, match=message):
        gemm(*make(numbers(32, 64), numbers(64, 64)))


def test_several_kernels_are_compiled_at_once():
    funcs = [kernels.scale_func(32, 64, "float32", factor) for factor in (2.0, 4.0, 8.0)]
    made = tilelang.par_compile(funcs, out_idx=[1], target="tenstorrent")
    a = numbers(32, 64, dtype="float32")
    for kernel, factor in zip(made, (2, 4, 8), strict=True):
        assert torch.equal(kernel(a), a * factor)


def test_the_three_sources_are_shown(gemm):
    source = gemm.get_kernel_source()
    order = [source.index(f"// {role}.cpp") for role in ("reader", "compute", "writer")]
    assert order == sorted(order)
    assert "noc_async_read" in source[order[0] : order[1]]
    assert "matmul_block" in source[order[1] : order[2]]
    assert "noc_async_write" in source[order[2] :]
    assert "T.gemm(A_shared, B_shared, C_local)" in gemm.get_host_source()


def test_several_results_come_in_the_order_of_out_idx():
    @T.prim_func
    def both(
        A: T.Tensor((32, 32), "float32"),
        B: T.Tensor((32, 32), "float32"),
        C: T.Tensor((32, 32), "float32"),
    ):
        with T.Kernel(1, threads=128) as bx:
            own = T.alloc_fragment((32, 32), "float32")
            other = T.alloc_fragment((32, 32), "float32")
            T.copy(A[0, 0], own)
            for i, j in T.Parallel(32, 32):
                other[i, j] = own[i, j] + 1.0
            T.copy(own, B[0, 0])
            T.copy(other, C[0, 0])

    a = numbers(32, 32, dtype="float32")
    c, b = tilelang.compile(both, out_idx=[2, 1], target="tenstorrent")(a)
    assert torch.equal(b, a)
    assert torch.equal(c, a + 1)


def test_a_scalar_parameter_is_a_number():
    @T.prim_func
    def add(A: T.Tensor((32, 32), "float32"), B: T.Tensor((32, 32), "float32"), x: T.float32):
        with T.Kernel(1, threads=128) as bx:
            own = T.alloc_fragment((32, 32), "float32")
            T.copy(A[0, 0], own)
            for i, j in T.Parallel(32, 32):
                own[i, j] = own[i, j] + x
            T.copy(own, B[0, 0])

    kernel = tilelang.compile(add, out_idx=[1], target="tenstorrent")
    a = numbers(32, 32, dtype="float32")
    assert torch.equal(kernel(a, 3.0), a + 3)
    assert torch.equal(kernel(a, -5), a - 5)
    assert torch.equal(kernel(a, np.float32(0.5)), a + 0.5)
    assert torch.equal(kernel(a, torch.tensor(2)), a + 2)
    with pytest.raises(ValueError, match="x: found 'three'; expected a number of float32"):
        kernel(a, "three")
    with pytest.raises(
        ValueError, match=r"x: found a Tensor of shape \(32, 32\); expected a number"
    ):
        kernel(a, a)


def test_a_dimension_that_is_given_as_a_number_may_be_numpys():
    rows = T.dynamic("m")

    @T.prim_func
    def scale(m: T.int32, A: T.Tensor((rows, 32), "float32"), B: T.Tensor((rows, 32), "float32")):
        with T.Kernel(T.ceildiv(rows, 32), threads=128) as bx:
            own = T.alloc_fragment((32, 32), "float32")
            T.copy(A[bx * 32, 0], own)
            for i, j in T.Parallel(32, 32):
                own[i, j] = own[i, j] * 2.0
            T.copy(own, B[bx * 32, 0])

    kernel = tilelang.compile(scale, out_idx=[2], target="tenstorrent")
    a = numbers(64, 32, dtype="float32")
    for given in (64, np.int64(64), torch.tensor(64)):
        assert torch.equal(kernel(given, a), a * 2)
    for wrong in (-64, 64.0, True, a):
        with pytest.raises(
            ValueError, match="input m expected at least 1, since it is the dimension m"
        ):
            kernel(wrong, a)


def test_what_can_not_be_generated_is_refused_where_it_is_compiled():
    with pytest.raises(NotImplementedError, match="own is int64; use one of bfloat16"):
        tilelang.compile(kernels.scale_func(32, 64, "int64", 2), target="tenstorrent")


def test_a_saved_library_is_a_kernel(gemm, tmp_path: Path):
    import tvm_ffi

    library = tmp_path / "gemm.so"
    gemm.export_library(str(library))
    main = tvm_ffi.load_module(str(library))["main"]
    a, b = numbers(32, 64), numbers(64, 64, seed=1)
    assert torch.equal(main(a, b, a).double(), a.double() @ b.double())


def test_a_kernel_whose_cores_read_together_gives_the_product():
    a, b = numbers(128, 64), numbers(64, 128, seed=1)
    c = kernels.shared_gemm(128, 128, 64)(a, b)
    assert torch.equal(c.float(), a.float() @ b.float())
