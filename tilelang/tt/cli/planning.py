"""Planning a kernel of a Python file, which is run in a process of its own (apart.py)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..device import DeviceSpec
from ..plan import Plan
from .apart import run_apart
from .kernel_file import KernelFile, check_file


def list_kernels(path: Path) -> dict[str, str]:
    """What each kernel of a file is, by its name. Raises what KernelFile.load does."""

    def work() -> dict[str, str]:
        file = KernelFile.load(path)
        return {name: file.describe(name) for name in file.listed()}

    check_file(path)
    described: dict[str, str] = run_apart(str(path), work)
    return described


def plan_kernel(
    path: Path, name: str, arguments: Mapping[str, Any], device: DeviceSpec | None
) -> Plan:
    """The plan of a kernel, traced with those arguments that it takes; the others are the values of
    its symbolic dimensions.

    Raises what KernelFile.load and .trace do, and what infer_metadata does.
    """

    def work() -> str:
        from ..passes import bind_tt_dims, infer_metadata, tile_program

        file = KernelFile.load(path)
        taken, dims = file.split(name, arguments)
        func = file.trace(name, taken)
        if dims:
            func = bind_tt_dims(func, dims)
            try:
                for each in func.functions.values() if hasattr(func, "functions") else [func]:
                    tile_program(each)
            except NotImplementedError:
                pass  # the passes say it, once the device is known
            except ValueError:
                if not file.is_function(name):
                    file.trace(name, arguments)  # which says what it takes
                raise
        origin = {"kernel_file": path.name, "function": name, "arguments": dict(arguments)}
        return Plan.from_module(infer_metadata(func, device), origin).to_text()

    check_file(path)
    place = f"{path}:{name}"
    return Plan.from_text(run_apart(place, work), place)
