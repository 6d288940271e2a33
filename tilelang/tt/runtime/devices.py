"""Choosing a backend and opening a device of it."""

from __future__ import annotations

import os
from collections.abc import Callable

from . import BackendError
from .backend import ARCHITECTURES, Backend
from .card import Card, has_card
from .mock import Mock
from .session import OPEN_TIMEOUT, Session
from .ttsim import ENVIRONMENT_VARIABLE, TTSim
from .wolfpine import Wolfpine

BACKENDS: dict[str, Callable[[str], Backend]] = {
    "card": Card,
    "ttsim": TTSim,
    "wolfpine": Wolfpine,
    "mock": Mock,
}


def make_backend(name: str = "auto", arch: str | None = None) -> Backend:
    """The backend of a name, checked to be ready.

    Parameters
    ----------
    name : "auto", "card", "ttsim", "wolfpine" or "mock"
        "auto" is a card if there is one, else ttsim where TT_METAL_SIMULATOR or
        TILELANG_TT_TTSIM names it, else wolfpine. It is never the mock, which holds no data.
    arch : "wormhole_b0" (or "wormhole") or "blackhole"
        By default Wormhole; a card has the architecture it has.

    Raises
    ------
    ValueError
        An unknown name or architecture.
    BackendError
        The backend is not ready; with what would make it ready.
    """
    if name != "auto" and name not in BACKENDS:
        raise ValueError(f"found no backend {name!r}; expected auto, {', '.join(BACKENDS)}")
    if arch is not None and arch not in ARCHITECTURES:
        raise ValueError(
            f"found no architecture {arch!r}; expected one of {', '.join(ARCHITECTURES)}"
        )
    return BACKENDS[_choose() if name == "auto" else name](ARCHITECTURES[arch or "wormhole_b0"])


def _choose() -> str:
    if has_card():
        return "card"
    names_ttsim = os.environ.get("TT_METAL_SIMULATOR", "").endswith(".so")
    return "ttsim" if names_ttsim or os.environ.get(ENVIRONMENT_VARIABLE) else "wolfpine"


def open_device(
    backend: str = "auto", arch: str | None = None, timeout: float = OPEN_TIMEOUT
) -> Session:
    """Open a device in a child process; see :func:`make_backend` for the parameters.

    Raises BackendError if it does not open within ``timeout`` seconds, or if it is of
    another architecture than the one asked for.
    """
    session = Session(make_backend(backend, arch), timeout)
    if arch is not None and session.spec.arch != ARCHITECTURES[arch]:
        session.close()
        raise BackendError(f"{backend} is a {session.spec.arch}; expected {ARCHITECTURES[arch]}")
    return session
