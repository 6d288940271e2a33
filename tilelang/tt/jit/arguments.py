"""What a kernel is called with: what kind each argument is, whether it fits, and its way to the
memory that the device's process sees, and back: one copy each.

Errors are worded as TileLang's own are, and say what was expected.
"""

from __future__ import annotations

import ctypes
import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..codegen.launch import TensorSpec
from ..program import Variable
from ..program.dtypes import DTYPES
from ..runtime.running import scalar_value
from ..runtime.session.shared import SharedMemory
from .compiled import Compiled, Parameter

_DLPACK_CPU = 1  # kDLCPU

#: A dynamic dimension: its name, and the parameter and axis, or the scalar (no axis), it is of.
Dim = tuple[str, int, int | None]


@dataclass(frozen=True)
class Place:
    """What becomes of a tensor: whether it is given to the device, whether it comes back, and at
    which byte of a session's memory it begins."""

    spec: TensorSpec
    given: bool
    back: bool
    begin: int


def nbytes(spec: TensorSpec) -> int:
    """Bytes of a tensor where it is compact, in the program's dtype."""
    return math.prod(spec.shape) * DTYPES[spec.dtype].bits // 8


@functools.cache
def _torch() -> Any:
    import torch  # TileLang brings it

    return torch


def is_ttnn(value: Any) -> bool:
    return type(value).__name__ == "Tensor" and type(value).__module__.partition(".")[0] == "ttnn"


def torch_tensor(value: Any) -> Any:
    """What came through tvm-ffi, as torch's: the same memory."""
    torch = _torch()
    return value if isinstance(value, torch.Tensor) else torch.from_dlpack(value)


def torch_device(value: Any) -> Any:
    """The device of such a tensor."""
    kind, _ = value.__dlpack_device__()
    return "cpu" if kind == _DLPACK_CPU else torch_tensor(value).device


def torch_dtype(name: str) -> Any:
    return getattr(_torch(), name)


@dataclass(frozen=True)
class Given:
    """What fits a kernel's parameters: tensors and numbers by their places, and the values of
    dynamic dimensions."""

    tensors: dict[int, Any]
    numbers: dict[int, Any]
    dims: tuple[tuple[str, int], ...]


def fitted(
    compiled: Compiled,
    dims: Sequence[Dim],
    given: Mapping[int, Any],
    taken: Callable[[str, Parameter, Any], Any] | None = None,
) -> Given:
    """What is given, where it fits. Raises ValueError where it doesn't.

    dims : :func:`dims_of` the kernel
    taken : makes a tensor of what is given for a parameter, or raises ValueError, which begins with
        its first argument; by default torch's, whose dtype fits
    """
    tensors, numbers = _sorted_out(compiled, given, taken)
    return Given(tensors, numbers, tuple(_bind(compiled, dims, tensors, numbers).items()))


def _sorted_out(
    compiled: Compiled,
    given: Mapping[int, Any],
    taken: Callable[[str, Parameter, Any], Any] | None,
) -> tuple[dict[int, Any], dict[int, Any]]:
    """Tensors, whose dimensions' number fits, and numbers, by their places."""
    take = taken or _of_torch
    tensors: dict[int, Any] = {}
    numbers: dict[int, Any] = {}
    for place, value in given.items():
        parameter = compiled.parameters[place]
        if parameter.shape is None:
            numbers[place] = value
            continue
        of = f"kernel {compiled.name} input {parameter.name}"
        tensor = take(of, parameter, value)
        if len(tensor.shape) != len(parameter.shape):
            raise ValueError(
                f"{of} ndim expected {len(parameter.shape)}, but got {len(tensor.shape)}: its "
                f"shape is {tuple(tensor.shape)}"
            )
        tensors[place] = tensor
    return tensors, numbers


def _of_torch(of: str, parameter: Parameter, value: Any) -> Any:
    if not hasattr(value, "__dlpack__"):
        raise ValueError(
            f"{of} expected a tensor of torch, numpy or ttnn, but got a {type(value).__name__}"
        )
    tensor = torch_tensor(value)
    dtype = _dtype_name(tensor.dtype)
    if dtype != parameter.dtype:
        raise ValueError(
            f"{of} dtype expected {parameter.dtype}, but got {dtype}: "
            f"{parameter.name}.to(torch.{parameter.dtype})"
        )
    return tensor


@functools.cache
def _dtype_name(dtype: Any) -> str:
    return str(dtype).removeprefix("torch.")


def dims_of(compiled: Compiled) -> tuple[Dim, ...]:
    """Where the values of dynamic dimensions are found, each once: a scalar of that name, else the
    first tensor that is given and has it."""
    found: dict[str, Dim] = {}
    given = [
        (place, parameter)
        for place, parameter in enumerate(compiled.parameters)
        if place not in compiled.results
    ]
    for place, parameter in given:
        if parameter.shape is None:
            found[parameter.name] = (parameter.name, place, None)
    for place, parameter in given:
        for axis, extent in enumerate(parameter.shape or ()):
            if isinstance(extent, str):
                found.setdefault(extent, (extent, place, axis))
    return tuple(found[name] for name in compiled.dims() if name in found)


