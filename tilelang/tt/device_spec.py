"""DeviceSpec: what the passes need to know of a device, and where that is known from.

No number here is assumed. A description is asked from a device through ttnn, or read
from a file or a preset that was, and ``source`` says which.
"""

from __future__ import annotations

import functools
import json
import operator
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Union

from . import files, upward
from .metadata import plain_value
from .presets import preset_file, preset_names
from .text import shown

SCHEMA_VERSION = 1

#: Names the device where nothing else does: a file, a preset's name, or "live".
ENVIRONMENT_VARIABLE = "TILELANG_TT_DEVICE"

WAYS_TO_NAME_A_DEVICE = (
    "expected a device. Name one by any of these: "
    "the argument device= (a DeviceSpec, a file, a preset's name, 'live', or an open ttnn device); "
    "tt_device on the function or its module; "
    f"the environment variable {ENVIRONMENT_VARIABLE} (a file or a preset's name); "
    "a Tenstorrent device that ttnn can open. "
    "'tilelang-tt device -o device.json' writes a file"
)


class NoDeviceError(ValueError):
    """Nothing named a device, and none is in this machine; ``reason`` says why that one isn't."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"found no live device: {reason}; {WAYS_TO_NAME_A_DEVICE}")
        self.reason = reason


@dataclass(frozen=True)
class DeviceSpec:
    """A device as it was opened.

    The grid is that of the device's usable compute cores, which harvesting and the
    dispatch mode change, so it is a fact about a device as opened, not about a product.

    Attributes
    ----------
    arch : str
        TT-metal's name: "wormhole_b0", "blackhole".
    grid_x, grid_y : int
        Cores a row and rows: ``compute_with_storage_grid_size()``.
    dram_banks : int
    dram_alignment, l1_alignment : int
        Bytes; what page sizes are rounded up to in that memory.
    source : str
        How the description is known.
    dram_bank_size, l1_bank_size : int, optional
        Bytes that the allocator has a bank.
    l1_banks : int, optional
    dram_cores : tuple of (x, y), optional
        The NoC 0 coordinates of each DRAM bank, as kernels put them into an address
        (``dram_core_from_logical_core``).
    dram_cores_noc1 : tuple of (x, y), optional
        The same for NoC 1, which counts from the opposite corner or has other endpoints. ttnn
        doesn't tell it; a kernel does (``runtime/jobs/banks.py``).
    dram_offsets : tuple of int, optional
        Where each bank begins in the memory at its coordinates, in bytes; from the same kernel.
    dispatch : str, optional
        "fast" or "slow", as the device was opened.
    """

    arch: str
    grid_x: int
    grid_y: int
    dram_banks: int
    dram_alignment: int
    l1_alignment: int
    source: str
    dram_bank_size: int | None = None
    l1_banks: int | None = None
    l1_bank_size: int | None = None
    dram_cores: tuple[tuple[int, int], ...] | None = None
    dram_cores_noc1: tuple[tuple[int, int], ...] | None = None
    dram_offsets: tuple[int, ...] | None = None
    dispatch: str | None = None

    def __post_init__(self) -> None:
        place = "the description of a device"
        try:
            for name in _FIELDS:
                object.__setattr__(self, name, _listed(getattr(self, name)))
        except RecursionError:
            raise ValueError(f"{place}: {name}: found lists that are nested too deep") from None
        _check(self.to_attr(), place)

    @property
    def num_cores(self) -> int:
        return self.grid_x * self.grid_y

    # From a device ------------------------------------------------------------------

    @classmethod
    def from_ttnn(cls, device: Any, source: str | None = None) -> DeviceSpec:
        """Ask an open ttnn device.

        Parameters
        ----------
        device : ttnn.MeshDevice
            As ``ttnn.open_device`` gives it; a mesh of several is asked as its first.
        source : str, optional
            How the device came to be; by default ttnn's version and the architecture.
        """
        spec: DeviceSpec = upward.devices().describe(device, source)
        return spec

    @classmethod
    def live(cls) -> DeviceSpec:
        """Ask the device that ttnn opens here: this process's default device if one is
        open, else device 0, opened in a child process with this environment.

        Raises ValueError where there is none.
        """
        spec: DeviceSpec = upward.devices().live()
        return spec

    @classmethod
    def query(cls) -> DeviceSpec:
        """The device that the environment names: TILELANG_TT_DEVICE, else a live one.

        Raises ValueError, with the ways to name one, where neither answers.
        """
        named = os.environ.get(ENVIRONMENT_VARIABLE)
        if named:
            try:
                return resolve_device(named)
            except ValueError as error:
                raise ValueError(f"{ENVIRONMENT_VARIABLE}={named}: {error}") from error
        return cls.live()

    # From files ---------------------------------------------------------------------

    @classmethod
    def preset(cls, name: str) -> DeviceSpec:
        """A description that was measured on a mock cluster and ships with the package.

        Raises ValueError for a name that is not among :func:`preset_names`.
        """
        if name not in preset_names():
            raise ValueError(
                f"found no preset {shown(name)}, nor a file of that name; expected one of "
                f"{', '.join(preset_names())}, or a file"
            )
        return _preset(name)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> DeviceSpec:
        """Read a file that :meth:`save` wrote.

        Raises ValueError if it is absent, truncated, of another schema version or holds
        a value out of range.
        """
        document = files.parse_json("device", files.read_text("device", path), path)
        if not isinstance(document, Mapping):
            raise ValueError(f"{path}: found {shown(document)}; expected a map")
        values = dict(document)
        version = values.pop("schema_version", None)
        if type(version) is not int or version != SCHEMA_VERSION:
            raise ValueError(
                f"{path}: schema_version is {shown(version)}; expected {SCHEMA_VERSION}"
            )
        return cls._from_values(values, str(path))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the description as JSON (schemas/device.schema.json)."""
        files.write_json(path, self.to_json())

    def to_json(self) -> dict[str, Any]:
        """The document that :meth:`save` writes."""
        return {"schema_version": SCHEMA_VERSION, **self.to_attr()}

    @classmethod
    def _from_values(cls, values: Mapping[str, Any], place: str) -> DeviceSpec:
        """The description that a map of fields is. Raises ValueError, beginning with ``place``."""
        _check(values, place)
        spec = object.__new__(cls)  # it is checked, and of plain values
        for name in _FIELDS:
            object.__setattr__(spec, name, values.get(name))
        return spec

    # As an attribute ----------------------------------------------------------------

    def to_attr(self) -> dict[str, Any]:
        """The value of ``tt_device``: the fields that are known."""
        values = {name: getattr(self, name) for name in _FIELDS}
        return {name: _json(value) for name, value in values.items() if value is not None}

    @classmethod
    def from_attr(cls, attr: Any, place: str = "tt_device") -> DeviceSpec:
        """Read the value of ``tt_device``. Raises ValueError, beginning with ``place``."""
        try:
            values = plain_value(attr)
        except ValueError as error:
            raise ValueError(f"{place}: {error}") from error
        if not isinstance(values, Mapping):
            raise ValueError(f"{place} is {shown(values)}; expected a map")
        return cls._from_values(values, place)


