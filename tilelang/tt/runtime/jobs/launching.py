"""Jobs that run generated kernels: numpy arrays in, numpy arrays out.

Runs in the process that has the device open, and does what a launch says: what ttnn is told comes
from there, but for the words of accessors and the addresses, which are those of the tensors as
they were allocated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ml_dtypes
import numpy as np
import ttnn

from ...codegen.launch import KernelSpec, Launch, TensorSpec, core_words, words
from ...codegen.plan import COMPUTE, READER

_FORMATS = {"bfloat16": ttnn.bfloat16, "float32": ttnn.float32}


def run_kernels(
    device: Any,
    launches: Sequence[Launch],
    arrays: Mapping[str, Any],
    scalars: Mapping[str, int | float] | None = None,
) -> dict[str, Any]:
    """Run launches once, one after the other, and give the parameters that they write.

    Parameters
    ----------
    arrays : each tensor by name, in its shape and dtype; of an output, what it holds before. One
        that is left out holds zeros
    scalars : the function's parameters that are numbers
    """
    specs = {spec.name: spec for launch in launches for spec in launch.tensors}
    tensors = tensors_of(device, specs, arrays)
    for launch in launches:
        enqueue(device, launch, tensors, scalars or {})
    written = [s.name for launch in launches for s in launch.tensors if s.output]
    return {
        name: from_device(tensors[name], spec)
        for name, spec in specs.items()
        if name in written and not spec.workspace
    }


def tensors_of(
    device: Any, specs: Mapping[str, TensorSpec], arrays: Mapping[str, Any]
) -> dict[str, Any]:
    """A tensor on the device for each spec: the array of that name, or zeros."""
    return {
        name: _allocated(device, spec)
        if spec.workspace
        else to_device(device, _content(spec, arrays.get(name)), spec)
        for name, spec in specs.items()
    }


def _allocated(device: Any, spec: TensorSpec) -> Any:
    """A tensor with whatever is there."""
    return ttnn.allocate_tensor_on_device(
        ttnn.Shape(spec.shape),
        _FORMATS[spec.format],
        ttnn.TILE_LAYOUT,
        device,
        ttnn.DRAM_MEMORY_CONFIG,
    )


def _content(spec: TensorSpec, array: Any) -> np.ndarray[Any, Any]:
    if array is None:
        return np.zeros(spec.shape, _numpy_dtype(spec.dtype))
    found = np.asarray(array)
    if found.shape != spec.shape or found.dtype != _numpy_dtype(spec.dtype):
        raise ValueError(
            f"{spec.name}: found {found.dtype} of shape {found.shape}; expected {spec.dtype} of "
            f"shape {spec.shape}"
        )
    return found


def _numpy_dtype(dtype: str) -> np.dtype[Any]:
    return np.dtype(ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)


def to_device(device: Any, array: np.ndarray[Any, Any], spec: TensorSpec) -> Any:
    """A tiled tensor in the device's DRAM, of the spec's format."""
    wide = np.atleast_1d(np.ascontiguousarray(array.astype(np.float32)))  # exact
    tensor = ttnn.to_layout(ttnn.Tensor(wide, _FORMATS[spec.format]), ttnn.TILE_LAYOUT)
    return ttnn.to_device(tensor, device, memory_config=ttnn.DRAM_MEMORY_CONFIG)


def from_device(tensor: Any, spec: TensorSpec) -> np.ndarray[Any, Any]:
    """The elements, in the program's dtype; a float16 that was carried as float32 is rounded."""
    host = ttnn.from_device(tensor)
    floats = ttnn.to_dtype(host, ttnn.float32).to_numpy()
    with np.errstate(over="ignore"):
        return np.asarray(floats.astype(_numpy_dtype(spec.dtype)).reshape(spec.shape))


def enqueue(
    device: Any,
    launch: Launch,
    tensors: Mapping[str, Any],
    scalars: Mapping[str, int | float],
) -> None:
    """Run a launch on tensors that are on the device, and wait for it.

    ``tensors`` have what the launch's own are, by name; others are there for their addresses.
    """
    addresses = {name: tensor.buffer_address() for name, tensor in tensors.items()}
    cores = ttnn.CoreRangeSet(
        [ttnn.CoreRange(place, place) for place in (ttnn.CoreCoord(c.x, c.y) for c in launch.cores)]
    )
    places = _places(device, launch)
    kernels = [
        _kernel(launch, spec, tensors, addresses, scalars, cores, places) for spec in launch.kernels
    ]
    buffers = [
        ttnn.CBDescriptor(
            total_size=each.pages * each.page_bytes,
            core_ranges=cores,
            format_descriptors=[
                ttnn.CBFormatDescriptor(
                    buffer_index=each.index,
                    data_format=_FORMATS[each.format],
                    page_size=each.page_bytes,
                )
            ],
        )
        for each in launch.buffers
    ]
    semaphores = [
        ttnn.SemaphoreDescriptor(id=number, core_ranges=cores, initial_value=0)
        for number in launch.semaphores
    ]
    program = ttnn.ProgramDescriptor(kernels=kernels, semaphores=semaphores, cbs=buffers)
    # ttnn takes the last tensor for the output, and wants an input before it.
    given = [tensors[spec.name] for spec in sorted(launch.tensors, key=lambda spec: spec.output)]
    ttnn.generic_op([*given, given[-1]], program)
    ttnn.synchronize_device(device)


