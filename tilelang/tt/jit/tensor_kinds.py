"""What is taken for a tensor: one of torch's that has memory, and what can be made such without a
copy. Whatever else there is of tensors is refused by name, with what to do.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .compiled import Parameter


@functools.cache
def _torch() -> Any:
    import torch  # TileLang brings it

    return torch


def is_ttnn(value: Any) -> bool:
    return type(value).__name__ == "Tensor" and type(value).__module__.partition(".")[0] == "ttnn"


def torch_dtype(name: str) -> Any:
    return getattr(_torch(), name)


def new_tensor(shape: tuple[int, ...], dtype: str, device: Any) -> Any:
    return _torch().empty(shape, dtype=torch_dtype(dtype), device=device)


def view_of(memory: Any, like: Any, begin: int) -> Any:
    """A tensor in a memory, from a byte on, of another one's shape and dtype, and compact."""
    flat = _torch().frombuffer(memory, dtype=like.dtype, count=like.numel(), offset=begin)
    return flat.view(like.shape)


def write(tensor: Any, values: Any) -> None:
    """Copy values into a tensor, be it a parameter or one that was made for inference; no gradient
    goes that way."""
    with _torch().inference_mode():
        tensor.copy_(values)


def torch_device(value: Any) -> Any:
    """The device of what is a tensor for torch, or for DLPack."""
    torch = _torch()
    return (value if isinstance(value, torch.Tensor) else torch.from_dlpack(value)).device


def of_torch(of: str, parameter: Parameter, value: Any) -> Any:
    """The tensor that is given for a parameter, of its dtype.

    of : the parameter, as errors name it

    Raises ValueError for what is no tensor, or of another dtype; NotImplementedError for a tensor
    that has no memory, or not one element after the other.
    """
    tensor = _tensor(of, parameter.name, value)
    dtype = _dtype_name(tensor.dtype)
    if dtype != parameter.dtype:
        name = parameter.name
        do = f"{name}.to(torch.{parameter.dtype})"
        if tensor.is_complex():
            do = f"there are no complex numbers there, so give {name}.real and {name}.imag"
        raise ValueError(f"{of} dtype expected {parameter.dtype}, but got {dtype}: {do}")
    return tensor


@functools.cache
def _dtype_name(dtype: Any) -> str:
    return str(dtype).removeprefix("torch.")


def _tensor(of: str, name: str, value: Any) -> Any:
    torch = _torch()
    if not isinstance(value, torch.Tensor):
        return _taken(of, name, value)
    if value.device.type == "cpu" and value.layout is torch.strided and _has_memory(value):
        return value
    for is_so, what, do in _REFUSED:
        if is_so(value):
            raise NotImplementedError(
                f"{of} expected a tensor of values one after the other, but got {what(value)}: "
                f"{do.format(name)}"
            )
    return value  # torch copies it


def _has_memory(tensor: Any) -> bool:
    """Whether its address is one. Of what torch computes with alone (a fake tensor, one within
    vmap) it is 0, or an error."""
    if tensor.is_nested or tensor.is_quantized:
        return False
    try:
        return bool(tensor.data_ptr() != 0 or tensor.numel() == 0)
    except RuntimeError:
        return False


_Refused = tuple[Callable[[Any], bool], Callable[[Any], str], str]

#: Tensors that aren't taken: whether it is one, what it is called, and what to do, with its name.
_REFUSED: tuple[_Refused, ...] = (
    (
        lambda t: t.device.type == "meta",
        lambda t: "a tensor of meta, which has none",
        "torch.empty_like({0}, device='cpu') has memory",
    ),
    (lambda t: t.is_nested, lambda t: "a nested tensor", "{0}.to_padded_tensor(0.0)"),
    (
        lambda t: t.layout is not _torch().strided,
        lambda t: f"one of layout {t.layout}",
        "{0}.to_dense()",
    ),
    (lambda t: t.is_quantized, lambda t: f"a quantized tensor, {t.dtype}", "{0}.dequantize()"),
    (
        lambda t: t.device.type == "cpu",
        lambda t: f"a {type(t).__name__} without memory",
        "call the kernel with the values of {0}, outside of torch.func and vmap, and of what "
        "torch.export traces",
    ),
)


def _taken(of: str, name: str, value: Any) -> Any:
    """What torch makes of another library's tensor: the same memory."""
    torch = _torch()
    if not hasattr(value, "__dlpack__"):
        raise ValueError(
            f"{of} expected a tensor of torch, numpy or ttnn, but got a {type(value).__name__}"
        )
    try:
        return _of_numpy(value) if isinstance(value, np.ndarray) else torch.from_dlpack(value)
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        said = str(error).splitlines()[0].rstrip(".")
        raise ValueError(
            f"{of} expected a tensor of torch, numpy or ttnn, but got a {type(value).__name__} "
            f"that torch can't take: {said}: {name}.copy()"
        ) from error


def _of_numpy(array: np.ndarray[Any, Any]) -> Any:
    """torch's, by its own rules for numpy: by DLPack, negative strides would end the process.
    Raises ValueError or TypeError for an array that it has no tensor for."""
    torch = _torch()
    if not array.flags.writeable:
        raise ValueError("it can't be written to")
    if array.dtype.name == "bfloat16":  # of ml_dtypes
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(array)
