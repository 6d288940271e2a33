"""Asking an open ttnn device for its description."""

from __future__ import annotations

import os
from importlib.metadata import version
from typing import Any

from ...device_spec import DeviceSpec


def describe(device: Any, source: str | None = None) -> DeviceSpec:
    """The DeviceSpec of an open ttnn device; see :meth:`DeviceSpec.from_ttnn`."""
    import ttnn

    grid = device.compute_with_storage_grid_size()
    dram_grid = device.dram_grid_size()
    dram = ttnn.get_memory_view(device, ttnn.BufferType.DRAM)
    l1 = ttnn.get_memory_view(device, ttnn.BufferType.L1)
    if (dram_grid.x, dram_grid.y) != (dram.num_banks, 1):
        raise NotImplementedError(
            f"found a DRAM grid of {dram_grid.x}x{dram_grid.y} with {dram.num_banks} banks; "
            "expected one logical core a bank, in one row"
        )
    cores = (
        device.dram_core_from_logical_core(ttnn.CoreCoord(bank, 0))
        for bank in range(dram.num_banks)
    )
    arch = ttnn.get_arch_name()
    return DeviceSpec(
        arch=arch,
        grid_x=grid.x,
        grid_y=grid.y,
        dram_banks=dram.num_banks,
        dram_alignment=ttnn.get_dram_alignment(),
        dram_bank_size=dram.total_bytes_per_bank,
        dram_cores=tuple((core.x, core.y) for core in cores),
        l1_banks=l1.num_banks,
        l1_alignment=ttnn.get_l1_alignment(),
        l1_bank_size=l1.total_bytes_per_bank,
        # TT-metal reads this variable when the device opens (llrt/rtoptions).
        dispatch="slow" if os.environ.get("TT_METAL_SLOW_DISPATCH_MODE") else "fast",
        source=source or f"an open {arch} device, ttnn {version('ttnn')}",
    )
