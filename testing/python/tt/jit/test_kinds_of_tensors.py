"""What a call makes of each kind of tensor that torch and numpy have: its values, or a refusal by
name that says what to do, before a device is opened."""

from __future__ import annotations

import jit_kernels as kernels
import ml_dtypes
import numpy as np
import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

import tilelang
from tilelang.tt.runtime.session import opened

pytestmark = pytest.mark.needs("calls")

SHAPE = (32, 64)


@pytest.fixture(scope="module")
def double():
    """B = 2 A, of 32 x 64 float32, with B passed."""
    tilelang.disable_cache()
    return tilelang.compile(kernels.scale_func(*SHAPE, "float32"), target="tenstorrent")


@pytest.fixture(scope="module")
def doubled():
    """The same in bfloat16, with B made."""
    tilelang.disable_cache()
    return tilelang.compile(kernels.scale_func(*SHAPE), out_idx=[1], target="tenstorrent")


def numbers() -> torch.Tensor:
    """Small integers, none of them 0, so that each has a sign to lose."""
    generator = torch.Generator().manual_seed(0)
    return torch.randint(1, 4, SHAPE, generator=generator).float() * torch.tensor([1.0, -1.0] * 32)


def inference(a: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        return a * 1


class Named(torch.Tensor):
    """A subclass that has the memory of any tensor."""


def read_only(a: np.ndarray) -> np.ndarray:
    a = a.copy()
    a.flags.writeable = False
    return a


#: Tensors with memory, whatever their bits, strides and types.
TAKEN = {
    "a negative bit": torch._neg_view,
    "a negative bit, of what is conjugated": lambda a: torch.complex(a, a).conj().imag,
    "a negative bit, and no strides of its own": lambda a: torch._neg_view(a.t().contiguous().t()),
    "made for inference": inference,
    "made for inference, not contiguous": lambda a: inference(a.t().contiguous()).t(),
    "a subclass": lambda a: a.as_subclass(Named),
    "a parameter, not contiguous": lambda a: torch.nn.Parameter(a.t().contiguous().t()),
    "a step of a gradient": lambda a: a.clone().requires_grad_() * 1,
}


@pytest.mark.parametrize("kind", TAKEN)
def test_a_tensor_with_memory_is_read_and_written_as_torch_shows_it(double, kind):
    a, b = TAKEN[kind](numbers()), TAKEN[kind](torch.zeros(SHAPE))
    expected = a.detach().resolve_neg() * 2
    double(a, b)
    assert torch.equal(b.detach().resolve_neg(), expected)


def test_a_negative_bit_is_kept_by_results_that_are_made(doubled):
    a = torch._neg_view(numbers().bfloat16())
    assert torch.equal(doubled(a), a.resolve_neg() * 2)


def test_numpy_arrays_of_bfloat16_are_taken(doubled):
    a = numbers().numpy()
    assert np.array_equal(doubled(a.astype(ml_dtypes.bfloat16)).float().numpy(), a * 2)


def functional(a: torch.Tensor) -> torch.Tensor:
    return torch._to_functional_tensor(a)


def fake(a: torch.Tensor) -> torch.Tensor:
    with FakeTensorMode():
        return torch.empty(a.shape)


def freed(a: torch.Tensor) -> torch.Tensor:
    a.untyped_storage().resize_(0)
    return a


REFUSED = {
    "of meta": (lambda a: a.to("meta"), r"a tensor of meta, .*: torch.empty_like\(A, device='cpu'\)"),
    "sparse": (torch.Tensor.to_sparse, r"sparse_coo.*: A.to_dense\(\)"),
    "sparse by rows": (torch.Tensor.to_sparse_csr, r"sparse_csr.*: A.to_dense\(\)"),
    "of mkldnn": (torch.Tensor.to_mkldnn, r"_mkldnn.*: A.to_dense\(\)"),
    "quantized": (lambda a: torch.quantize_per_tensor(a, 0.1, 0, torch.qint8), r"quantized.*: A.dequantize\(\)"),
    "nested": (lambda a: torch.nested.nested_tensor(list(a)), r"nested.*: A.to_padded_tensor\(0.0\)"),
    "nested and jagged": (lambda a: torch.nested.nested_tensor(list(a), layout=torch.jagged), r"nested.*: A.to_padded_tensor\(0.0\)"),
    "fake": (fake, "FakeTensor without memory.*call the kernel with the values"),
    "functional": (functional, "Tensor without memory.*call the kernel with the values"),
    "masked": (lambda a: torch.masked.masked_tensor(a, a > 0), "MaskedTensor without memory"),
    "freed": (freed, "Tensor without memory"),
    "complex": (lambda a: torch.complex(a, a), r"dtype expected float32, but got complex64.*A.real and A.imag"),
    "conjugated": (lambda a: torch.complex(a, a).conj(), r"dtype expected float32, but got complex64.*A.real and A.imag"),
    "numpy, read alone": (lambda a: read_only(a.numpy()), r"a ndarray that torch can't take.*: A.copy\(\)"),
    "numpy, backwards": (lambda a: a.numpy()[::-1], r"a ndarray that torch can't take.*: A.copy\(\)"),
    "numpy, of another machine": (lambda a: a.numpy().astype(">f4"), r"a ndarray that torch can't take"),
    "numpy, of objects": (lambda a: a.numpy().astype(object), r"a ndarray that torch can't take"),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore")  # torch says of some that they are new
@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("kind", REFUSED)
def test_a_tensor_that_has_no_values_to_give_is_refused(double, kind, place, monkeypatch):
    monkeypatch.setattr(opened.Device, "opened", lambda self: pytest.fail("opened a device"))
    make, message = REFUSED[kind]
    args = [numbers(), torch.zeros(SHAPE)]
    args[place] = make(args[place])
    name = "AB"[place]
    message = f"kernel scale input {name} .*" + message.replace("A.", f"{name}.")
    with pytest.raises(
        (ValueError, NotImplementedError), match=message.replace("(A,", f"({name},")
    ):
        double(*args)


@pytest.mark.parametrize("how", ["vmap", "grad"])
def test_a_tensor_within_a_transformation_is_refused(double, how):
    def within(a: torch.Tensor) -> torch.Tensor:
        double(a, torch.zeros(SHAPE))
        return a.sum()

    called = torch.vmap(within) if how == "vmap" else torch.func.grad(within)
    given = torch.stack([numbers()] * 2) if how == "vmap" else numbers()
    with pytest.raises(
        NotImplementedError, match=r"without memory.*outside of torch.func and vmap"
    ):
        called(given)


def test_an_output_whose_elements_overlap_is_refused_before_it_runs(double):
    b = torch.zeros(1, 64).expand(SHAPE)
    with pytest.raises(
        ValueError, match=r"B, which the kernel writes, .* overlap.*: torch.empty\(\(32, 64\)"
    ):
        double(numbers(), b)


def test_a_call_within_what_torch_compiles_gives_its_result(double):
    @torch.compile(backend="eager")
    def whole(a):
        b = torch.zeros(SHAPE)
        double(a + 1, b)
        return b - 1

    assert torch.equal(whole(numbers()), (numbers() + 1) * 2 - 1)


class OfTtnn:
    """A tensor of ttnn's, as far as it is looked at before a device is; 'make test-one' has real
    ones."""

    def device(self):
        return None


OfTtnn.__name__, OfTtnn.__module__ = "Tensor", "ttnn._ttnn.tensor"


def test_tensors_of_ttnn_are_all_of_ttnn_and_on_a_device(double):
    with pytest.raises(ValueError, match=r"input A .* got one of the host: ttnn.to_device\("):
        double(OfTtnn(), OfTtnn())
    with pytest.raises(
        ValueError, match=r"input A expected a ttnn tensor, as others are, .* Tensor"
    ):
        double(numbers(), OfTtnn())
