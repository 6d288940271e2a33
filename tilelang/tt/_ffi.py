"""Where libtilelang_tt and a TVM are; _ffi_api.py has the library's functions.

Making a pass needs a TVM in the process, since a pass is a TVM object. Everything is
loaded on first use, so that devices and plans can be handled where there is no TVM.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Any

import tvm_ffi

LIBRARY_NAME = "libtilelang_tt.so"

NO_TVM = (
    "tilelang.tt found no TVM, which its passes need. Install one of the extras: "
    "pip install 'tilelang-tt[tvm]' (apache-tvm) or pip install 'tilelang-tt[tilelang]' "
    "(tilelang, with the TVM it brings)"
)

# tvm-ffi maps an error of C++ to the Python exception registered for its kind.
tvm_ffi.register_error("NotImplementedError", NotImplementedError)


def has_tvm() -> bool:
    """Whether a TVM can be imported, without importing it."""
    from importlib.util import find_spec

    # Importing tilelang.tt has imported a real tilelang already, which puts its TVM on the path.
    return find_spec("tvm") is not None


def require_tvm() -> None:
    """Raise ImportError, naming the extras, where no TVM can be imported."""
    if not has_tvm():
        raise ImportError(NO_TVM)


@functools.cache
def import_tvm() -> Any:
    """The TVM of this environment. Raises ImportError, naming the extras, where there is none."""
    require_tvm()
    import tvm
    import tvm.tirx  # registers the classes that reflection shows

    return tvm


def library_path() -> Path:
    """Where the built library is: in the package, or in ``build/`` of a source tree.

    The environment variable TILELANG_TT_LIBRARY names another one.
    """
    named = os.environ.get("TILELANG_TT_LIBRARY")
    if named:
        candidates = [Path(named)]
    else:
        package = Path(__file__).resolve().parent
        candidates = [package / "lib" / LIBRARY_NAME, package.parents[1] / "build" / LIBRARY_NAME]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    looked = ", ".join(str(candidate) for candidate in candidates)
    raise ImportError(
        f"tilelang.tt found no {LIBRARY_NAME} at {looked}. Install the package with pip, "
        "or build the library with cmake"
    )


@functools.cache
def load() -> None:
    """Load the library, which registers its functions. Raises ImportError if it can't be."""
    path = library_path()
    try:
        tvm_ffi.load_module(str(path))
    except (OSError, RuntimeError) as error:
        raise ImportError(f"{path}: can't be loaded: {str(error).splitlines()[0]}") from error
