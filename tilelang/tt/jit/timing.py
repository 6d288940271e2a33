"""How long a kernel takes on its device: what TileLang's profiler and autotuner measure by CUDA's
events, which there are none of here.
"""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np

from ..runtime.running import kernel_plans
from ..runtime.session import opened
from ..runtime.timing import time_kernel
from . import arguments
from .compiled import read
from .kernel import timeout
from .tensor_kinds import torch_dtype


def cycles(kernel: Any, *args: Any, runs: int = 5) -> int:
    """Cycles of the slowest core of a kernel, from its first beginning to its last end: the median
    of ``runs`` after one that isn't counted, added up over the kernel's launches.

    Parameters
    ----------
    kernel : what ``tilelang.compile`` or a lazy ``tilelang.jit`` gives, for this target
    args : what it is called with

    On the device that a call would use. ttsim has no timing, and wolfpine's is a floor: see
    ``tilelang-tt run --time``. Raises what a call does.

    Examples
    --------
    >>> best = min(configs, key=lambda c: tt.cycles(gemm(M, N, K, **c), A, B))
    """
    compiled = read(kernel.prim_func, kernel.target)
    results = {place % len(compiled.parameters) for place in kernel.out_idx}
    given = [place for place in range(len(compiled.parameters)) if place not in results]
    if len(args) != len(given):
        raise ValueError(
            f"kernel {compiled.name} expected {len(given)} inputs, but {len(args)} are provided"
        )
    values = dict(zip(given, args, strict=True))
    fitted = arguments.fitted(compiled, arguments.dims_of(compiled), values)
    program = compiled.program_of(dict(fitted.dims))
    device = opened.current().opened()
    plan = kernel_plans(program, device.session.spec, compiled.name, compiled.said)[0]
    own = (p for p in plan.program.parameters() if p.param is not None)  # the generator adds some
    labels = {p.param: plan.labels[p.name] for p in own}
    named = {
        labels[place]: _numpy(value) if place in fitted.tensors else value
        for place, value in {**fitted.tensors, **fitted.numbers}.items()
        if place in labels
    }
    with device.lock:
        timings = time_kernel(
            program, named, device.session, compiled.name, runs, timeout(), compiled.said
        )
    return sum(timing.rows()["core"][1] for timing in timings)


def _numpy(tensor: Any) -> np.ndarray[Any, Any]:
    tensor = tensor.detach().cpu().resolve_neg().contiguous()
    if str(tensor.dtype) == "torch.bfloat16":
        bits = tensor.view(torch_dtype("int16")).numpy()
        return np.asarray(bits.view(ml_dtypes.bfloat16))
    return np.asarray(tensor.numpy())
