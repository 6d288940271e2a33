"""In another interpreter's environment: is what a device needs there, and how is it opened?

    python start.py tilelang.tt.runtime.other_python.prepare BACKEND ARCH FOLDER

It prints one line of JSON: what :mod:`.foreign` makes a backend of, or ``error`` and ``remedy``.
With a folder, the session's, the environment of the process that opens the device is in it too.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

#: What a device's process imports, by the names of the packages; the others ttnn brings.
NEEDED = {
    "filelock": "filelock",
    "jsonschema": "jsonschema",
    "ml_dtypes": "ml_dtypes",
    "numpy": "numpy",
    "platformdirs": "platformdirs",
    "tvm_ffi": "apache-tvm-ffi",
}

LEAST_PYTHON = (3, 10)

#: The ttnn that this was made with; an earlier one lacks what is called.
LEAST_TTNN = (0, 81, 1)


def main(name: str, arch: str, folder: str) -> None:
    print(json.dumps(_answer(name, arch, folder)))


def _answer(name: str, arch: str, folder: str) -> dict[str, Any]:
    fault = missing()
    if fault is not None:
        return {"error": fault[0], "remedy": fault[1]}
    from .. import BackendError
    from ..backends.devices import make_backend
    from ..root.installed import ttnn_version

    try:
        backend = make_backend(name, arch or None)
        environment = backend.environment(Path(folder)) if folder else None
    except BackendError as error:
        return {"error": error.reason, "remedy": error.remedy}
    except ValueError as error:
        return {"error": str(error), "remedy": ""}
    return {
        "name": backend.name,
        "arch": backend.arch,
        "source": backend.source,
        "statement": dataclasses.asdict(backend.statement),
        "closes_gracefully": backend.closes_gracefully,
        "shares_kernels": backend.shares_kernels,
        "most_cores": backend.most_cores,
        "most_products": backend.most_products,
        "reset": backend.reset,
        "hang_note": str(backend.hang_note or ""),
        "environment": environment,
        "versions": {
            "Python": platform.python_version(),
            "ttnn": ttnn_version(),
            "numpy": version("numpy"),
        },
    }


def missing() -> tuple[str, str] | None:
    """What of this interpreter's environment doesn't do, and the command that would mend it."""
    if sys.version_info[:2] < LEAST_PYTHON:
        found = ".".join(map(str, sys.version_info[:2]))
        return f"found Python {found}; expected 3.10 or 3.12", "tilelang-tt setup"
    lacking = []
    for module, package in NEEDED.items():
        try:
            importlib.import_module(module)
        except ImportError:
            lacking.append(package)
    install = f"{sys.executable} -m pip install"
    if lacking:
        return f"found no {', '.join(lacking)} there", f"{install} {' '.join(lacking)}"
    try:
        found = version("ttnn")
    except PackageNotFoundError:
        # One that was built from source may have no metadata; then it is tried as it is.
        if importlib.util.find_spec("ttnn") is None:
            return "found no ttnn there", f"{install} ttnn"
        return None
    numbers = tuple(int(part) for part in found.split("+")[0].split(".")[:3] if part.isdecimal())
    if numbers and numbers < LEAST_TTNN:
        least = ".".join(map(str, LEAST_TTNN))
        return f"found ttnn {found} there; expected {least} or later", f"{install} -U ttnn"
    return None
