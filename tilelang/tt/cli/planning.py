"""Planning a kernel of a Python file, which is run in a process of its own (apart.py)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..device_spec import DeviceSpec
from ..plan import Plan
from ..policies import POLICIES
from .apart import run_apart
from .compare import compare
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
    path: Path,
    name: str,
    arguments: Mapping[str, Any],
    device: DeviceSpec | None,
    said: Mapping[str, Any] | None = None,
) -> Plan:
    """The plan of a kernel, traced with those arguments that it takes; the others are the values of
    its symbolic dimensions.

    ``said`` is what annotate takes of the schedule. Raises what KernelFile.load and .trace do, and
    what infer_metadata does.
    """

    def work() -> str:
        from ..passes import infer_metadata

        func = _traced(path, name, arguments)
        origin = {"kernel_file": path.name, "function": name, "arguments": dict(arguments)}
        return Plan.from_module(infer_metadata(func, device, **(said or {})), origin).to_text()

    check_file(path)
    place = f"{path}:{name}"
    return Plan.from_text(run_apart(place, work), place)


def compare_kernel(
    path: Path,
    name: str,
    arguments: Mapping[str, Any],
    device: DeviceSpec | None,
    said: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """The same kernel under each policy: a document for each function (compare.compare)."""

    def work() -> dict[str, dict[str, str]]:
        from ..passes import infer_metadata

        func = _traced(path, name, arguments)
        found: dict[str, dict[str, str]] = {}
        errors = []
        for policy in POLICIES:
            try:
                inferred = infer_metadata(func, device, **{**said, "policy": policy})
                found[policy] = {"plan": Plan.from_module(inferred).to_text()}
            except (ValueError, NotImplementedError) as error:
                errors.append(error)
                found[policy] = {"refused": str(error)}
        if len(errors) == len(POLICIES):
            raise errors[0]
        return found

    check_file(path)
    place = f"{path}:{name}"
    answers: dict[str, dict[str, str]] = run_apart(place, work)
    return compare(
        {
            policy: Plan.from_text(each["plan"], place) if "plan" in each else each["refused"]
            for policy, each in answers.items()
        }
    )


def _traced(path: Path, name: str, arguments: Mapping[str, Any]) -> Any:
    """The PrimFunc or IRModule of a kernel, with the values of its dimensions bound."""
    from ..passes import bind_tt_dims, tile_program

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
    return func
