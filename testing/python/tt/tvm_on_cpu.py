"""Kernels in TVMScript that TVM itself compiles for this machine, beside their tile programs run in numpy.

A kernel's body stands in a loop over its blocks: bound to blockIdx.x where it is read, a plain loop where it is
compiled. LLVM is told of no fused multiply-add, since a tile program has none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import ml_dtypes
import numpy as np

import tilelang.tt as tt
from tilelang.tt.program import Program

_TARGET = {"kind": "llvm", "mcpu": "x86-64"}


@dataclass(frozen=True)
class Kernel:
    """Parameters as TVMScript has them, ``A: T.Buffer((8,), "float32")``; ``body`` is run for each
    block ``b``."""

    params: str
    body: str
    blocks: int = 1

    def script(self, loop: str) -> str:
        body = "".join(f"        {line}\n" for line in self.body.splitlines())
        return (
            "# from tvm.script import tirx as T\n"
            f"@T.prim_func\ndef main({self.params}):\n    for b in {loop}:\n{body}"
        )

    def program(self) -> Program:
        import tvm.script

        bound = f'T.thread_binding({self.blocks}, thread="blockIdx.x")'
        return tt.tile_program(tvm.script.from_source(self.script(bound)))

    def compiled(self) -> Any:
        import tvm

        func = tvm.script.from_source(self.script(f"T.serial({self.blocks})"))
        return tvm.compile(tvm.IRModule({"main": func}), target=tvm.target.Target(_TARGET))

    def __repr__(self) -> str:  # what a failing example of hypothesis shows
        return "\n" + self.script(f"T.serial({self.blocks})")


def on_both(kernel: Kernel, *arrays: np.ndarray[Any, Any]) -> list[tuple[Any, Any]]:
    """(by TVM, by the interpreter) of each output, which are the parameters whose name begins with O.

    Raises NotImplementedError where a step of the program is opaque.
    """
    import tvm

    run = tt.reference(kernel.program())
    held = [tvm.runtime.tensor(array) for array in arrays]
    kernel.compiled()["main"](*held)
    names = re.findall(r"(\w+): T\.Buffer", kernel.params)
    found = run(**{name: array.copy() for name, array in zip(names, arrays, strict=True)})
    ours = iter(found if isinstance(found, tuple) else (found,))
    pairs = zip(names, held, strict=True)
    return [(by_tvm.numpy(), next(ours)) for name, by_tvm in pairs if name.startswith("O")]


def ulps(a: Any, b: Any, dtype: str) -> Any:
    """How far apart, in units of b's last place; 0 where both are NaN, inf where one is."""
    a, b = (np.asarray(each).astype(np.float64) for each in (a, b))
    kind = np.dtype(getattr(ml_dtypes, dtype, dtype))
    tiny = float(ml_dtypes.finfo(kind).tiny)
    with np.errstate(all="ignore"):
        unit = 2.0 ** (np.floor(np.log2(np.maximum(np.abs(b), tiny))) - ml_dtypes.finfo(kind).nmant)
        apart = np.abs(a - b) / unit
    apart = np.where(np.isnan(apart), np.inf, apart)
    return np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0, apart)
