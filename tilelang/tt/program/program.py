"""A tile program: buffers, variables and launches, and the program as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Union

from .expressions import Const
from .steps import Step

VERSION = 1


@dataclass(frozen=True, slots=True)
class Tensor:
    """A parameter in device memory, row-major and compact; ``param`` is its place among all."""

    kind: ClassVar[str] = "tensor"
    name: str
    param: int
    dtype: str
    shape: tuple[int, ...]
    pad: Const | None = None


@dataclass(frozen=True, slots=True)
class Workspace:
    """Device memory that the kernel itself allocates."""

    kind: ClassVar[str] = "workspace"
    name: str
    dtype: str
    shape: tuple[int, ...]
    pad: Const | None = None


@dataclass(frozen=True, slots=True)
class Scratch:
    """Memory of a block; ``scope`` is TileLang's."""

    kind: ClassVar[str] = "scratch"
    name: str
    scope: str
    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class View:
    """Another shape or dtype of ``of``'s storage, from ``offset`` of its elements on."""

    kind: ClassVar[str] = "view"
    name: str
    of: int
    offset: int
    dtype: str
    shape: tuple[int, ...]


Buffer = Union[Tensor, Workspace, Scratch, View]  # noqa: UP007  for isinstance, see BUFFERS
BUFFERS = (Tensor, Workspace, Scratch, View)


@dataclass(frozen=True, slots=True)
class Variable:
    """``kind`` is "scalar" (``param``: its place among all), "block", "loop" or "let"."""

    name: str
    kind: str
    dtype: str
    param: int | None = None


@dataclass(frozen=True, slots=True)
class Launch:
    """One T.Kernel: its grid (x, y, z), the variables of its indices, and what a block does."""

    grid: tuple[int, int, int]
    indices: tuple[int | None, int | None, int | None]
    body: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Program:
    """What the blocks of a kernel do. Buffers and variables are known by their place in the lists.

    One that was put together by hand is checked by ``Program.from_json(program.to_json())``.
    """

    buffers: tuple[Buffer, ...]
    variables: tuple[Variable, ...]
    launches: tuple[Launch, ...]

    @classmethod
    def from_json(cls, document: str | Mapping[str, Any]) -> Program:
        """Read a document, or its text, and check all that docs/program.md asks of it.

        Raises ValueError, which names the place with the value found and the value expected.
        """
        from .reading.document import parse

        return parse(document)

    def to_json(self) -> dict[str, Any]:
        """The document, its keys in the canonical order."""
        from .write import document_of

        return document_of(self)

    def to_text(self) -> str:
        """The canonical text. Two programs are equal if their texts are."""
        from .write import text_of

        return text_of(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return Program.from_json, (self.to_text(),)

    def __deepcopy__(self, memo: Any) -> Program:
        return self

    def storage(self, buffer: int) -> int:
        """The buffer whose memory it is: itself, or what a view is of."""
        found = self.buffers[buffer]
        return found.of if isinstance(found, View) else buffer

    def parameters(self) -> list[Tensor | Variable]:
        """Tensors and scalars in the order of the function's parameters."""
        tensors: list[Tensor | Variable] = [b for b in self.buffers if isinstance(b, Tensor)]
        scalars = [v for v in self.variables if v.kind == "scalar"]
        return sorted([*tensors, *scalars], key=lambda each: each.param or 0)
