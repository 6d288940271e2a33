"""Words of the command line: which kernel of which file, and what its parameters are."""

from __future__ import annotations

import ast
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def parse_kernel(text: str) -> tuple[Path, str | None]:
    """``KERNEL.py:NAME`` as a path and a name; without NAME, the kernels are to be listed."""
    path, colon, name = text.rpartition(":")
    if not colon or os.path.isfile(text):
        return Path(text), None
    if not path or not name.isidentifier():
        raise ValueError(f"found {text!r}; expected KERNEL.py or KERNEL.py:NAME")
    return Path(path), name


def parse_arguments(texts: Sequence[str]) -> dict[str, Any]:
    """``["M=1024", "dtype=bfloat16", "causal=false"]`` as a dict.

    A value is a Python literal; true, false, none or null in any case; or else a string.
    """
    arguments: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            raise ValueError(f"found the argument {text!r}; expected NAME=VALUE, such as M=1024")
        if name in arguments:
            raise ValueError(f"found the argument {name} twice; expected it once")
        arguments[name] = _value(value)
    return arguments


#: As shells, JSON and configuration files write them. A string is given in quotes: -a 'x="true"'.
_WORDS = {"true": True, "false": False, "none": None, "null": None}


def _value(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return _WORDS.get(text.lower(), text)