def _bind(
    compiled: Compiled,
    dims: Sequence[Dim],
    tensors: Mapping[int, Any],
    numbers: Mapping[int, Any],
) -> dict[str, int]:
    """The values of dynamic dimensions, by which all tensors have the shapes that they should.

    Raises ValueError for a tensor of another shape, and for a dimension of no elements.
    """
    bound: dict[str, int] = {}
    for name, place, axis in dims:
        value = numbers[place] if axis is None else tensors[place].shape[axis]
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            of = compiled.parameters[place].name
            which = of if axis is None else f"{of} shape[{axis}]"
            raise ValueError(
                f"kernel {compiled.name} input {which} expected at least 1, since it is the "
                f"dimension {name}, but got {value!r}"
            )
        bound[name] = value
    for place, tensor in tensors.items():
        expected = tuple(
            bound.get(extent) if isinstance(extent, str) else extent
            for extent in compiled.parameters[place].shape or ()
        )
        _check_shape(compiled, place, tensor, expected)
    return bound


def _check_shape(
    compiled: Compiled, place: int, tensor: Any, expected: Sequence[int | None]
) -> None:
    """``expected`` is None where that isn't known yet."""
    parameter = compiled.parameters[place]
    for axis, (found, extent) in enumerate(zip(tensor.shape, expected, strict=True)):
        if extent is None or found == extent:
            continue
        named = (parameter.shape or ())[axis]
        because = f" (the dimension {named})" if isinstance(named, str) else ""
        raise ValueError(
            f"kernel {compiled.name} input {parameter.name} shape[{axis}] expected "
            f"{extent}{because}, but got {found}: its shape is {tuple(tensor.shape)}"
        )


def scalars_of(
    compiled: Compiled,
    given: Given,
    shapes: Sequence[tuple[int, ...] | None],
    variables: Mapping[int, Variable],
) -> dict[str, int | float]:
    """The numbers by the names that launches have for them, where the tensors' shapes are those of
    the launches.

    Raises ValueError where an extent that is worked out, such as ``m // 2``, is another one, and
    for what is no number.
    """
    for place, tensor in given.tensors.items():
        if None in (compiled.parameters[place].shape or ()):
            _check_shape(compiled, place, tensor, shapes[place] or ())
    return {
        variable.name: scalar_value(f"kernel {compiled.name}", variable, given.numbers[place])
        for place, variable in variables.items()
    }


def new_tensors(
    compiled: Compiled, shapes: Sequence[tuple[int, ...] | None], beside: Any
) -> dict[int, Any]:
    """The tensors that a call gives back, by their places, on the device of the one ``beside``."""
    made: dict[int, Any] = {}
    device = torch_device(beside) if compiled.results else None
    for place in compiled.results:
        parameter, shape = compiled.parameters[place], shapes[place]
        if shape is None:
            raise ValueError(
                f"kernel {compiled.name}: out_idx names {parameter.name}, which is a number; "
                "expected a tensor"
            )
        dtype = torch_dtype(parameter.dtype)
        made[place] = _torch().empty(shape, dtype=dtype, device=device)
    return made


class Memory:
    """The tensors of a call, in a session's memory: :meth:`put` copies there, :meth:`take` back."""

    def __init__(self, memory: SharedMemory, size: int, used: Sequence[tuple[Place, Any]]) -> None:
        self._mapped = memory.view(size)
        self._address = memory.address
        self._used = [(place, tensor, _is_plain(tensor)) for place, tensor in used]

    def put(self) -> None:
        for place, tensor, plain in self._used:
            if not place.given:
                continue
            if plain:
                ctypes.memmove(self._address + place.begin, tensor.data_ptr(), tensor.nbytes)
            else:
                self._view(tensor, place.begin).copy_(tensor)

    def take(self) -> None:
        for place, tensor, plain in self._used:
            if not place.back:
                continue
            if plain:
                ctypes.memmove(tensor.data_ptr(), self._address + place.begin, tensor.nbytes)
            else:
                tensor.copy_(self._view(tensor, place.begin))

    def _view(self, tensor: Any, begin: int) -> Any:
        flat = _torch().frombuffer(
            self._mapped, dtype=tensor.dtype, count=tensor.numel(), offset=begin
        )
        return flat.view(tensor.shape)


def _is_plain(tensor: Any) -> bool:
    """Whether its bytes are as they are wanted. Copying those is left to memmove: torch would share
    them out among threads, which a busy machine is slow to wake."""
    return bool(tensor.is_contiguous() and tensor.device.type == "cpu")