def _places(device: Any, launch: Launch) -> dict[tuple[int, int], tuple[int, int]]:
    """The NoC's coordinates of each core that others of a launch send to.

    Raises NotImplementedError where cores that stand side by side in the device's grid do not on
    the NoC, and a multicast to all between would reach what is no core: on a Wormhole whose
    coordinates aren't translated, the DRAM column. Blackhole's NoC leaves out what is none.
    """
    if not launch.shares:
        return {}
    found: dict[tuple[int, int], tuple[int, int]] = {}
    for core in launch.cores:
        at = device.worker_core_from_logical_core(ttnn.CoreCoord(core.x, core.y))
        found[core.x, core.y] = at.x, at.y
    if device.arch() != ttnn.device.Arch.WORMHOLE_B0:
        return found
    for core in launch.cores:
        for share, group in zip(launch.shares, core.groups, strict=True):
            x0, y0, x1, y1 = group.receivers
            (left, upper), (right, lower) = found[x0, y0], found[x1, y1]
            if (right - left, lower - upper) != (x1 - x0, y1 - y0):
                raise NotImplementedError(
                    f"{launch.function}: cores ({x0}, {y0}) to ({x1}, {y1}) are at {left}-{upper} "
                    f"to {right}-{lower} of the NoC, and what is between is no core, so that core "
                    f"{group.sender} can't multicast to them along {share.along}; use a rectangle "
                    "of cores that crosses nothing, or a schedule that shares nothing"
                )
    return found


def _kernel(
    launch: Launch,
    spec: KernelSpec,
    tensors: Mapping[str, Any],
    addresses: Mapping[str, int],
    scalars: Mapping[str, int | float],
    cores: Any,
    places: Mapping[tuple[int, int], tuple[int, int]],
) -> Any:
    own = ttnn.RuntimeArgs()
    for core in launch.cores:
        own[core.x][core.y] = core_words(launch, spec, core, places)
    compile_time = [
        word
        for name in spec.accessors
        for word in ttnn.TensorAccessorArgs(tensors[name]).get_compile_time_args()
    ]
    return ttnn.KernelDescriptor(
        kernel_source=spec.source,
        source_type=ttnn.KernelDescriptor.SourceType.SOURCE_CODE,
        core_ranges=cores,
        compile_time_args=compile_time,
        runtime_args=own,
        common_runtime_args=words(spec.shared, addresses, scalars),
        config=_config(launch, spec.role),
    )


def _config(launch: Launch, role: str) -> Any:
    if role == COMPUTE:
        return ttnn.ComputeConfigDescriptor(
            math_fidelity=getattr(ttnn.MathFidelity, launch.fidelity),
            fp32_dest_acc_en=launch.dst == "float32",
        )
    return ttnn.ReaderConfigDescriptor() if role == READER else ttnn.WriterConfigDescriptor()


def placed(device: Any, launches: Sequence[Launch], given: Mapping[str, Any]) -> dict[str, Any]:
    """The tensors of launches, which are on the device already; outputs that aren't are made.

    Raises ValueError where one isn't as the kernels take it, with the call that makes it so.
    """
    specs = {spec.name: spec for launch in launches for spec in launch.tensors}
    tensors: dict[str, Any] = {}
    for spec in specs.values():
        if spec.name not in given:
            tensors[spec.name] = _allocated(device, spec)
            continue
        tensor = given[spec.name]
        _check(spec, tensor, _FORMATS[spec.format])
        tensors[spec.name] = tensor
    outputs = {spec.name for launch in launches for spec in launch.tensors if spec.output}
    places: dict[int, str] = {}
    for name, tensor in tensors.items():
        other = places.setdefault(tensor.buffer_address(), name)
        if other != name and outputs & {name, other}:
            raise ValueError(
                f"{name}: found the memory of {other} too; expected one of its own, since blocks "
                "write one while others read the other: ttnn.clone(x)"
            )
    return tensors


def _check(spec: TensorSpec, tensor: Any, format_: Any) -> None:
    if not isinstance(tensor, ttnn.Tensor):
        raise ValueError(
            f"{spec.name}: found a {type(tensor).__name__}; expected a ttnn tensor on the device, "
            "as ttnn.from_torch or ttnn.Tensor(array, dtype) and ttnn.to_device give"
        )
    faults = (
        (tuple(tensor.shape) != spec.shape, "shape", tuple(tensor.shape), spec.shape, "reshape"),
        (tensor.dtype != format_, "dtype", tensor.dtype, format_, f"to_dtype(x, {format_})"),
        (
            tensor.layout != ttnn.TILE_LAYOUT, "layout", tensor.layout, ttnn.TILE_LAYOUT,
            "to_layout(x, ttnn.TILE_LAYOUT)",
        ),
        (
            tensor.storage_type() != ttnn.StorageType.DEVICE, "storage", tensor.storage_type(),
            ttnn.StorageType.DEVICE, "to_device(x, device)",
        ),
    )  # fmt: skip
    for wrong, what, found, expected, call in faults:
        if wrong:
            raise ValueError(
                f"{spec.name}: its {what} is {found}; expected {expected}: ttnn.{call}"
            )
    if tensor.memory_config() != ttnn.DRAM_MEMORY_CONFIG:
        raise ValueError(
            f"{spec.name}: its memory is {tensor.memory_config()}; expected interleaved DRAM: "
            "ttnn.to_memory_config(x, ttnn.DRAM_MEMORY_CONFIG)"
        )
