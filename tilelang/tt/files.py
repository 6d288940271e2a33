"""Reading and writing documents: JSON, and the pages that are made of it.

Every fault of a file is a ValueError that names it, with the value found and the value expected.
What a document may hold is checked where it is read: plans and devices by the library, reports by
their JSON Schema, which ``schemas/`` has for all three.
"""

from __future__ import annotations

import functools
import json
import os
import stat
import tempfile
from collections.abc import Mapping
from errno import EACCES, EISDIR, ENAMETOOLONG
from json.encoder import encode_basestring_ascii
from pathlib import Path
from typing import Any

from . import plain
from .text import shown

_SCHEMAS = Path(__file__).parent / "schemas"

#: The most bytes of a document that is read: a plan of six thousand functions like a GEMM, of 10 kB
#: each. Python holds it in ten to twenty times its size.
MAX_BYTES = 64 << 20

#: By which of its keys a document of each kind is known.
_KEYS = {
    "device": {"arch", "grid_x", "grid_y"},
    "plan": {"device", "functions"},
    "report": {"backend", "device", "levels", "cases"},
}


@functools.cache
def schema(name: str) -> dict[str, Any]:
    """The JSON Schema ``schemas/<name>.schema.json``."""
    document: dict[str, Any] = json.loads((_SCHEMAS / f"{name}.schema.json").read_text())
    return document


@functools.cache
def validator(name: str) -> Any:
    """A validator by that schema; the others' names resolve in it."""
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend
    from referencing import Registry, Resource

    registry: Any = Registry().with_resources(
        (path.name, Resource.from_contents(json.loads(path.read_text())))
        for path in _SCHEMAS.glob("*.schema.json")
    )
    # JSON Schema takes 8.0 for an integer; a count of cores or bytes is not written so.
    types = Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    )
    return extend(Draft202012Validator, type_checker=types)(schema(name), registry=registry)


def validate(name: str, document: Any, place: str) -> None:
    """Check a document against a schema. Raises ValueError, beginning with ``place``."""
    from jsonschema.exceptions import best_match

    error = best_match(validator(name).iter_errors(document))
    if error is None:
        return
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.path)
    where = f"{where.lstrip('.')}: " if where else ""
    raise ValueError(
        f"{place}: {where}found {shown(error.instance)}; "
        f"expected {error.validator} {shown(error.validator_value)}"
    )


def read_text(name: str, path: str | os.PathLike[str]) -> str:
    """The text of a document's file.

    Raises ValueError for one that is absent, no regular file (a pipe or a device may never end),
    above MAX_BYTES, or no UTF-8.
    """
    expected = f"expected the description of a {name}, as JSON"
    try:
        kind = os.stat(path).st_mode  # first, since opening some devices has effects
        if stat.S_ISDIR(kind):
            raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
        if not stat.S_ISREG(kind):
            raise ValueError(f"{path}: found no regular file; {expected}, in a file of its own")
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(handle, "rb") as file:
            content = file.read(MAX_BYTES + 1) if stat.S_ISREG(os.fstat(handle).st_mode) else b""
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}; {expected}") from error
    if len(content) > MAX_BYTES:
        raise ValueError(
            f"{path}: found more than {MAX_BYTES} bytes; expected at most that. "
            "A plan may be split: its functions stand alone"
        )
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: {error}; {expected}") from error


def parse_json(name: str, text: str, path: str | os.PathLike[str]) -> Any:
    """The document of a file's text, read-only. Raises ValueError, beginning with the path."""
    try:
        document = plain.parse(text)
    except ValueError as error:
        raise ValueError(
            f"{path}: found no whole JSON document ({error}); expected the description of a {name}"
        ) from error
    if isinstance(document, dict) and not _KEYS[name] <= document.keys():
        for other, keys in _KEYS.items():
            if keys <= document.keys():
                raise ValueError(f"{path}: found a {other}; expected a {name}")
    return document


