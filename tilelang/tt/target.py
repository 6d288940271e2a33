"""The Tenstorrent target's defaults: what a kernel means where its author said nothing."""

from __future__ import annotations

from .passes import Function, run_pass


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
    return run_pass("ApplyTTDefaults", func_or_mod)
