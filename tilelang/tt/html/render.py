"""Pages as HTML: each is one file, no network, no framework, light and dark. What a page says is
there without its script, which only points at it.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ..bounds import RESOURCES
from ..metadata import pages_of_banks
from ..text import printable

_TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **values: Any) -> str:
    """A template of ours, with values."""
    return _environment().get_template(template).render(**values)


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )
    environment.globals.update(
        shade=_shade, pages_of_banks=pages_of_banks, hue=_hue, size=_size, resources=RESOURCES
    )
    return environment


def _visible(value: Any) -> Any:
    """What a template prints: no character of a name reaches the page as a control."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return printable(value)
    return value


def _shade(count: int, most: int) -> int:
    """How strongly a cell is coloured, 0 to 4; 0 is for none."""
    return 0 if count == 0 or most == 0 else 1 + 3 * count // most


def _hue(core: int) -> int:
    """A colour for a core that its neighbours' differ from: steps of the golden angle."""
    return round(core * 137.508) % 360


def _size(count: int) -> str:
    """Bytes for people."""
    for unit, scale in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= scale:
            return f"{count / scale:.3g} {unit}"
    return f"{count} B"
