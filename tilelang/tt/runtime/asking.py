"""Asking devices for their descriptions: what DeviceSpec.live() and .from_ttnn() do (upward.py)."""

from __future__ import annotations

from ..device_spec import DeviceSpec, NoDeviceError
from . import BackendError
from .backends import live as machine
from .jobs.ttnn_device import describe

__all__ = ["describe", "live"]


def live() -> DeviceSpec:
    """The device of this machine. Raises NoDeviceError where there is none, or it doesn't open."""
    try:
        return machine.query_live()
    except BackendError as error:
        raise NoDeviceError(str(error)) from error
