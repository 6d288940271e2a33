"""Choosing a backend and opening a device of it."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from .. import BackendError
from ..other_python.foreign import Foreign, foreign_python
from ..session.parent import OPEN_TIMEOUT, Session
from . import ttsim, wolfpine
from .backend import ARCHITECTURES, Backend
from .card import Card, cards
from .mock import Mock
from .ttsim import TTSim
from .wolfpine import Wolfpine

#: The group of entry points under which other packages register backends of theirs.
ENTRY_POINTS = "tilelang_tt.backends"


@functools.cache
def backends() -> dict[str, Callable[[str], Backend]]:
    """What makes each backend, given an architecture: ours, and those of entry points."""
    found: dict[str, Callable[[str], Backend]] = {
        "card": Card,
        "ttsim": TTSim,
        "wolfpine": Wolfpine,
        "mock": Mock,
    }
    for point in entry_points(group=ENTRY_POINTS):
        found.setdefault(point.name, _loaded_later(point))
    return found


def _loaded_later(point: EntryPoint) -> Callable[[str], Backend]:
    def make(arch: str) -> Backend:
        try:
            backend: Backend = point.load()(arch)
        except BackendError:
            raise
        except Exception as error:  # another package's code raises what it likes
            package = point.dist.name if point.dist is not None else "an unknown package"
            raise BackendError(
                f"{point.name}, a backend of {package} ({point.value}): "
                f"{type(error).__name__}: {error}"
            ) from error
        return backend

    return make


def make_backend(name: str = "auto", arch: str | None = None) -> Backend:
    """The backend of a name, checked to be ready.

    Parameters
    ----------
    name : "auto", "card", "ttsim", "wolfpine", "mock", or that of an entry point
        "auto" is a card if there is one, else the simulator that TT_METAL_SIMULATOR names, else
        ttsim where TILELANG_TT_TTSIM names it, else wolfpine. It is never the mock, which
        holds no data.
    arch : "wormhole_b0" (or "wormhole") or "blackhole"
        By default Wormhole, or that of the simulator that is named; a card has the one it has.

    Raises
    ------
    ValueError
        An unknown name or architecture.
    BackendError
        The backend is not ready; with what would make it ready.
    """
    asked = check_arch(arch)
    python = foreign_python()
    if python is not None:
        return Foreign(python, name, asked)
    check_backend(name)
    named_arch = None
    if name == "auto":
        name, named_arch = _choose()
    elif name == "ttsim":
        named_arch = ttsim.named_arch()
    if asked and named_arch and asked != named_arch:
        raise BackendError(
            f"TT_METAL_SIMULATOR names a {named_arch}; expected a {asked}",
            "unset TT_METAL_SIMULATOR, or name the other one",
        )
    if name == "card":
        return Card(asked)
    return backends()[name](asked or named_arch or "wormhole_b0")


def check_backend(name: str) -> str:
    """The name of a backend. Raises ValueError for one unknown."""
    if name != "auto" and name not in backends():
        raise ValueError(f"found no backend {name!r}; expected auto, {', '.join(backends())}")
    return name


def arch_of(name: str = "auto") -> str:
    """The architecture that a backend has by default, without making it: a card's own, that of the
    simulator that TT_METAL_SIMULATOR names, else Wormhole.

    Raises BackendError where a card or what is named there isn't known.
    """
    named = None
    if name == "auto":
        name, named = _choose()
    elif name == "ttsim":
        named = ttsim.named_arch()
    return Card(None).arch if name == "card" else named or "wormhole_b0"


def check_arch(arch: str | None) -> str | None:
    """TT-metal's name of an architecture, if one is given. Raises ValueError for one unknown."""
    if arch is not None and arch not in ARCHITECTURES:
        raise ValueError(
            f"found no architecture {arch!r}; expected one of {', '.join(ARCHITECTURES)}"
        )
    return None if arch is None else ARCHITECTURES[arch]


def _choose() -> tuple[str, str | None]:
    """The backend that this machine and its environment name, and the architecture."""
    if cards():
        return "card", None
    if ttsim.named_library() is not None:
        return "ttsim", ttsim.named_arch()
    if named := os.environ.get("TT_METAL_SIMULATOR"):
        arch = wolfpine.arch_of(Path(named))
        if arch is None:
            raise BackendError(
                f"TT_METAL_SIMULATOR={named}: found a simulator that is not known here; expected "
                "ttsim's library (.so), or wolfpine's folder of an architecture",
                "unset TT_METAL_SIMULATOR",
            )
        return "wolfpine", arch
    return ("ttsim" if os.environ.get(ttsim.ENVIRONMENT_VARIABLE) else "wolfpine"), None


def open_device(
    backend: str = "auto",
    arch: str | None = None,
    timeout: float = OPEN_TIMEOUT,
    grid: tuple[int, int] | None = None,
    checks: str | None = None,
) -> Session:
    """Open a device in a child process.

    See :func:`make_backend` for ``backend`` and ``arch``, and Session for ``grid``, which makes
    the compute grid smaller, and for ``checks`` of kernels while they run.

    Raises BackendError if it does not open within ``timeout`` seconds, or if it is of
    another architecture than the one asked for.
    """
    session = Session(make_backend(backend, arch), timeout, grid, checks)
    if arch is not None and session.spec.arch != ARCHITECTURES[arch]:
        session.close()
        raise BackendError(f"{backend} is a {session.spec.arch}; expected {ARCHITECTURES[arch]}")
    return session
