"""The environment for devices that ``tilelang-tt setup`` makes, and that is used where there is no
ttnn: beside a TileLang on Python 3.11, say.

It has ttnn, the simulator, its compiler and what this package needs. This package itself is not
installed there, since a device's process runs it from here (start.py).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

from platformdirs import user_data_path

from ...extras import packages
from .. import BackendError
from .prepare import NEEDED

#: The Pythons that ttnn has wheels for, the one to be preferred first.
PYTHONS = ("3.12", "3.10")

# Of the other environment: newer ones of these don't go with ttnn's.
_WITH = ("numpy<2",)


def folder() -> Path:
    """Where the environment is, or would be: by this place it is remembered."""
    return user_data_path("tilelang-tt", appauthor=False) / "devices"


def remembered() -> str | None:
    """The environment's interpreter, where it was made and there is no ttnn here."""
    python = folder() / "bin" / "python"
    return str(python) if find_spec("ttnn") is None and python.exists() else None


def make(base: str | None = None, say: Callable[[str], None] = print) -> Path:
    """Make the environment, or make it again; returns its interpreter.

    Parameters
    ----------
    base : the Python to make it of; by default one that is found
    say : told what takes long, before it does

    Raises BackendError where there is no such Python, or pip fails; with pip's last words.
    """
    from .foreign import ask

    made = folder()
    python = made / "bin" / "python"
    of = base_python(base)
    say(f"making {made}, of {of}")
    shutil.rmtree(made, ignore_errors=True)
    _run([of, "-m", "venv", str(made)], f"a virtual environment of {of}")
    wanted = [*packages("sim"), *(p for m, p in NEEDED.items() if m != "numpy"), *_WITH]
    say(f"installing {', '.join(wanted)}")
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    try:
        _run([*pip, *wanted], "the packages")
        ask(str(python), "wolfpine", "", "")  # what is lacking is its error
    except BackendError:
        shutil.rmtree(made, ignore_errors=True)  # else it would be taken for one that is whole
        raise
    return python


def base_python(named: str | None = None) -> str:
    """A Python that ttnn has wheels for: the one that is named, else what is found on PATH or among
    pyenv's. Raises BackendError where there is none."""
    for candidate in [named] if named else _candidates():
        found = shutil.which(os.path.expanduser(candidate))
        if found is not None and _version(found) in PYTHONS:
            return found
    what = f"{named} is none of these" if named else "found none on PATH, nor of pyenv"
    raise BackendError(
        f"ttnn has wheels for Python {' and '.join(PYTHONS)}: {what}",
        "install one (pyenv install 3.12, or your system's python3.12 with venv), and name it: "
        "tilelang-tt setup --python <it>",
    )


def _candidates() -> Iterator[str]:
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser() / "versions"
    for version in PYTHONS:
        yield f"python{version}"
        yield from (str(path) for path in sorted(pyenv.glob(f"{version}.*/bin/python")))
    yield sys.executable


def _version(python: str) -> str:
    """The version of a Python that can make virtual environments, as "3.12"; "" of another."""
    code = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run(
            [python, "-c", code], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


def _run(command: list[str], what: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()[-1]
        raise BackendError(f"{what}: {command[0]} ended with {done.returncode}: {said}")
