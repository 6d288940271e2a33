"""From TileLang to a kernel: what ``main`` of its module is, where Python calls it.

tvm-ffi hands tensors on as DLPack has them, which knows of no negative bit, and takes the address
of what has no memory. So Python's ``main`` is ours, and gets the very objects that the caller has.
A module that TileLang loads from its disk cache comes with tvm-ffi's: its first call gives it ours.
"""

from __future__ import annotations

import sys
from typing import Any

import tvm_ffi

from .kernel import kernel_of, kernel_of_number

# What TileLang calls where a kernel comes from its disk cache.
_MODULE_CALL = getattr(tvm_ffi.Module.__call__, "__code__", None)


def main(text: str, *args: Any) -> Any:
    """``main`` of the module that holds the text of a kernel."""
    return kernel_of(text)(*args)


def call(number: int, *args: Any) -> Any:
    """``main`` by tvm-ffi: of a module's first call, or from another language."""
    kernel = kernel_of_number(number)
    frame = sys._getframe(1)
    if frame.f_code is _MODULE_CALL:
        found = frame.f_locals
        found["self"].main = kernel
        args = found["args"]
    return kernel(*args)
