"""``reference(kernel)(A, B)``: any kernel in numpy, one that was not planned too."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .program import interpreter
from .program.interpreter import Reference


def reference(kernel: Any, function: str | None = None, max_steps: int | None = None) -> Reference:
    """The kernel as a function on numpy arrays: its tile program, run block by block.

    Parameters
    ----------
    kernel : tvm.tirx.PrimFunc or IRModule, Plan, Program or its JSON
        What carries no program yet is read; symbolic dimensions have the values that
        :func:`tilelang.tt.bind_tt_dims` bound.
    function : str, optional
        Which function of a plan or module that has several.
    max_steps : int, optional
        After so many steps (a loop's iteration is one, 4096 elements of a map another) a run ends
        with a RuntimeError; by default 10 million.

    Raises
    ------
    ValueError
        No program or a malformed one, and what :func:`tilelang.tt.tile_program` raises.
    NotImplementedError
        A step of it is not understood.

    Examples
    --------
    >>> C = tt.reference(func)(A, B)     # outputs may be left out, or given in their places
    >>> out = tt.reference(plan, function="scale")(A, n=4)
    """
    steps = interpreter.MAX_STEPS if max_steps is None else max_steps
    return interpreter.reference(_with_programs(kernel), function, steps)


def _with_programs(kernel: Any) -> Any:
    """Functions that carry no program are replaced by what they are read as."""
    tvm = sys.modules.get("tvm")  # who has a function has one
    if tvm is None:
        return kernel
    if isinstance(kernel, tvm.tirx.PrimFunc):
        name = str((kernel.attrs or {}).get("global_symbol", "kernel"))
        return _Functions({name: _with_program(kernel)})
    if isinstance(kernel, tvm.IRModule):
        functions = kernel.functions.items()
        return _Functions({str(var.name_hint): _with_program(func) for var, func in functions})
    return kernel


def _with_program(func: Any) -> Any:
    from .passes import tile_program

    return func if "tt_program" in (func.attrs or {}) else {"tt_program": tile_program(func)}


@dataclass(frozen=True)
class _Functions:
    """Functions by their names, as a plan has them."""

    functions: Mapping[str, Any]
