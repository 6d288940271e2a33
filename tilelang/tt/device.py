"""DeviceSpec: what the passes need to know of a device, and where that is known from.

No number here is assumed. A description is asked from a device through ttnn, or read
from a file or a preset that was, and ``source`` says which.
"""

from __future__ import annotations

import json
import operator
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Union

from . import files
from .metadata import _plain

SCHEMA_VERSION = 1

#: Names the device where nothing else does: a file, a preset's name, or "live".
ENVIRONMENT_VARIABLE = "TILELANG_TT_DEVICE"

_PRESETS = Path(__file__).parent / "presets"

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
        doesn't tell it; a kernel does (``runtime/banks.py``).
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
        for field in fields(self):
            object.__setattr__(self, field.name, _listed(getattr(self, field.name)))
        _check(self._to_json(), "the description of a device")

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
        from .runtime.ttnn_device import describe

        return describe(device, source)

    @classmethod
    def live(cls) -> DeviceSpec:
        """Ask the device that ttnn opens here: this process's default device if one is
        open, else device 0, opened in a child process with this environment.

        Raises ValueError where there is none.
        """
        from .runtime import BackendError
        from .runtime.live import query_live

        try:
            return query_live()
        except BackendError as error:
            raise NoDeviceError(str(error)) from error

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
        path = _PRESETS / f"{name}.json"
        if name not in preset_names():
            raise ValueError(
                f"found no preset {name!r}, nor a file of that name; expected one of "
                f"{', '.join(preset_names())}, or a file"
            )
        return cls.load(path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> DeviceSpec:
        """Read a file that :meth:`save` wrote.

        Raises ValueError if it is absent, truncated, of another schema version or holds
        a value out of range.
        """
        return cls._from_json(files.read_json("device", path), str(path))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the description as JSON (schemas/device.schema.json)."""
        files.write_json(path, self._to_json())

    @classmethod
    def _from_json(cls, document: Any, place: str) -> DeviceSpec:
        _check(document, place)
        values = {key: value for key, value in document.items() if key != "schema_version"}
        return cls(**values)

    def _to_json(self) -> dict[str, Any]:
        return {"schema_version": SCHEMA_VERSION, **self.to_attr()}

    # As an attribute ----------------------------------------------------------------

    def to_attr(self) -> dict[str, Any]:
        """The value of ``tt_device``: the fields that are known."""
        values = asdict(self)
        return {key: _json(value) for key, value in values.items() if value is not None}

    @classmethod
    def from_attr(cls, attr: Any, place: str = "tt_device") -> DeviceSpec:
        """Read the value of ``tt_device``. Raises ValueError, beginning with ``place``."""
        values = _plain(attr)
        if not isinstance(values, Mapping):
            raise ValueError(f"{place} is {values!r}; expected a map")
        document = json.loads(json.dumps(values, default=dict))
        return cls._from_json({"schema_version": SCHEMA_VERSION, **document}, place)


def _listed(value: Any) -> Any:
    """Numbers as numpy has them, and lists, as what they stand for; the rest as it is."""
    if isinstance(value, (list, tuple)):
        return tuple(map(_listed, value))
    is_number = hasattr(value, "__index__") and not isinstance(value, bool)
    return operator.index(value) if is_number else value


def _json(value: Any) -> Any:
    return list(map(_json, value)) if isinstance(value, tuple) else value


def _check(document: dict[str, Any], place: str) -> None:
    """Raise ValueError, beginning with the place, for what no device is described by."""
    files.validate("device", document, place)
    for name in ("dram_cores", "dram_cores_noc1", "dram_offsets"):
        found = len(document.get(name, range(document["dram_banks"])))
        if found != document["dram_banks"]:
            raise ValueError(
                f"{place}: {name}: found {found} entries; expected one for each of the "
                f"{document['dram_banks']} DRAM banks"
            )


#: What names a device: see :func:`resolve_device`.
DeviceLike = Union[DeviceSpec, Mapping[str, Any], str, "os.PathLike[str]", Any]


def preset_names() -> list[str]:
    """The presets that ship with the package."""
    return sorted(path.stem for path in _PRESETS.glob("*.json"))


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
