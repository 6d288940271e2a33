"""``reference(kernel)(A, B, ...)``: arguments in, arrays out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..dtypes import DTYPES
from ..program import Program, Tensor, Variable
from ..walk import reads, steps_of, writes
from .memory import Array
from .run import refuse_opaque, run
from .values import Value, constant, numpy_dtype, undefined

MAX_STEPS = 10_000_000


def reference(kernel: Any, function: str | None = None, max_steps: int = MAX_STEPS) -> Reference:
    """The kernel as a function on numpy arrays.

    Parameters
    ----------
    kernel : Program, its JSON, or what has one as the attribute ``tt_program``
        ``tilelang.tt.tile_program(func)`` gives a function's.
    function : str, optional
        Which function of a plan or module that has several.
    max_steps : int
        After so many steps (a loop's iteration is one, 4096 elements of a map another) a run ends
        with a RuntimeError.

    Raises ValueError if there is no program or a malformed one, NotImplementedError if a step of it
    is not understood.

        >>> program = tilelang.tt.tile_program(func)
        >>> C = reference(program)(A, B)     # outputs may be left out, or given in their places
        >>> out = reference(program)(A, n=4)
    """
    attrs, name = _attrs_of(kernel, function)
    program = _program(attrs, name)
    refuse_opaque(program, name)
    for each in (*program.buffers, *program.variables):
        numpy_dtype(each.dtype)
    return Reference(program, name, _pure_outputs(program, attrs), max_steps)


def program_of(kernel: Any, function: str | None = None) -> Program:
    """The tile program of whatever :func:`reference` takes."""
    attrs, name = _attrs_of(kernel, function)
    return _program(attrs, name)


def _attrs_of(kernel: Any, function: str | None) -> tuple[Any, str]:
    """(attributes, or what is itself a program; the function's name)."""
    functions = getattr(kernel, "functions", None)
    if functions is not None:
        named = {str(getattr(key, "name_hint", key)): each for key, each in functions.items()}
        if function is None and len(named) != 1:
            raise ValueError(f"found {len(named)} functions; expected function= one of {[*named]}")
        name = next(iter(named)) if function is None else function
        if name not in named:
            raise ValueError(f"found no function {name!r}; expected one of {[*named]}")
        kernel = named[name]
    else:
        name = ""
    attrs = getattr(kernel, "attrs", kernel)
    if hasattr(attrs, "get") and not isinstance(attrs, Program):
        name = name or str(attrs.get("global_symbol") or "")
    return attrs, name or "the kernel"


def _program(attrs: Any, name: str) -> Program:
    found = attrs
    if hasattr(attrs, "get"):
        found = attrs.get("tt_program", attrs if "launches" in attrs else None)
    if found is None:
        raise ValueError(
            f"{name}: found no tile program; expected one, as tilelang.tt.tile_program(func) gives"
        )
    if isinstance(found, Program):
        return found
    # The library's object has its canonical text in a field; a plan holds the document.
    text = getattr(found, "json", found)
    if not isinstance(text, (str, Mapping)):
        raise ValueError(
            f"{name}: found a {type(found).__name__}; expected a function, a plan or a tile program"
        )
    return Program.from_json(str(text) if isinstance(text, str) else text)


def _pure_outputs(program: Program, attrs: Any) -> set[int]:
    """The tensors, by buffer, that are written and whose content before does not matter.

    By their roles, where there is metadata; else what is written and never read.
    """
    tensors = [id for id, each in enumerate(program.buffers) if isinstance(each, Tensor)]
    tensors.sort(key=lambda id: program.buffers[id].param)  # type: ignore[union-attr]
    described = attrs.get("tt_buffers") if hasattr(attrs, "get") else None
    if described is not None:
        names = {name for name, each in described.items() if str(each.get("tt_role")) == "out"}
        return {id for id in tensors if program.buffers[id].name in names}
    steps = [step for _, step in steps_of(program)]
    read = {program.storage(id) for step in steps for id in reads(step)}
    return (_written(program) - read) & {*tensors}


def _written(program: Program) -> set[int]:
    """The storages that some step writes."""
    return {program.storage(id) for _, step in steps_of(program) for id in writes(step)}


@dataclass(frozen=True)
class Reference:
    """A kernel as a function on numpy arrays; made by :func:`reference`.

    Called with the function's parameters in their order: all of them, or all but the outputs. A
    tensor is an array of its shape and dtype (bfloat16 and float8 are ml_dtypes'), a scalar a
    number; either may be given by its name. Arguments are never written. What comes back is the
    tensor that the kernel writes, or a tuple of them in the order of the parameters. An output that
    was not given, and that no block writes, holds NaN or the largest integer.

    Raises ValueError for arguments that don't fit, and where the kernel does what has no meaning;
    RuntimeError if it takes more than ``max_steps``.
    """

    program: Program
    name: str
    outputs: frozenset[int] | set[int]
    max_steps: int = MAX_STEPS

    def __call__(self, *args: Any, **named: Any) -> Any:
        parameters = self.program.parameters()
        given = self._bind(parameters, args, named)
        written = _written(self.program)
        tensors: dict[int, Array] = {}
        scalars: dict[int, Value] = {}
        for parameter in parameters:
            if isinstance(parameter, Tensor):
                id = self.program.buffers.index(parameter)
                value = given.get(parameter.param)
                tensors[id] = self._tensor(parameter, value, id in written)
            else:
                id = self.program.variables.index(parameter)
                scalars[id] = self._scalar(parameter, given[parameter.param])
        run(self.program, self.name, tensors, scalars, self.max_steps)
        out = tuple(array for id, array in tensors.items() if id in written)
        return out[0] if len(out) == 1 else out

    def _bind(
        self, parameters: Sequence[Tensor | Variable], args: Sequence[Any], named: dict[str, Any]
    ) -> dict[int | None, Any]:
        """Arguments by the parameter's place."""
        names = [each.name for each in parameters]
        for key in named:
            if names.count(key) != 1:
                raise ValueError(f"{self.name}: found an argument {key!r}; expected one of {names}")
        given: dict[int | None, Any] = {
            each.param: named[each.name] for each in parameters if each.name in named
        }
        rest = [each for each in parameters if each.name not in named]
        without = [
            each
            for each in rest
            if not (isinstance(each, Tensor) and self.program.buffers.index(each) in self.outputs)
        ]
        for expected in (rest, without):
            if len(args) == len(expected):
                return given | {each.param: arg for each, arg in zip(expected, args, strict=True)}
        wanted = f"{len(rest)} ({', '.join(each.name for each in rest)})"
        if len(without) < len(rest):
            wanted += f", or {len(without)} without the outputs"
        raise ValueError(f"{self.name}: found {len(args)} arguments; expected {wanted}")

    def _tensor(self, tensor: Tensor, value: Any, written: bool) -> Array:
        dtype = numpy_dtype(tensor.dtype)
        if value is None:
            return np.full(tensor.shape, undefined(tensor.dtype), dtype)
        array = np.asarray(value)
        if array.dtype != dtype or array.shape != tensor.shape:
            raise ValueError(
                f"{self.name}: {tensor.name}: found {array.dtype} of shape {array.shape}; "
                f"expected {tensor.dtype} of shape {tensor.shape}"
            )
        return array.copy() if written else np.ascontiguousarray(array)

    def _scalar(self, scalar: Variable, value: Any) -> Value:
        known = DTYPES[scalar.dtype]
        number = value.item() if isinstance(value, (np.generic, np.ndarray)) else value
        fits = {
            "bool": isinstance(number, bool),
            "float": isinstance(number, (int, float)) and not isinstance(number, bool),
        }.get(known.kind, isinstance(number, int) and not isinstance(number, bool))
        if fits and known.kind in ("int", "uint"):
            fits = known.least <= number <= known.largest
        if not fits:
            raise ValueError(
                f"{self.name}: {scalar.name}: found {value!r}; expected a number of {scalar.dtype}"
            )
        return constant(number, scalar.dtype)
