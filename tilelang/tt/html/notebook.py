"""Drawings for notebooks: what ``_repr_html_`` of plans and their views asks for (upward.py)."""

from __future__ import annotations

import html
from typing import Any

from ..metadata import BufferDescriptor, Schedule
from .plan import drawn, render_plan
from .render import render


def plan(document: dict[str, Any]) -> str:
    """A plan's page (schemas/plan.schema.json)."""
    return _embedded(render_plan(document))


def schedule(schedule: Schedule) -> str:
    """The cores of a schedule alone."""
    page = render("drawing.html.j2", title=repr(schedule), schedule=drawn(schedule))
    return _embedded(page)


def buffer(buffer: BufferDescriptor) -> str:
    """The banks of a tensor alone."""
    page = render("drawing.html.j2", title=repr(buffer), accessor=buffer.accessor)
    return _embedded(page, height=200)


def _embedded(page: str, height: int = 480) -> str:
    """A page inside of another, such as a notebook, with neither's style in the other."""
    return (
        f'<iframe srcdoc="{html.escape(page)}" sandbox style="width: 100%; height: {height}px; '
        'border: 0" title="tilelang-tt"></iframe>'
    )