_FIELDS = tuple(field.name for field in fields(DeviceSpec))


@functools.cache
def _preset(name: str) -> DeviceSpec:
    """Read once a process: a preset is part of the package."""
    return DeviceSpec.load(preset_file(name))


def _listed(value: Any) -> Any:
    """Numbers as numpy has them, and lists, as what they stand for; the rest as it is."""
    if isinstance(value, (list, tuple)):
        return tuple(map(_listed, value))
    is_number = hasattr(value, "__index__") and not isinstance(value, bool)
    return operator.index(value) if is_number else value


def _json(value: Any) -> Any:
    return list(map(_json, value)) if isinstance(value, tuple) else value


def _check(values: Mapping[str, Any], place: str) -> None:
    """Raise ValueError, beginning with the place, for what no device is described by."""
    from ._ffi_api import check_device

    try:
        text = json.dumps(values, default=_of_no_json)
    except (RecursionError, ValueError):
        raise ValueError(f"{place}: lists are nested too deep; expected a description") from None
    check_device(place, text)


def _of_no_json(value: Any) -> Any:
    """What stands for a value that JSON lacks, such as bytes: a map, which no field may be."""
    return dict(value) if isinstance(value, Mapping) else {"type": type(value).__name__}


#: What names a device: see :func:`resolve_device`.
DeviceLike = Union[DeviceSpec, Mapping[str, Any], str, "os.PathLike[str]", Any]


def resolve_device(device: DeviceLike) -> DeviceSpec:
    """The DeviceSpec that something names.

    Parameters
    ----------
    device
        A DeviceSpec; a mapping of its fields; "live"; a preset's name; the path of a
        file; or an open ttnn device.
    """
    if isinstance(device, DeviceSpec):
        return device
    if isinstance(device, Mapping):
        return DeviceSpec.from_attr(device, "device")
    if isinstance(device, str) and device == "live":
        return DeviceSpec.live()
    if isinstance(device, (str, os.PathLike)):
        text = os.fspath(device)
        is_file = os.sep in text or "." in text or os.path.isfile(text)
        return DeviceSpec.load(text) if is_file else DeviceSpec.preset(text)
    if hasattr(device, "compute_with_storage_grid_size"):
        return DeviceSpec.from_ttnn(device)
    raise ValueError(f"found a {type(device).__name__}; {WAYS_TO_NAME_A_DEVICE}")
