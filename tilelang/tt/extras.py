"""How to install what an extra of this package brings."""

from __future__ import annotations

import re
import shlex
from importlib.metadata import PackageNotFoundError, requires


def install_command(extra: str) -> str:
    """The command that installs what an extra brings, as ``pip install apache-tvm``.

    It names the packages themselves, so that it works wherever tilelang-tt itself came from.
    """
    return f"pip install {shlex.join(packages(extra))}"


def packages(extra: str) -> list[str]:
    """The requirements that an extra brings."""
    try:
        requirements = requires("tilelang-tt") or []
    except PackageNotFoundError:  # a source tree that is not installed
        return [f"tilelang-tt[{extra}]"]
    found = []
    for requirement in requirements:
        package, _, condition = requirement.partition(";")
        if re.search(rf"""extra == ["']{extra}["']""", condition):
            own = re.fullmatch(r"tilelang-tt\[(\w+)\]", package.strip())
            found += packages(own[1]) if own else [package.strip()]
    return found
