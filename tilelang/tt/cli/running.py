"""``run``: a plan's kernel on a device, beside the same program in numpy."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..enclosure import Agreement, bound_of, compare, enclose, tensors
from ..plan import Plan
from ..program import Program, Tensor, Variable
from ..program.dtypes import DTYPES
from ..program.interpreter import reference
from ..program.interpreter.values import numpy_dtype
from ..runtime.running import kernel_plans, outputs_of, pure_outputs, run
from ..runtime.session.parent import Session
from ..runtime.timing import Timing, time_kernel
from .show import PlainConsole, doing


@dataclass(frozen=True)
class Run:
    """What a run has shown: how each output compares, and the cycles of each launch, if timed."""

    function: str
    title: str
    compared: Mapping[str, Agreement]
    timings: tuple[Timing, ...] = ()

    def exit_code(self) -> int:
        """1 if something is wrong, 3 if of an output nothing could be compared, else 0."""
        if any(each.wrong for each in self.compared.values()):
            return 1
        return 0 if all(each.checked for each in self.compared.values()) else 3

    def verdict(self) -> str:
        """The outcome in a sentence."""
        wrong = [name for name, each in self.compared.items() if each.wrong]
        unknown = [name for name, each in self.compared.items() if not each.checked]
        if wrong:
            return f"{self.title} differs from numpy: {', '.join(wrong)}"
        if unknown:
            return f"{self.title} is not checked: nothing of {', '.join(unknown)} has a bound"
        return f"{self.title} agrees with numpy"

    def to_json(self) -> dict[str, Any]:
        """Errors and bounds in the output's own unit; cycles as (least, median, most)."""
        outputs = {name: _plain(asdict(each)) for name, each in self.compared.items()}
        cycles = [{name: list(row) for name, row in each.rows().items()} for each in self.timings]
        return {
            "function": self.function,
            "title": self.title,
            "verdict": self.verdict(),
            "outputs": outputs,
            "cycles": cycles,
        }


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """With what JSON has no number for as a text."""
    return {
        name: str(value) if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in values.items()
    }


def run_and_compare(
    out: PlainConsole,
    session: Session,
    plan: Plan,
    function: str | None,
    paths: Sequence[Path],
    scalars: Mapping[str, Any],
    output: Path | None,
    seed: int,
    timed: int = 0,
) -> Run:
    """Run, say how far the numbers are from numpy's, and write them.

    ``timed``: how many runs are timed besides.
    """
    made = kernel_plans(plan, session.spec, function)
    name = function or next(iter(plan.functions))
    program = plan.program(name)
    outputs = [program.buffers[id] for id in outputs_of(made)]
    left_out = [program.buffers[id] for id in pure_outputs(made)]
    inputs = [
        each for each in program.parameters() if isinstance(each, Tensor) and each not in left_out
    ]
    arrays = _arrays(program, inputs, paths, seed)
    missing = [
        each.name
        for each in program.parameters()
        if isinstance(each, Variable) and each.name not in scalars
    ]
    if missing:
        raise ValueError(
            f"{name}: found no value of {', '.join(missing)}; expected "
            f"{' '.join(f'-s {scalar}=VALUE' for scalar in missing)}"
        )
    named = {**arrays, **scalars}
    with doing(out, f"running {plan.title(name)}"):
        found = run(plan, device=session, function=name, **named)
    with doing(out, "the same in numpy"):
        wanted = reference(plan, function=name)(**named)
    with doing(out, "between which numbers each element lies"):
        # Arrays of one's own may have a pattern, and roundings then too.
        bounds = enclose(made, program, arrays, scalars, independent=not paths)
    several = isinstance(found, tuple)
    pairs = list(zip(found, wanted, strict=True)) if several else [(found, wanted)]
    compared: dict[str, Agreement] = {}
    for tensor, (have, want) in zip(outputs, pairs, strict=True):
        shown = compare(have, want, bound_of(want, bounds[tensor.name]))
        compared[tensor.name] = shown
        out.print(f"{tensor.name}: {_said(shown)}", soft_wrap=True)
        if output is not None:
            path = output
            if len(outputs) > 1:
                path = output.with_name(f"{output.stem}.{tensor.name}{output.suffix}")
            _save(path, have)
            out.print(f"written to {path}", soft_wrap=True)
    timings: Sequence[Timing] = ()
    if timed:
        with doing(out, f"timing {timed} runs after one that isn't counted"):
            timings = time_kernel(plan, named, session, name, timed)
    _time(out, timings, timed)
    return Run(name, plan.title(name), compared, tuple(timings))


def _said(shown: Agreement) -> str:
    """A result beside the interpreter's, for people."""
    if not shown.checked:
        return "nothing could be compared: on these arrays no element has a bound"
    place = f"[{', '.join(map(str, shown.at))}]"
    if shown.wrong:
        return (
            f"DIFFERS from numpy's in {shown.wrong} of {shown.elements} elements: {place} is "
            f"{shown.found:.8g}; expected {shown.wanted:.8g}, within {shown.bound:.2e}"
        )
    unknown = shown.elements - shown.checked
    rest = f"; {unknown} of {shown.elements} elements have no bound on these arrays" * (unknown > 0)
    if not shown.largest_bound:
        return f"agrees with numpy's exactly, which is the bound{rest}"
    return (
        f"agrees with numpy's within the bound: it is off by at most {shown.largest_error:.2e}; "
        f"nearest to its bound is {place}, by {shown.error:.2e} of {shown.bound:.2e}{rest}"
    )


def _time(out: PlainConsole, timings: Sequence[Timing], runs: int) -> None:
    """What the cores' clocks showed: in cycles, and in microseconds where a rate is known."""
    for number, timing in enumerate(timings):
        of_several = f"launch {number}, " if len(timings) > 1 else ""
        out.print(
            f"{of_several}cycles of the slowest of {len(timing.cores)} cores, least, median and "
            f"most of {runs} runs after one that isn't counted:",
            soft_wrap=True,
        )
        for name, found in timing.rows().items():
            said = "  ".join(f"{each:>9}" for each in found)
            if timing.mhz is not None:
                said += f"  ({found[1] / timing.mhz:.1f} us at {timing.mhz:g} MHz)"
            out.print(f"  {name:<6}  {said}", soft_wrap=True)


def _arrays(
    program: Program, inputs: Sequence[Tensor], paths: Sequence[Path], seed: int
) -> dict[str, np.ndarray[Any, Any]]:
    if not paths:
        drawn = tensors(program, "mixed", seed)
        return {tensor.name: drawn[tensor.name] for tensor in inputs}
    if len(paths) != len(inputs):
        names = [each.name for each in inputs]
        raise ValueError(f"found {len(paths)} arrays; expected {len(inputs)}: {names}")
    return {
        tensor.name: _loaded(path, tensor, numpy_dtype(tensor.dtype))
        for tensor, path in zip(inputs, paths, strict=True)
    }


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
