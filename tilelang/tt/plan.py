"""The plan: a module's metadata as a file, for the code generator and the host runtime.

A plan needs neither TVM nor the kernel to be read, so it is what crosses from the
environment that compiles to the one that runs.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import files, upward
from .device_spec import SCHEMA_VERSION as DEVICE_SCHEMA_VERSION
from .device_spec import DeviceSpec
from .metadata import (
    BufferDescriptor,
    Schedule,
    buffers_of,
    plain_value,
    schedule_of,
    schedules_of,
    tt_attrs,
)
from .plain import ReadOnlyDict
from .text import label, shown
from .version import package_version

if TYPE_CHECKING:
    from .program import Pages, Program

#: What is written. Plans of version 1, which have no program, are read, and written as they are.
SCHEMA_VERSION = 2


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
    provenance : what was planned, and by which versions
        ``versions``; ``kernel_file``, where it was read from a file; and ``functions``, of each the
        ``digest`` of its program and, where they are known, the kernel's ``function`` and
        ``arguments``. Plans are equal whatever it says. Empty in a plan of schema version 1.
    """

    device: DeviceSpec
    functions: Mapping[str, Mapping[str, Any]]
    provenance: Mapping[str, Any] = field(default_factory=ReadOnlyDict, compare=False)
    _programs: Mapping[str, str] = field(default_factory=ReadOnlyDict, init=False, compare=False)

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
        programs = {
            name: _canonical(name, attrs["tt_program"])
            for name, attrs in self.functions.items()
            if "tt_program" in attrs
        }
        object.__setattr__(self, "_programs", ReadOnlyDict(programs))
        if self.schema_version > 1 and not self.provenance:
            object.__setattr__(self, "provenance", _provenance(programs))
        check_plan(self.to_text())
        _check_digests(self.provenance, programs)

    @classmethod
    def _of_checked(
        cls,
        device: DeviceSpec,
        functions: Mapping[str, Mapping[str, Any]],
        provenance: Mapping[str, Any],
        programs: Mapping[str, str],
    ) -> Plan:
        """The plan of metadata that the library has checked, and that is plain and read-only."""
        plan = object.__new__(cls)
        object.__setattr__(plan, "device", device)
        object.__setattr__(plan, "functions", functions)
        object.__setattr__(plan, "provenance", provenance)
        object.__setattr__(plan, "_programs", programs)
        return plan

    @classmethod
    def from_module(cls, func_or_mod: Any, origin: Mapping[str, Any] | None = None) -> Plan:
        """Take the metadata of an IRModule or a PrimFunc.

        Functions of a module that have no T.Kernel, a kernel's host code, are left out.

        Parameters
        ----------
        origin : what is known of where the kernel is from, for the plan's provenance
            ``kernel_file``, and ``function`` and ``arguments`` of what was called.

        Raises ValueError or NotImplementedError if it does not verify, or if its functions
        are for different devices.
        """
        from .passes import verify_tt_metadata

        verify_tt_metadata(func_or_mod)
        if hasattr(func_or_mod, "functions"):
            named = {str(var.name_hint): func for var, func in func_or_mod.functions.items()}
        else:
            named = {str((func_or_mod.attrs or {}).get("global_symbol", "main")): func_or_mod}
        if not named:
            raise ValueError("found a module with no function; expected at least one")
        functions = {name: attrs for name, func in named.items() if (attrs := tt_attrs(func))}
        devices = {name: attrs.get("tt_device") for name, attrs in functions.items()}
        for name, device in devices.items() or [(next(iter(named)), None)]:
            if not name:
                raise ValueError('found a function named ""; expected at least one character')
            if device is None:
                raise ValueError(
                    f"{label(name)}: found no tt_device; expected the metadata of a kernel"
                )
        first = next(iter(devices))
        for name, device in devices.items():
            if device != devices[first]:
                raise ValueError(
                    f"{label(name)}: tt_device is {shown(dict(device or {}))}; expected that of "
                    f"{label(first)}, {shown(dict(devices[first] or {}))}, since a plan is for one "
                    "device"
                )
        spec = DeviceSpec.from_attr(devices[first], f"{label(first)}: tt_device")
        programs = {name: str(named[name].attrs["tt_program"].json) for name in functions}
        provenance = _provenance(programs, origin or {})
        return cls._of_checked(spec, ReadOnlyDict(functions), provenance, ReadOnlyDict(programs))

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
            programs = {str(name): str(text) for name, text in check_plan(text).items() if text}
            _check_digests(document.get("provenance", {}), programs)
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
        provenance = document.get("provenance", ReadOnlyDict())
        return cls._of_checked(spec, ReadOnlyDict(functions), provenance, ReadOnlyDict(programs))

    @property
    def schema_version(self) -> int:
        """2; 1 for a plan that was read as such."""
        versions = [attrs.get("tt_schema_version") for attrs in self.functions.values()]
        return 1 if versions and all(version == 1 for version in versions) else SCHEMA_VERSION

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the plan as JSON (schemas/plan.schema.json)."""
        files.write_text(path, self.to_text())

    def to_text(self) -> str:
        """What :meth:`save` writes."""
        return files.render(self._document()) + "\n"

    def to_json(self) -> dict[str, Any]:
        """The document that :meth:`save` writes, as dicts and lists of the caller's own."""
        document: dict[str, Any] = json.loads(self.to_text())
        return document

    def _document(self) -> dict[str, Any]:
        document = {
            "schema_version": self.schema_version,
            "generator": f"tilelang-tt {package_version()}",
            "provenance": self.provenance,
            "device": {"schema_version": DEVICE_SCHEMA_VERSION, **self.device.to_attr()},
            "functions": {
                name: {
                    key: files.Rendered(self._programs[name]) if key == "tt_program" else value
                    for key, value in attrs.items()
                    if key != "tt_device"
                }
                for name, attrs in self.functions.items()
            },
        }
        if not self.provenance:
            del document["provenance"]
        return document

    def __reduce__(self) -> tuple[Any, ...]:
        return Plan.from_text, (self.to_text(),)

    def __copy__(self) -> Plan:
        return self

    def __deepcopy__(self, memo: Any) -> Plan:
        return self

    def program(self, name: str) -> Program:
        """What the blocks of a function do (docs/program.md).

        Raises ValueError for a name that is not in the plan, and for a plan of schema version 1.
        """
        from .program import Program

        self._function(name)
        if name not in self._programs:
            raise ValueError(
                f"{label(name)}: found a plan of schema version 1, which has no program; expected "
                "one of version 2: plan the kernel again"
            )
        return Program.from_json(self._programs[name])

    def title(self, name: str) -> str:
        """A function as people know it, by its kernel's file, name and arguments, as far as the
        plan says: ``gemm.py: gemm(M=1024, N=1024)``.

        Raises ValueError for a name that is not in the plan.
        """
        self._function(name)
        return title_of(self.provenance, name, len(self.functions) > 1)

    def digest(self, name: str) -> str:
        """The digest of a function's program, as in ``sha256:0f3c...``.

        Raises ValueError for a name that is not in the plan, and for a plan of schema version 1.
        """
        self.program(name)
        return str(self.provenance["functions"][name]["digest"])

    def schedule(self, name: str) -> Schedule:
        """The schedule of a function of one launch.

        Raises ValueError for a name that is not in the plan, and for several launches.
        """
        return schedule_of(self._function(name))

    def schedules(self, name: str) -> tuple[Schedule, ...]:
        """The schedule of each launch of a function, in order. Raises ValueError for a name that
        is not in the plan."""
        return schedules_of(self._function(name))

    def buffers(self, name: str) -> Mapping[str, BufferDescriptor]:
        """The buffers of a function. Raises ValueError for a name that is not in the plan."""
        return buffers_of(self._function(name))

    def pages(self, name: str, block: int, launch: int = 0) -> dict[str, dict[str, Pages]]:
        """The pages that a block touches: by buffer, those it reads ("read") and writes ("write").

        Parameters
        ----------
        block : (bz * grid_y + by) * grid_x + bx

        Raises ValueError for a name that is not in the plan, and for a plan of schema version 1;
        IndexError for a block or a launch that there is not.
        """
        from .program import pages_of_block

        program = self.program(name)
        if not 0 <= launch < len(program.launches):
            raise IndexError(
                f"found launch {launch}; expected 0 to {len(program.launches) - 1} of {label(name)}"
            )
        places = {buffer.name: id for id, buffer in enumerate(program.buffers)}
        return {
            buffer.name: pages_of_block(program, places[buffer.name], buffer.access, launch, block)
            for buffer in self.buffers(name).values()
        }

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
        drawing: str = upward.drawings().plan(self.to_json())
        return drawing


