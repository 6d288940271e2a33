"""Descriptors of tensors and schedules of launches that belong to no kernel; no TVM is needed."""

from __future__ import annotations

from collections.abc import Sequence

from . import _ffi_api
from .device import DeviceSpec
from .metadata import BufferDescriptor, Schedule, buffers_of, schedule_of


def describe_tensor(
    name: str, shape: Sequence[int], dtype: str, device: DeviceSpec, role: str = "inout"
) -> BufferDescriptor:
    """Where the pages of a tensor would live on a device, by the rule of InferDefaultTTShard.

    Parameters
    ----------
    shape : elements a dimension, at most four
    dtype : "float32", "bfloat16", ...
    role : "in", "out" or "inout"

    Raises
    ------
    ValueError
        An extent below 1.
    NotImplementedError
        A rank above 4 or a dtype with no Tenstorrent format.
    """
    described = dict(_ffi_api.describe_tensor(name, list(shape), dtype, device.to_attr()).items())
    return buffers_of({"tt_buffers": {name: {**described, "tt_role": role}}})[name]


def schedule_tiles(extents: Sequence[int], device: DeviceSpec) -> Schedule:
    """How the blocks of a launch would go to a device's cores, by InferDefaultTTSchedule's rule.

    Parameters
    ----------
    extents : blocks along x, y and z; those left out are 1

    Raises
    ------
    ValueError
        An extent below 1.
    NotImplementedError
        More than 2**32 - 1 tiles.
    """
    return schedule_of(_ffi_api.schedule_tiles(list(extents), device.to_attr()))
