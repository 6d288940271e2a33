"""Where a kernel sees each DRAM bank: asked from the device by a kernel, since ttnn tells only
the coordinates on NoC 0."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...device_spec import DeviceSpec
from .. import BackendError
from ..session.parent import Session

# Seconds; it is a session's first kernel, whose compilation is the longest.
_TIMEOUT = 300.0


def describe_banks(session: Session) -> DeviceSpec:
    """The open device's description, with its banks on NoC 1 and their offsets.

    The coordinates are those that a kernel puts into an address (x in bits 36 to 41, y in bits 42
    to 47, by noc_parameters.h's NOC_XY_ADDR). A backend that runs no kernels leaves both out.

    Raises BackendError if the firmware and ttnn don't agree about NoC 0.
    """
    spec = session.spec
    if not session.backend.statement.runs_kernels:
        return spec
    tables = session.call(f"{__package__}.probe:bank_tables", spec.dram_banks, timeout=_TIMEOUT)
    noc0, noc1 = (_coordinates(row) for row in tables[:2])
    if noc0 != spec.dram_cores:
        raise BackendError(
            f"the firmware of {session.backend} has the DRAM banks at {noc0} on NoC 0; "
            f"expected {spec.dram_cores}, as ttnn says"
        )
    offsets = tuple(int(word) for word in tables[2])
    return replace(spec, dram_cores_noc1=noc1, dram_offsets=offsets)


def _coordinates(words: Any) -> tuple[tuple[int, int], ...]:
    return tuple((int(word) & 63, int(word) >> 6) for word in words)
