"""The plan: a module's metadata as a file, for the code generator and the host runtime.

A plan needs neither TVM nor the kernel to be read, so it is what crosses from the
environment that compiles to the one that runs.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from . import files, plain
from .device import DeviceSpec
from .metadata import BufferDescriptor, Schedule, buffers_of, plain_value, schedule_of, tt_attrs
from .plain import ReadOnlyDict
from .text import label, shown

SCHEMA_VERSION = 1


@dataclass(frozen=True, repr=False)
class Plan:
    """The metadata of a module for one device.

    It is checked once, where it is made, by the library's own pass over it. It can be compared,
    pickled and copied.

    Attributes
    ----------
    device : DeviceSpec
    functions : mapping of a function's name to its ``tt_`` attributes
        As plain, read-only values, ``tt_device`` included.
    """

    device: DeviceSpec
    functions: Mapping[str, Mapping[str, Any]]

    def __post_init__(self) -> None:
        from ._ffi_api import check_plan

        device = plain_value(self.device.to_attr())
        for name, attrs in self.functions.items():
            if not attrs:
                raise ValueError(f"{label(name)}: found no metadata; run infer_metadata first")
            if plain_value(attrs.get("tt_device", device)) != device:
                found = shown(dict(attrs["tt_device"]))
                raise ValueError(
                    f"{label(name)}: tt_device is {found}; expected the plan's, {shown(device)}"
                )
        functions = {name: {**attrs, "tt_device": device} for name, attrs in self.functions.items()}
        object.__setattr__(self, "functions", plain_value(functions))
        check_plan(json.dumps(self._document()))

    @classmethod
    def _of_checked(cls, device: DeviceSpec, functions: Mapping[str, Mapping[str, Any]]) -> Plan:
        """The plan of metadata that the library has checked, and that is plain and read-only."""
        plan = object.__new__(cls)
        object.__setattr__(plan, "device", device)
        object.__setattr__(plan, "functions", functions)
        return plan

    @classmethod
    def from_module(cls, func_or_mod: Any) -> Plan:
        """Take the metadata of an IRModule or a PrimFunc.

        Raises ValueError or NotImplementedError if it does not verify, or if its functions
        are for different devices.
        """
        from .passes import verify_tt_metadata

        verify_tt_metadata(func_or_mod)
        if hasattr(func_or_mod, "functions"):
            named = {str(var.name_hint): func for var, func in func_or_mod.functions.items()}
        else:
            named = {str((func_or_mod.attrs or {}).get("global_symbol", "main")): func_or_mod}
        functions = {name: tt_attrs(func) for name, func in named.items()}
        devices = {name: attrs.get("tt_device") for name, attrs in functions.items()}
        first = next(iter(devices), None)
        if first is None:
            raise ValueError("found a module with no function; expected at least one")
        for name, device in devices.items():
            if not name:
                raise ValueError('found a function named ""; expected at least one character')
            if device is None:
                raise ValueError(
                    f"{label(name)}: found no tt_device; expected the metadata of a kernel"
                )
            if device != devices[first]:
                raise ValueError(
                    f"{label(name)}: tt_device is {shown(dict(device))}; expected that of "
                    f"{label(first)}, {shown(dict(devices[first] or {}))}, since a plan is for one "
                    "device"
                )
        spec = DeviceSpec.from_attr(devices[first], f"{label(first)}: tt_device")
        return cls._of_checked(spec, ReadOnlyDict(functions))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Plan:
        """Read a file that :meth:`save` wrote, and check it.

        Raises ValueError if it is absent, truncated, of another schema version, does not
        agree with itself, or is above one of the limits of docs/metadata.md; NotImplementedError
        for what there is no rule for.
        """
        return cls.from_text(files.read_text("plan", path), path)

    @classmethod
    def from_text(cls, text: str, place: str | os.PathLike[str] = "the plan") -> Plan:
        """Read the text of such a file, and check it. Errors begin with ``place``."""
        from ._ffi_api import check_plan

        document = files.parse_json("plan", text, place)
        try:
            check_plan(text)
            device = ReadOnlyDict(
                {key: value for key, value in document["device"].items() if key != "schema_version"}
            )
            spec = DeviceSpec.from_attr(device, "device")
        except (ValueError, NotImplementedError) as error:
            raise type(error)(f"{place}: {error}") from error
        functions = {
            name: ReadOnlyDict({**attrs, "tt_device": device})
            for name, attrs in document["functions"].items()
        }
        return cls._of_checked(spec, ReadOnlyDict(functions))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the plan as JSON (schemas/plan.schema.json)."""
        files.write_text(path, self.to_text())

    def to_text(self) -> str:
        """What :meth:`save` writes."""
        return files.render(self._document()) + "\n"

    def to_json(self) -> dict[str, Any]:
        """The document that :meth:`save` writes, as dicts and lists of the caller's own."""
        document: dict[str, Any] = plain.editable(self._document())
        return document

    def _document(self) -> dict[str, Any]:
        return {
            "schema_version": SCHEMA_VERSION,
            "generator": f"tilelang-tt {package_version()}",
            "device": {"schema_version": SCHEMA_VERSION, **self.device.to_attr()},
            "functions": {
                name: {key: value for key, value in attrs.items() if key != "tt_device"}
                for name, attrs in self.functions.items()
            },
        }

    def schedule(self, name: str) -> Schedule:
        """The schedule of a function. Raises ValueError for a name that is not in the plan."""
        return schedule_of(self._function(name))

    def buffers(self, name: str) -> Mapping[str, BufferDescriptor]:
        """The buffers of a function. Raises ValueError for a name that is not in the plan."""
        return buffers_of(self._function(name))

    def _function(self, name: str) -> Mapping[str, Any]:
        if name not in self.functions:
            raise ValueError(
                f"found no function {shown(name)}; expected one of {shown(list(self.functions))}"
            )
        return self.functions[name]

    def __repr__(self) -> str:
        device = f"{self.device.arch} of {self.device.grid_x}x{self.device.grid_y} cores"
        return f"<Plan for a {device}: {shown(list(self.functions))}>"

    def _repr_html_(self) -> str:
        from .page import embed, render_plan

        return embed(render_plan(self.to_json()))


@functools.cache
def package_version() -> str:
    """The installed version of tilelang-tt; "unknown" in a source tree that is not installed."""
    try:
        return version("tilelang-tt")
    except PackageNotFoundError:
        return "unknown"
