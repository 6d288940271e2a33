"""The plan: a module's metadata as a file, for the code generator and the host runtime.

A plan needs neither TVM nor the kernel to be read, so it is what crosses from the
environment that compiles to the one that runs.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from . import files
from .device import DeviceSpec
from .metadata import BufferDescriptor, Schedule, _plain, buffers_of, schedule_of, tt_attrs

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Plan:
    """The metadata of a module for one device.

    Attributes
    ----------
    device : DeviceSpec
    functions : mapping of a function's name to its ``tt_`` attributes
        As plain, read-only values, ``tt_device`` included.
    """

    device: DeviceSpec
    functions: Mapping[str, Mapping[str, Any]]

    def __post_init__(self) -> None:
        from ._ffi_api import check_metadata

        device = _plain(self.device.to_attr())
        for name, attrs in self.functions.items():
            if not attrs:
                raise ValueError(f"{name}: found no metadata; run infer_metadata first")
            check_metadata(name, _for_ffi(attrs))
            if _plain(attrs["tt_device"]) != device:
                found = dict(attrs["tt_device"])
                raise ValueError(f"{name}: tt_device is {found}; expected the plan's, {device}")
        files.validate("plan", self.to_json(), "the plan")

    @classmethod
    def from_module(cls, func_or_mod: Any) -> Plan:
        """Take the metadata of an IRModule or a PrimFunc.

        Raises ValueError or NotImplementedError if it does not verify, or if its functions
        are for different devices.
        """
        from .passes import verify_tt_metadata

        verify_tt_metadata(func_or_mod)
        if hasattr(func_or_mod, "functions"):
            named = {var.name_hint: func for var, func in func_or_mod.functions.items()}
        else:
            named = {str((func_or_mod.attrs or {}).get("global_symbol", "main")): func_or_mod}
        functions = {name: tt_attrs(func) for name, func in named.items()}
        devices = {name: attrs.get("tt_device") for name, attrs in functions.items()}
        first = next(iter(devices), None)
        if first is None:
            raise ValueError("found a module with no function; expected at least one")
        for name, device in devices.items():
            if device is None:
                raise ValueError(f"{name}: found no tt_device; expected the metadata of a kernel")
            if device != devices[first]:
                raise ValueError(
                    f"{name}: tt_device is {dict(device)}; expected that of {first}, "
                    f"{dict(devices[first] or {})}, since a plan is for one device"
                )
        return cls(DeviceSpec.from_attr(devices[first], f"{first}: tt_device"), _plain(functions))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Plan:
        """Read a file that :meth:`save` wrote, and check it.

        Raises ValueError if it is absent, truncated, of another schema version, or does
        not agree with itself.
        """
        document = files.read_json("plan", path)
        device = document["device"]
        attr = {key: value for key, value in device.items() if key != "schema_version"}
        functions = {
            name: {**attrs, "tt_device": attr} for name, attrs in document["functions"].items()
        }
        try:
            return cls(DeviceSpec.from_attr(attr, "device"), _plain(functions))
        except (ValueError, NotImplementedError) as error:
            raise type(error)(f"{path}: {error}") from error

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the plan as JSON (schemas/plan.schema.json)."""
        files.write_json(path, self.to_json())

    def to_json(self) -> dict[str, Any]:
        """The document that :meth:`save` writes."""
        document: dict[str, Any] = {
            "schema_version": SCHEMA_VERSION,
            "generator": f"tilelang-tt {package_version()}",
            "device": {"schema_version": SCHEMA_VERSION, **self.device.to_attr()},
            "functions": {
                name: {key: value for key, value in attrs.items() if key != "tt_device"}
                for name, attrs in self.functions.items()
            },
        }
        plain: dict[str, Any] = json.loads(json.dumps(document, default=dict))
        return plain

    def schedule(self, name: str) -> Schedule:
        """The schedule of a function. Raises ValueError for a name that is not in the plan."""
        return schedule_of(self._function(name))

    def buffers(self, name: str) -> Mapping[str, BufferDescriptor]:
        """The buffers of a function. Raises ValueError for a name that is not in the plan."""
        return buffers_of(self._function(name))

    def _function(self, name: str) -> Mapping[str, Any]:
        if name not in self.functions:
            raise ValueError(f"found no function {name!r}; expected one of {list(self.functions)}")
        return self.functions[name]


def package_version() -> str:
    """The installed version of tilelang-tt; "unknown" in a source tree that is not installed."""
    try:
        return version("tilelang-tt")
    except PackageNotFoundError:
        return "unknown"


def _for_ffi(value: Any) -> Any:
    """Plain values as tvm-ffi takes them: read-only mappings become dicts."""
    if isinstance(value, Mapping):
        return {key: _for_ffi(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_for_ffi(item) for item in value]
    return value
