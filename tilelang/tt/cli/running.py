"""``run``: a plan's kernel on a device, beside the same program in numpy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..plan import Plan
from ..program import Tensor
from ..program.dtypes import DTYPES
from ..program.interpreter import reference
from ..program.interpreter.values import numpy_dtype
from ..runtime.running import kernel_plans, outputs_of, pure_outputs, run
from ..runtime.session import Session
from .show import PlainConsole

#: How far a result may be from numpy's, relative to its largest value, by the output's dtype:
#: what the packer's rounding and the matrix unit's 11 bits allow, several times over.
TOLERANCE = {"bfloat16": 2.0**-6, "float16": 2.0**-8, "float32": 2.0**-8}


def run_and_compare(
    out: PlainConsole,
    session: Session,
    plan: Plan,
    function: str | None,
    paths: Sequence[Path],
    scalars: Mapping[str, Any],
    output: Path | None,
    seed: int,
) -> bool:
    """Run, say how far the numbers are from numpy's, and write them; whether they agree."""
    made = kernel_plans(plan, session.spec, function)
    name = function or next(iter(plan.functions))
    program = plan.program(name)
    outputs = [program.buffers[id] for id in outputs_of(made)]
    left_out = [program.buffers[id] for id in pure_outputs(made)]
    inputs = [
        each for each in program.parameters() if isinstance(each, Tensor) and each not in left_out
    ]
    arrays = _arrays(inputs, paths, seed)
    named = {**arrays, **scalars}
    found = run(plan, device=session, function=name, **named)
    wanted = reference(plan, function=name)(**named)
    several = isinstance(found, tuple)
    pairs = list(zip(found, wanted, strict=True)) if several else [(found, wanted)]
    agree = True
    for tensor, (have, want) in zip(outputs, pairs, strict=True):
        error = _error(have, want)
        bound = TOLERANCE[tensor.dtype]
        right = error <= bound
        agree &= right
        said = "agrees with" if right else "DIFFERS from"
        out.print(
            f"{tensor.name}: {said} numpy's: largest difference {error:.2e} of the largest value; "
            f"expected at most {bound:.2e}",
            soft_wrap=True,
        )
        if output is not None:
            path = output
            if len(outputs) > 1:
                path = output.with_name(f"{output.stem}.{tensor.name}{output.suffix}")
            _save(path, have)
            out.print(f"written to {path}", soft_wrap=True)
    return agree


def _error(have: np.ndarray[Any, Any], want: np.ndarray[Any, Any]) -> float:
    """The largest difference relative to the largest value; infinite where only one is a number."""
    a, b = have.astype(np.float64), want.astype(np.float64)
    if not np.array_equal(np.isfinite(a), np.isfinite(b)):
        return float("inf")
    finite = np.isfinite(b)
    if not finite.any():
        return 0.0
    largest = np.abs(b[finite]).max()
    difference = np.abs(a[finite] - b[finite]).max()
    return float(difference / largest) if largest else float(difference)


def _arrays(
    inputs: Sequence[Tensor], paths: Sequence[Path], seed: int
) -> dict[str, np.ndarray[Any, Any]]:
    if paths and len(paths) != len(inputs):
        names = [each.name for each in inputs]
        raise ValueError(f"found {len(paths)} arrays; expected {len(inputs)}: {names}")
    numbers = np.random.default_rng(seed)
    out: dict[str, np.ndarray[Any, Any]] = {}
    for index, tensor in enumerate(inputs):
        dtype = numpy_dtype(tensor.dtype)
        if paths:
            out[tensor.name] = _loaded(paths[index], tensor, dtype)
        else:
            out[tensor.name] = numbers.standard_normal(tensor.shape).astype(dtype)
    return out


def _loaded(path: Path, tensor: Tensor, dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    try:
        array: np.ndarray[Any, Any] = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: found no array: {error}; expected a .npy file") from error
    if array.shape != tensor.shape:
        raise ValueError(
            f"{path}: found shape {array.shape}; expected {tensor.shape}, that of {tensor.name}"
        )
    if array.dtype.kind == "V" and array.dtype.itemsize == 2 and tensor.dtype == "bfloat16":
        return array.view(dtype)  # numpy's files don't know the dtype's name
    if array.dtype.kind != "f" or DTYPES[tensor.dtype].kind != "float":
        raise ValueError(f"{path}: found {array.dtype}; expected floats for {tensor.name}")
    return array.astype(dtype)


def _save(path: Path, array: np.ndarray[Any, Any]) -> None:
    """As float32 where numpy's files have no name for the dtype."""
    wide = array if array.dtype.name in ("float16", "float32") else array.astype(np.float32)
    with path.open("wb") as file:
        np.save(file, wide)