def write_json(path: str | os.PathLike[str], document: Any) -> None:
    """Write a document, whole or not at all. Raises ValueError where the place can't be written."""
    write_text(path, render(document) + "\n")


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a text, whole or not at all. Raises ValueError where the place can't be written.

    A file keeps its mode, a link its place, and what is no file (/dev/stdout) is written to.
    """
    try:
        target = _target(path)
        if target is None:
            Path(path).write_text(text, encoding="utf-8")
            return
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o644
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:64]}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            os.chmod(temporary, mode)
            os.replace(temporary, target)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise _no_place(path, error.strerror) from error


def check_output(path: str | os.PathLike[str]) -> None:
    """Raise the ValueError that writing a file there would end in, before any work is done."""
    try:
        target = _target(path)
        if target is not None:
            with tempfile.TemporaryFile(dir=target.parent):
                pass
    except OSError as error:
        raise _no_place(path, error.strerror) from error


def check_apart(named: Mapping[str, str | os.PathLike[str] | None]) -> None:
    """Raise ValueError if two of the files are one, whatever paths lead to it.

    Parameters
    ----------
    named : the files by what names them on the command line; None where nothing does
    """
    given = [(what, path) for what, path in named.items() if path is not None]
    for i, (what, path) in enumerate(given):
        for other, second in given[:i]:
            if _is_one_file(path, second):
                raise ValueError(
                    f"found {other} {second} and {what} {path}, which are one file; expected two"
                )


def _is_one_file(path: str | os.PathLike[str], other: str | os.PathLike[str]) -> bool:
    if os.path.exists(path) and os.path.exists(other):
        return os.path.samefile(path, other) and not os.path.samefile(path, os.devnull)
    return os.path.realpath(path) == os.path.realpath(other)


def _target(path: str | os.PathLike[str]) -> Path | None:
    """The file that is to be written; None for a stream. Raises OSError or ValueError if none."""
    if not os.fspath(path) or os.path.isdir(path):
        raise _no_place(path, "found a folder" if os.fspath(path) else "found no name")
    exists = os.path.exists(path)
    if exists and not os.access(path, os.W_OK):
        raise PermissionError(EACCES, os.strerror(EACCES))
    if exists and not os.path.isfile(path):
        return None
    target = Path(path).resolve()
    if len(os.fsencode(target.name)) > os.pathconf(target.parent, "PC_NAME_MAX"):
        raise OSError(ENAMETOOLONG, os.strerror(ENAMETOOLONG))
    return target


def _no_place(path: str | os.PathLike[str], reason: str | None) -> ValueError:
    return ValueError(f"{os.fspath(path)}: {reason}; expected a place to write to")


class Rendered(str):
    """A value's own JSON text, which is written as it is."""

    __slots__ = ()


_WIDTH = 100


def render(document: Any) -> str:
    """JSON for people: a key a line, and lists filled up to the line's width."""
    return _render(document, "")


def _render(value: Any, indent: str) -> str:
    inner = indent + "  "
    if isinstance(value, dict) and value:
        lines = [
            f"{inner}{encode_basestring_ascii(key)}: {_render(item, inner)}"
            for key, item in value.items()
        ]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if not isinstance(value, (list, tuple)):
        return _inline(value)
    items = [_inline(item) for item in value]
    if sum(map(len, items)) + 2 * len(items) + len(indent) <= _WIDTH // 2:
        return f"[{', '.join(items)}]"
    if any(isinstance(item, dict) for item in value):
        return "[\n" + ",\n".join(inner + _render(item, inner) for item in value) + f"\n{indent}]"
    lines, line = [], inner
    for item in items:
        if len(line) + len(item) > _WIDTH and line != inner:
            lines.append(line.rstrip())
            line = inner
        line += f"{item}, "
    return "[\n" + "\n".join([*lines, line.removesuffix(", ")]) + f"\n{indent}]"


def _inline(value: Any) -> str:
    """The same as json.dumps, which takes as long to begin as most of these values take."""
    kind = type(value)
    if kind is int:
        return str(value)
    if kind is str:
        return encode_basestring_ascii(value)
    if kind is list or kind is tuple:
        return f"[{', '.join([_inline(item) for item in value])}]"
    if kind is Rendered:
        return str(value)
    return json.dumps(value)
