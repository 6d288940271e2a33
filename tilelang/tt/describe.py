"""Descriptors of tensors and schedules of launches that belong to no kernel; no TVM is needed."""

from __future__ import annotations

import json
import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .choice import choose, options
from .device_spec import DeviceLike, DeviceSpec, resolve_device
from .metadata import (
    BufferDescriptor,
    Schedule,
    buffers_of,
    plain_value,
    schedule_of,
    schedules_of,
)
from .policies import AUTO, Cores, policy_attrs
from .text import label, shown

if TYPE_CHECKING:
    from .program import Program


def describe_tensor(
    name: str, shape: Sequence[int], dtype: str, device: DeviceLike, role: str = "inout"
) -> BufferDescriptor:
    """Where the pages of a tensor would live on a device, by the rule of InferDefaultTTShard.

    Parameters
    ----------
    shape : elements a dimension, of any rank; leading dimensions are matrices
    dtype : "float32", "bfloat16", ...
    device : what names a device: a DeviceSpec, a preset's name, a file, ...
    role : "in", "out", "inout" or "workspace"

    Raises
    ------
    ValueError
        An extent below 1.
    NotImplementedError
        A dtype with no Tenstorrent format on the device.
    """
    from . import _ffi_api

    if role not in ("in", "out", "inout", "workspace"):
        raise ValueError(
            f"{label(name)}: role is {shown(role)}; expected in, out, inout or workspace"
        )
    extents = _integers(f"{label(name)}: shape", shape)
    attr = resolve_device(device).to_attr()
    described = plain_value(_ffi_api.describe_tensor(name, extents, dtype, attr))
    return buffers_of({"tt_buffers": {name: {**described, "tt_role": role}}})[name]


def schedule_tiles(
    extents: Sequence[int],
    device: DeviceLike,
    policy: str | None = None,
    order: str | None = None,
    cores: Cores | None = None,
) -> Schedule:
    """How the blocks of a launch would go to a device's cores, by InferDefaultTTSchedule's rule.

    No tensors are known, so the cores of a rectangular schedule read none together.

    Parameters
    ----------
    extents : blocks along x, y and z; those left out are 1
    device : what names a device: a DeviceSpec, a preset's name, a file, ...
    policy, order, cores : see :func:`tilelang.tt.annotate`; those left out are the default

    Raises
    ------
    ValueError
        An extent below 1, or cores that the device doesn't have.
    NotImplementedError
        More than 2**32 - 1 blocks, an unknown policy or order, or the policy "auto".
    """
    from . import _ffi_api

    blocks, given = _integers("extents", extents), policy_attrs(policy, order, cores)
    return schedule_of(_ffi_api.schedule_tiles(blocks, resolve_device(device).to_attr(), given))


def schedule_program(
    program: Program,
    device: DeviceLike,
    policy: str | None = None,
    order: str | None = None,
    cores: Cores | None = None,
) -> tuple[Schedule, ...]:
    """How the blocks of each launch of a tile program would go to a device's cores.

    Parameters and errors as of :func:`schedule_tiles`; but the policy may be "auto", which takes
    the one that the bounds choose.
    """
    from . import _ffi_api

    spec, text = resolve_device(device), program.to_text()

    def under(policy: str | None) -> dict[str, Any]:
        given = policy_attrs(policy, order, cores)
        return dict(_ffi_api.schedule_program(text, spec.to_attr(), given))

    if policy != AUTO:
        return schedules_of(under(policy))
    rest = {"tt_program": json.loads(text), "tt_buffers": _described(program, spec)}
    best, reason = choose(options(lambda policy: plain_value({**under(policy), **rest})))
    return schedules_of({**under(best.policy), "tt_schedule_reason": reason})


def _described(program: Program, device: DeviceSpec) -> dict[str, Any]:
    """The descriptors of a program's tensors, as attributes."""
    from . import _ffi_api

    found = json.loads(_ffi_api.analyze_program(program.to_text()))["buffers"]
    described = {}
    for buffer, of in zip(program.buffers, found, strict=True):
        if of is not None:
            attr = _ffi_api.describe_tensor(
                buffer.name, list(buffer.shape), buffer.dtype, device.to_attr()
            )
            access = {key: of[key] for key in ("access", "written_by")}
            more = {f"tt_{key}": value for key, value in access.items()}
            described[buffer.name] = {**plain_value(attr), **more, "tt_role": "inout"}
    return described


def _integers(what: str, values: Sequence[int]) -> list[int]:
    try:
        return [operator.index(value) for value in values]
    except TypeError:
        raise ValueError(f"{what} is {shown(values)}; expected a sequence of integers") from None
