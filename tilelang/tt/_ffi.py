"""Where libtilelang_tt and a TVM are; _ffi_api.py has the library's functions.

Making a pass needs a TVM in the process, since a pass is a TVM object. Everything is
loaded on first use, so that devices and plans can be handled where there is no TVM.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from .extras import install_command

LIBRARY_NAME = "libtilelang_tt.so"


def has_tvm() -> bool:
    """Whether a TVM can be imported, without importing it."""
    from importlib.util import find_spec

    # A real tilelang puts its TVM on the path, and was imported before this part of it; but for the
    # command line, which has put that off (tilelang_tt).
    make_whole = getattr(sys.modules.get("tilelang"), "make_whole", None)
    if make_whole is not None:
        make_whole()
    return find_spec("tvm") is not None


def no_tvm() -> str:
    """What to say where there is none."""
    return (
        "tilelang.tt found no TVM, which its passes need. Install one: "
        f"{install_command('tvm')}, or {install_command('tilelang')}, which brings its own"
    )


def require_tvm() -> None:
    """Raise ImportError, saying what to install, where no TVM can be imported."""
    if not has_tvm():
        raise ImportError(no_tvm())


@functools.cache
def import_tvm() -> Any:
    """The TVM of this environment. Raises ImportError where there is none."""
    require_tvm()
    import tvm
    import tvm.tirx  # registers the classes that reflection shows

    return tvm


def library_path() -> Path:
    """Where the built library is: in the package, or in ``build/`` of a source tree.

    TILELANG_TT_LIBRARY, in the environment, names another one. Raises ImportError where none is.
    """
    looked = []
    for candidate in _libraries():
        if candidate.is_file():
            return candidate
        looked.append(str(candidate))
    named = os.environ.get("TILELANG_TT_LIBRARY")
    remedy = "unset TILELANG_TT_LIBRARY" if named else "install the package again"
    raise ImportError(f"tilelang.tt found no {LIBRARY_NAME} at {', '.join(looked)}; {remedy}")


def _libraries() -> Iterator[Path]:
    named = os.environ.get("TILELANG_TT_LIBRARY")
    if named:
        yield Path(named)
        return
    package = Path(__file__).resolve().parent
    yield package / "lib" / LIBRARY_NAME
    yield package.parents[1] / "build" / LIBRARY_NAME
    # Of the installed package, where Python was started in a source tree, which then shadows it.
    with contextlib.suppress(PackageNotFoundError):
        yield Path(str(distribution("tilelang-tt").locate_file("tilelang/tt/lib")), LIBRARY_NAME)


@functools.cache
def load() -> None:
    """Load the library, which registers its functions. Raises ImportError if it can't be."""
    import tvm_ffi

    # An error of C++ becomes the Python exception registered for its kind.
    tvm_ffi.register_error("NotImplementedError", NotImplementedError)
    path = library_path()
    try:
        tvm_ffi.load_module(str(path))
    except (OSError, RuntimeError) as error:
        raise ImportError(f"{path}: can't be loaded: {str(error).splitlines()[0]}") from error
