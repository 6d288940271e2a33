"""Reading and writing JSON documents that have a schema in ``schemas/``.

Every fault of a document is a ValueError that names the file and the place in it, with
the value found and the value expected.
"""

from __future__ import annotations

import functools
import json
import os
import tempfile
from errno import EACCES, ENAMETOOLONG
from pathlib import Path
from typing import Any

_SCHEMAS = Path(__file__).parent / "schemas"


@functools.cache
def schema(name: str) -> dict[str, Any]:
    """The JSON Schema ``schemas/<name>.schema.json``."""
    document: dict[str, Any] = json.loads((_SCHEMAS / f"{name}.schema.json").read_text())
    return document


@functools.cache
def _validator(name: str) -> Any:
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

    # Of another version, the rest of the document means something else.
    version = schema(name)["properties"]["schema_version"]["const"]
    if isinstance(document, dict) and document.get("schema_version", version) != version:
        found = document["schema_version"]
        raise ValueError(f"{place}: schema_version is {found!r}; expected {version}")
    error = best_match(_validator(name).iter_errors(document))
    if error is None:
        return
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.path)
    where = f"{where.lstrip('.')}: " if where else ""
    raise ValueError(f"{place}: {where}{_expectation(error)}")


def _expectation(error: Any) -> str:
    if error.validator == "required":
        missing = sorted(set(error.validator_value) - set(error.instance))
        return f"found no {', '.join(missing)}; expected it"
    if error.validator == "additionalProperties":
        unknown = sorted(set(error.instance) - set(error.schema.get("properties", ())))
        return f"found {', '.join(unknown)}; expected nothing of that name"
    text = json.dumps(error.instance, default=repr)
    found = text if len(text) <= 80 else text[:77] + "..."
    expected = {
        "type": "a value of type {}",
        "minimum": "at least {}",
        "maximum": "at most {}",
        "const": "{}",
        "enum": "one of {}",
        "minProperties": "at least {}",
        "minItems": "at least {} entries",
        "maxItems": "at most {} entries",
        "minLength": "at least {} character",
    }.get(error.validator, f"{error.validator} {{}}")
    return f"found {found}; expected {expected.format(error.validator_value)}"


def read_json(name: str, path: str | os.PathLike[str]) -> Any:
    """Read and check a document. Raises ValueError for a file that is absent or malformed."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ValueError(
            f"{path}: {reason}; expected the description of a {name}, as JSON"
        ) from error
    try:
        document = json.loads(text)
        json.dumps(document, ensure_ascii=False).encode()  # fails for half of a surrogate pair
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"{path}: found no whole JSON document ({error}); expected the description of a {name}"
        ) from error
    for other in ("device", "plan", "report"):
        required = set(schema(other)["required"])
        if other != name and isinstance(document, dict) and required <= document.keys():
            raise ValueError(f"{path}: found a {other}; expected a {name}")
    validate(name, document, str(path))
    return document


def write_json(path: str | os.PathLike[str], document: Any) -> None:
    """Write a document, whole or not at all. Raises ValueError where the place can't be written."""
    write_text(path, render(document) + "\n")


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a text, whole or not at all. Raises ValueError where the place can't be written.

    A file keeps its mode, a link its place, and what is no file (/dev/stdout) is written to.
    """
    check_output(path)
    target = Path(path).resolve()
    try:
        if _is_stream(path):
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
    if not os.fspath(path) or os.path.isdir(path):
        raise _no_place(path, "found a folder" if os.fspath(path) else "found no name")
    target = Path(path).resolve()
    try:
        if os.path.exists(path) and not os.access(path, os.W_OK):
            raise PermissionError(EACCES, os.strerror(EACCES))
        if not _is_stream(path):
            if len(os.fsencode(target.name)) > os.pathconf(target.parent, "PC_NAME_MAX"):
                raise OSError(ENAMETOOLONG, os.strerror(ENAMETOOLONG))
            with tempfile.TemporaryFile(dir=target.parent):
                pass
    except OSError as error:
        raise _no_place(path, error.strerror) from error


def _is_stream(path: str | os.PathLike[str]) -> bool:
    return os.path.exists(path) and not os.path.isfile(path)


def _no_place(path: str | os.PathLike[str], reason: str | None) -> ValueError:
    return ValueError(f"{os.fspath(path)}: {reason}; expected a place to write to")


_WIDTH = 100


def render(document: Any) -> str:
    """JSON for people: a key a line, and lists filled up to the line's width."""
    return _render(document, "")


def _render(value: Any, indent: str) -> str:
    inner = indent + "  "
    if isinstance(value, dict) and value:
        items = (f"{inner}{json.dumps(key)}: {_render(item, inner)}" for key, item in value.items())
        return "{\n" + ",\n".join(items) + f"\n{indent}}}"
    whole = json.dumps(value)
    if not isinstance(value, list) or len(whole) + len(indent) <= _WIDTH // 2:
        return whole
    if any(isinstance(item, dict) for item in value):
        return "[\n" + ",\n".join(inner + _render(item, inner) for item in value) + f"\n{indent}]"
    lines = [inner]
    for item in map(json.dumps, value):
        if len(lines[-1]) + len(item) > _WIDTH and lines[-1] != inner:
            lines.append(inner)
        lines[-1] += f"{item}, "
    lines[-1] = lines[-1].removesuffix(", ")
    return "[\n" + "\n".join(line.rstrip() for line in lines) + f"\n{indent}]"
