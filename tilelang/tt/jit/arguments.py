"""What a kernel is called with: what kind each argument is, and whether it fits its parameter, and
then the launch.

Errors are worded as TileLang's own are, and say what was expected.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..program import Variable
from ..runtime.running import plain_number, scalar_value
from .compiled import Compiled, Parameter
from .tensor_kinds import of_torch

#: A dynamic dimension: its name, and the parameter and axis, or the scalar (no axis), it is of.
Dim = tuple[str, int, int | None]


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
    take = taken or of_torch
    tensors: dict[int, Any] = {}
    numbers: dict[int, Any] = {}
    for place, value in given.items():
        parameter = compiled.parameters[place]
        if parameter.shape is None:
            numbers[place] = plain_number(value)
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
