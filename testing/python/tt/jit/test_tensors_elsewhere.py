"""Tensors that aren't in this machine's memory: copied by torch, never by their addresses."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from tilelang.tt.codegen.launch import TensorSpec
from tilelang.tt.jit import tensor_kinds
from tilelang.tt.jit.moving import Memory, Place
from tilelang.tt.runtime.session.shared import SharedMemory


class OnGpu(torch.Tensor):
    """A tensor that says it is on a GPU, where its address means nothing here."""

    device = property(lambda self: SimpleNamespace(type="cuda", index=0))

    def data_ptr(self):
        pytest.fail("took the address of what is on a GPU")

    def __dlpack_device__(self):
        return 2, 0  # kDLCUDA


def on_gpu(tensor):
    return tensor.as_subclass(OnGpu)


@pytest.fixture
def memory():
    made = SharedMemory.made()
    yield made
    made.close()


def test_a_tensor_of_a_gpu_goes_both_ways_by_torch(memory):
    a, b = torch.arange(64.0).reshape(8, 8), torch.zeros(8, 8)
    spec = TensorSpec("A", (8, 8), "float32", "float32", output=False)
    there = Memory(memory, 256, [(Place(spec, given=True, back=False, begin=0), on_gpu(a))])
    back = Memory(memory, 256, [(Place(spec, given=False, back=True, begin=0), on_gpu(b))])
    there.put()
    back.take()
    assert torch.equal(b, a)


def test_results_are_wanted_where_the_first_tensor_is():
    assert tensor_kinds.torch_device(torch.zeros(1)).type == "cpu"
    assert tensor_kinds.torch_device(on_gpu(torch.zeros(1))).type == "cuda"
