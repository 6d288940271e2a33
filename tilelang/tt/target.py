"""The Tenstorrent target: its names, what it is to TVM, and what a kernel means for it where its
author said nothing.

TileLang is given "tenstorrent", or "tenstorrent/n150" and the like. As a target of TVM's each is of
the kind ``ext_dev`` and has the key "tenstorrent". The kind's own options ``model`` and ``device``
say which build of this package compiled, and what for: both are in the target's text, by which
TileLang keys its caches, in memory and on disk. ``jit/slot.py`` registers it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .presets import preset_names

if TYPE_CHECKING:
    from .passes import Function

NAME = "tenstorrent"
KIND = "ext_dev"


def names() -> tuple[str, ...]:
    """All that may be named."""
    return (NAME, *(f"{NAME}/{preset}" for preset in preset_names()))


def config(device: str) -> dict[str, Any]:
    """The target as TVM takes it; ``device`` is an architecture, or a preset that was named."""
    from .version import build

    return {**_target(device), "model": f"tilelang-tt {build()}"}


def tag(name: str) -> dict[str, Any]:
    """What TVM's own Target(name) is; it gets its version when TileLang is given it."""
    return _target(name.partition("/")[2])


def _target(device: str) -> dict[str, Any]:
    return {"kind": KIND, "keys": [NAME], **({"device": device} if device else {})}


def preset_name(target: Any) -> str:
    """The preset that a target names, by which it is planned; "" for the device that is open."""
    device = option(target, "device")
    return device if device in preset_names() else ""


def option(target: Any, name: str) -> str:
    """An option of a target of TVM's, or of a dict that makes one; "" where it isn't set."""
    options = target if isinstance(target, dict) else target.attrs
    return str(options[name]) if name in options else ""


def apply_tt_defaults(func_or_mod: Function) -> Function:
    """Add the attributes the author left out, and keep those that are there.

    Added are ``tt_schema_version`` (2), ``tt_schedule_policy`` ("contiguous"),
    ``tt_schedule_order`` ("row_major"), ``tt_layout_type`` ("dram_interleaved"),
    ``tt_tile_height`` and ``tt_tile_width`` (32, in elements). A second call changes
    nothing.

    Parameters
    ----------
    func_or_mod : tvm.IRModule or tvm.tirx.PrimFunc

    Returns
    -------
    A new one of the same kind; the argument stays as it was.

    Raises
    ------
    ValueError
        An attribute is of the wrong type, or the schema version is another one.
    NotImplementedError
        A policy, order, layout or tile that there is no rule for.
    """
    from .passes import run_pass

    return run_pass("ApplyTTDefaults", func_or_mod)
