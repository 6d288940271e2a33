"""A device of another interpreter's environment: where tilelang is without ttnn, as on Python 3.11,
or where a card has a ttnn that was built for it.

What is needed from there is what a process has to be started with; the rest is as it is with any
backend. The other interpreter runs this package, from here (start.py), with the libraries it has.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

from .. import BackendError
from ..backends.backend import Backend, Statement
from ..session import start

PYTHON_VARIABLE = "TILELANG_TT_PYTHON"

# Seconds; it imports numpy and reads versions.
_TIMEOUT = 120

# What of this interpreter must not reach the other one.
_OURS = (
    *("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__"),
    *("VIRTUAL_ENV", "CONDA_PREFIX", "LD_PRELOAD"),
)


def foreign_python() -> str | None:
    """The interpreter that devices are opened with, where it is not this one: what
    TILELANG_TT_PYTHON names, else what ``tilelang-tt setup`` made where there is no ttnn here.

    Raises BackendError where what is named is no interpreter.
    """
    from .setup import remembered

    named = os.environ.get(PYTHON_VARIABLE)
    python = named or remembered()
    if not python:
        return None
    found = shutil.which(os.path.expanduser(python))
    if found is None:
        raise BackendError(
            f"{PYTHON_VARIABLE}={named}: found no interpreter there; expected one that has ttnn"
            if named
            else f"found no {python}, which 'tilelang-tt setup' had made",
            f"tilelang-tt setup, or export {PYTHON_VARIABLE}=<a Python that has ttnn>",
        )
    # Not resolved: the python of a virtual environment is a link, and its place is what matters.
    return None if os.path.abspath(found) == sys.executable else os.path.abspath(found)


class Foreign(Backend):
    """A backend as another interpreter makes it. Raises BackendError as it does there, and where
    that interpreter lacks what is needed."""

    def __init__(self, python: str, name: str, arch: str | None) -> None:
        self.python = python
        self._asked = (name, arch or "")
        facts = _facts(python, *self._asked, _environment_key())
        self.name, self.arch = facts["name"], facts["arch"]
        self.closes_gracefully = facts["closes_gracefully"]
        self.shares_kernels = facts["shares_kernels"]
        self.most_cores = facts["most_cores"]
        self.most_products = facts["most_products"]
        self._source, self._reset, self._hang_note = (
            facts[key] for key in ("source", "reset", "hang_note")
        )
        self._statement = facts["statement"]

    @property
    def statement(self) -> Statement:
        lists: dict[str, Any] = {k: tuple(self._statement[k]) for k in ("nocs", "guarantees")}
        return Statement(**{**self._statement, **lists})

    @property
    def source(self) -> str:
        return str(self._source)

    @property
    def reset(self) -> str:
        return str(self._reset)

    @property
    def hang_note(self) -> Path | None:
        return Path(self._hang_note) if self._hang_note else None

    def environment(self, folder: Path) -> dict[str, str]:
        found: dict[str, str] = ask(self.python, *self._asked, str(folder))["environment"]
        return found


@lru_cache(maxsize=16)
def _facts(python: str, name: str, arch: str, environment: tuple[str, ...]) -> dict[str, Any]:
    return ask(python, name, arch, "")


def _environment_key() -> tuple[str, ...]:
    """What the answer depends on besides: the variables that choose a backend."""
    return tuple(sorted(f"{k}={v}" for k, v in os.environ.items() if k.startswith(("TT_", "TILE"))))


def ask(python: str, *question: str) -> dict[str, Any]:
    """What another interpreter says, by :mod:`.prepare`. Raises BackendError as it does there."""
    environment = {key: value for key, value in os.environ.items() if key not in _OURS}
    environment.pop(PYTHON_VARIABLE, None)
    command = [python, start.__file__, f"{__package__}.prepare", *question]
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BackendError(
            f"{python} can't be run: {error}", f"export {PYTHON_VARIABLE}=<a Python that has ttnn>"
        ) from error
    lines = done.stdout.splitlines()
    try:
        answer: dict[str, Any] = json.loads(lines[-1])
    except (IndexError, ValueError):
        said = done.stderr.strip().splitlines()
        raise BackendError(
            f"{python} doesn't run this package: {said[-1] if said else 'it said nothing'}",
            "tilelang-tt setup",
        ) from None
    if "error" in answer:
        raise BackendError(f"{python}: {answer['error']}", answer["remedy"])
    return answer
