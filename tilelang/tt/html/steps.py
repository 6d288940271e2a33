"""A plan's program on its page: the listing, whose steps can be pointed at, the pictures of tensors
that then light up, and the pages of each step.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from ..metadata import BufferDescriptor
from ..program import Line, Pages, Program, bodies, listing_lines, reads, spans, writes
from ..step_pages import StepPages, Touched, step_pages
from ..text import printable

# Pixels: the longer side of a picture of a tensor, at least the other one, and at most a page's.
_LONG, _SHORT, _PAGE = 240, 14, 16

# Pages along a side whose edges are drawn.
_EDGES = 40


def steps_of_launch(
    program: Program,
    name: str,
    buffers: Mapping[str, BufferDescriptor],
    launch: int,
    blocks: bool,
) -> dict[str, Any]:
    """What a launch's part of the page has of its steps: the listing as markup, the pictures and,
    as a document for the script, what each step touches.

    blocks : whether they are drawn; else none can be chosen, and nothing lights up
    """
    groups = [list(of) for _, of in itertools.groupby(_lines(program, name, launch), _place)]
    told = step_pages(program, launch) if blocks else StepPages({}, ())
    places = {buffer.name: id for id, buffer in enumerate(program.buffers)}
    tensors = [places[each] for each in buffers]
    return {
        "listing": Markup("\n").join(_markup(program, group) for group in groups),
        "tensors": [_picture(*each) for each in buffers.items()] if blocks else [],
        "touched": {
            "grid": program.launches[launch].grid,
            "tensors": [
                {"name": printable(name), "columns": _pages_of(buffer)[1]}
                for name, buffer in buffers.items()
            ],
            "steps": [
                _documents(told.steps.get(group[0].place, ()), tensors)
                for group in groups
                if _is_leaf(group[0])
            ],
            "rest": _documents(told.rest, tensors),
        },
    }


def _lines(program: Program, name: str, launch: int) -> list[Line]:
    """A launch's lines of the listing; the first one's have all that stands before."""
    lines = listing_lines(program, name)
    starts = [
        next(at for at, line in enumerate(lines) if line.place == f"launches[{number}]")
        for number in range(1, len(program.launches))
    ]
    return lines[slice(*[0, *starts, len(lines)][launch : launch + 2])]


def _place(line: Line) -> str:
    return line.place


def _is_leaf(line: Line) -> bool:
    return line.step is not None and not bodies(line.step)


def _markup(program: Program, lines: Sequence[Line]) -> Markup:
    """The lines of one step, or of a declaration; a step without a body is a button."""
    text = printable("\n".join(line.text for line in lines), keep="\n")
    step = lines[0].step
    if step is None or bodies(step):
        return Markup.escape(text)
    said = [
        f"{verb} {', '.join(program.buffers[id].name for id in sorted(ids))}"
        for verb, ids in (("reads", reads(step)), ("writes", writes(step)))
        if ids
    ]
    indent = len(text) - len(text.lstrip())
    # No button element, which would be a box: a step may go over several lines.
    return Markup('{}<span class="step" role="button" tabindex="0" title="{}">{}</span>').format(
        text[:indent], printable(", ".join(said)) or "touches nothing", text[indent:]
    )


def _documents(touched: Iterable[Touched], tensors: Sequence[int]) -> list[dict[str, Any]]:
    """The same as the script reads it; what isn't among the plan's tensors is left out."""
    return [
        {
            "tensor": tensors.index(each.buffer),
            "mode": each.mode,
            "axes": each.axes,
            "pages": each.pages and [_words(pages) for pages in each.pages],
        }
        for each in touched
        if each.buffer in tensors
    ]


def _words(pages: Pages) -> str:
    return ("" if pages.exact else "at most ") * bool(pages.ids) + spans(pages.ids)


def _pages_of(buffer: BufferDescriptor) -> tuple[int, int]:
    """Rows and columns of a tensor's pages, its matrices below each other."""
    columns = buffer.num_tiles_width
    return buffer.accessor.num_pages // columns, columns


def _apart(row: int, each: int, matrices: int) -> bool:
    """Whether a row begins a matrix, of as many as can be told apart."""
    return row % each == 0 and matrices <= _EDGES


def _picture(name: str, buffer: BufferDescriptor) -> dict[str, Any]:
    """A tensor's picture: its pages in rows and columns, its size in pixels, where edges are."""
    rows, columns = _pages_of(buffer)
    scale = min(_PAGE, _LONG / max(rows, columns))
    few = max(rows, columns) <= _EDGES
    matrices = math.prod(buffer.padded_shape[:-2])
    each = rows // matrices
    edges = [f"M0 {row}h{columns}" for row in range(1, rows) if few or _apart(row, each, matrices)]
    edges += [f"M{column} 0v{rows}" for column in range(1, columns) if few]
    return {
        "name": name,
        "rows": rows,
        "columns": columns,
        "matrices": matrices,
        "width": max(_SHORT, round(columns * scale)),
        "height": max(_SHORT, round(rows * scale)),
        "edges": "".join(edges),
    }
