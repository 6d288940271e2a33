"""Tenstorrent metadata for TileLang kernels: schedules and page layouts for the actual device.

    >>> import tilelang.tt as tt
    >>> func = tt.infer_metadata(kernel, device="n150")    # or "live", a file, a DeviceSpec
    >>> tt.schedule_of(func).tiles_per_core[0]
    TileRange(start_id=0, count=1)
    >>> tt.buffer_attrs(func, "A")["tt_tensor_accessor_config"]["num_pages"]
    1024

Names are loaded on first use, so that importing the package costs next to nothing, and
so that devices and plans can be read where there is no TVM.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

from . import upward

_HOMES = {
    "annotate": "passes",
    "apply_tt_defaults": "target",
    "bind_tt_device": "passes",
    "bind_tt_dims": "passes",
    "infer_default_tt_schedule": "passes",
    "infer_default_tt_shard": "passes",
    "verify_tt_metadata": "passes",
    "infer_metadata": "passes",
    "tile_program": "passes",
    "DeviceSpec": "device_spec",
    "device": "runtime.session.opened",
    "Box": "metadata",
    "BufferDescriptor": "metadata",
    "CoreRange": "metadata",
    "RuntimeArg": "metadata",
    "Schedule": "metadata",
    "SharedRead": "metadata",
    "TensorAccessorConfig": "metadata",
    "TileRange": "metadata",
    "buffer_attrs": "metadata",
    "buffers_of": "metadata",
    "schedule_of": "metadata",
    "schedules_of": "metadata",
    "Plan": "plan",
    "reference": "interpret",
    "run": "runtime.running",
    "cycles": "jit.timing",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from .version import package_version

        return package_version()
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


def _devices() -> Any:
    from .runtime import asking

    return asking


def _drawings() -> Any:
    from .html import notebook

    return notebook


def _calls() -> Any:
    from .jit import outs

    return outs


upward.bind(_devices, _drawings, _calls)


def _warn_without_tvm() -> None:
    from ._ffi import has_tvm, no_tvm

    if not has_tvm():
        import warnings

        warnings.warn(f"{no_tvm()}. Devices and plans work without", RuntimeWarning, stacklevel=3)


def join_tilelang() -> None:
    """Make "tenstorrent" a target of the TileLang that is imported, if one is."""
    # It was imported before its subpackage; where none is installed, there is a namespace.
    if getattr(sys.modules.get("tilelang"), "__file__", None):
        from .jit.slot import register_with_tilelang

        register_with_tilelang()


# A bare package is that of a device's process, in which no TVM is wanted, whether there is one or
# not (runtime/session/start.py), or of the command line, which says it where it matters
# (tilelang_tt).
if not getattr(sys.modules.get("tilelang"), "is_bare", False):
    _warn_without_tvm()
    join_tilelang()

if TYPE_CHECKING:
    __version__: str
    from .device_spec import DeviceSpec as DeviceSpec
    from .interpret import reference as reference
    from .jit.timing import cycles as cycles
    from .metadata import Box as Box
    from .metadata import BufferDescriptor as BufferDescriptor
    from .metadata import CoreRange as CoreRange
    from .metadata import RuntimeArg as RuntimeArg
    from .metadata import Schedule as Schedule
    from .metadata import SharedRead as SharedRead
    from .metadata import TensorAccessorConfig as TensorAccessorConfig
    from .metadata import TileRange as TileRange
    from .metadata import buffer_attrs as buffer_attrs
    from .metadata import buffers_of as buffers_of
    from .metadata import schedule_of as schedule_of
    from .metadata import schedules_of as schedules_of
    from .passes import annotate as annotate
    from .passes import bind_tt_device as bind_tt_device
    from .passes import bind_tt_dims as bind_tt_dims
    from .passes import infer_default_tt_schedule as infer_default_tt_schedule
    from .passes import infer_default_tt_shard as infer_default_tt_shard
    from .passes import infer_metadata as infer_metadata
    from .passes import tile_program as tile_program
    from .passes import verify_tt_metadata as verify_tt_metadata
    from .plan import Plan as Plan
    from .runtime.running import run as run
    from .runtime.session.opened import device as device
    from .target import apply_tt_defaults as apply_tt_defaults