def title_of(provenance: Mapping[str, Any], name: str, is_of_several: bool) -> str:
    """:meth:`Plan.title`, of a plan's document."""
    origin = provenance.get("functions", {}).get(name, {})
    called = str(origin.get("function", name))
    if "arguments" in origin:
        given = origin["arguments"].items()
        called += f"({', '.join(f'{key}={value}' for key, value in given)})" if given else ""
    if is_of_several and origin.get("function", name) != name:
        called += f", {name}"
    file = provenance.get("kernel_file")
    return f"{file}: {called}" if file else called


def digest_of(program: str) -> str:
    """The digest of a program's canonical text."""
    return f"sha256:{hashlib.sha256(program.encode()).hexdigest()}"


def _canonical(name: str, document: Any) -> str:
    from ._ffi_api import canonical_program

    try:
        return canonical_program(json.dumps(document))
    except ValueError as error:
        raise ValueError(f"{label(name)}: tt_program: {error}") from None


def _provenance(
    programs: Mapping[str, str], origin: Mapping[str, Any] | None = None
) -> Mapping[str, Any]:
    """Of each program its digest; the versions of what is in this process; and what is known."""
    origin = origin or {}
    found = {name: getattr(sys.modules.get(name), "__version__", None) for name in _VERSIONED}
    versions = {name: str(version) for name, version in found.items() if version is not None}
    called = {key: origin[key] for key in ("function", "arguments") if key in origin}
    document: dict[str, Any] = {"versions": {"tilelang-tt": package_version(), **versions}}
    if "kernel_file" in origin:
        document["kernel_file"] = origin["kernel_file"]
    document["functions"] = {
        name: {**called, "digest": digest_of(program)} for name, program in programs.items()
    }
    result: Mapping[str, Any] = plain_value(document)
    return result


_VERSIONED = ("tvm", "tilelang")


def _check_digests(provenance: Mapping[str, Any], programs: Mapping[str, str]) -> None:
    for name, program in programs.items():
        found, expected = provenance["functions"][name]["digest"], digest_of(program)
        if found != expected:
            raise ValueError(
                f"provenance: {label(name)}: digest is {shown(found)}; expected {expected}, that "
                "of tt_program. If the program was changed on purpose, change the digest too"
            )
