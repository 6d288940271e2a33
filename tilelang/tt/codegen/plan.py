"""The kernel plan: every choice that is made for a kernel, as frozen values.

Text is made from it by one table (``emit/``), and nothing is decided there. It is pure data: no
TVM, no ttnn, and nothing that was asked from a device but what the DeviceSpec says.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Union

from ..program import Expr, Program
from .slots import Instruction
from .tiles import Window

READER, COMPUTE, WRITER = "reader", "compute", "writer"

#: Bytes of a tile, by its format on the device.
TILE_BYTES = {"bfloat16": 2048, "float32": 4096}


@dataclass(frozen=True)
class CircularBuffer:
    """Tiles in L1 that one kernel makes and one takes, as blocks of ``down`` x ``across`` tiles.

    ``blocks`` is for how many blocks there is room; ``by_columns``: the tiles of a block go down
    its columns. ``storage`` is the kernel's own name for what it holds. ``beside`` is the number of
    the buffer that has the columns after these, where two kernels write a block.
    """

    index: int
    name: str
    storage: str
    format: str
    down: int
    across: int
    blocks: int
    producer: str
    consumer: str
    by_columns: bool = False
    beside: int | None = None

    @property
    def tiles(self) -> int:
        """Tiles of a block."""
        return self.down * self.across

    @property
    def pages(self) -> int:
        return self.tiles * self.blocks

    @property
    def page_bytes(self) -> int:
        return TILE_BYTES[self.format]

    @property
    def bytes(self) -> int:
        return self.pages * self.page_bytes


@dataclass(frozen=True)
class Argument:
    """A word that a kernel gets. ``kind`` is its class:

    "per core" (``source``: the word of Core.blocks, "first_block" say, or the tensor that it reads
    together with others), and for all cores alike "address" (of the tensor ``source``), "extent"
    (of the tensor ``source``, or of the launch's grid), "constant" and "scalar" (the function's
    parameter ``source``). ``dtype`` is "uint32", "int32", or "float32", whose bits it is; ``value``
    is known but for addresses, scalars and what is a core's own.
    """

    name: str
    kind: str
    dtype: str
    source: str = ""
    value: int | float | None = None


# What a step does, beside waiting for its inputs and handing on its output.


@dataclass(frozen=True)
class ReadTiles:
    """A window of a tensor to a buffer. ``row`` and ``column`` name loops over parts of a block,
    in tiles, where only ``down`` x ``across`` tiles of it are read at a time; ``matrix`` one over
    its matrices. ``shared``: one core of a group reads it, and the others get it from there.
    ``first_rows``: of its tiles the first row alone is taken, so that nothing is put below it."""

    buffer: int
    window: Window
    down: int
    across: int
    row: str = ""
    column: str = ""
    matrix: str = ""
    shared: bool = False
    first_rows: bool = False


@dataclass(frozen=True)
class FillMask:
    buffer: int
    condition: Expr
    row: int | None
    column: int | None


@dataclass(frozen=True)
class FillOnes:
    buffer: int


@dataclass(frozen=True)
class WriteTiles:
    """A buffer's next ``down`` x ``across`` tiles to a window. ``row`` and ``matrix`` name loops
    over a block's rows of tiles and over its matrices, of which they are a part; ``column`` is the
    column of tiles, from the window's first, that they begin at."""

    buffer: int
    window: Window
    down: int
    across: int
    row: str = ""
    matrix: str = ""
    column: int = 0


@dataclass(frozen=True)
class TileMap:
    """Each tile of ``target`` by instructions, whose loads name buffers."""

    target: int
    code: tuple[Instruction, ...]


@dataclass(frozen=True)
class TurnTiles:
    source: int
    target: int


@dataclass(frozen=True)
class MultiplyTiles:
    """target = old + a @ b, in sub-blocks of ``sub_down`` x ``sub_across`` tiles of DST.

    ``old`` None: DST begins with zeros. ``turns`` None: one product. Else a and b have a block for
    each turn of the loop ``turns`` (the variable, its first value and its trips), unless they are
    named in ``fixed``; ``streamed``: they hold the part of one turn for one sub-block at a time.
    ``inner`` are the tiles of K in a block, or in each of the ``parts`` that it comes in.
    """

    a: int
    b: int
    target: int
    old: int | None
    transpose_b: bool
    inner: int
    sub_down: int
    sub_across: int
    turns: tuple[int, Expr, Expr] | None = None
    fixed: tuple[int, ...] = ()
    streamed: bool = False
    ready: bool = False
    parts: int = 1


@dataclass(frozen=True)
class FoldTiles:
    source: int
    ones: int
    target: int
    kind: str
    axis: int
    old: int | None


Work = Union[  # noqa: UP007
    ReadTiles, FillMask, FillOnes, WriteTiles, TileMap, TurnTiles, MultiplyTiles, FoldTiles, None
]


@dataclass(frozen=True)
class Count:
    """Some blocks of a buffer: one, or as many as a loop has turns; or a part of one, of ``tiles``.

    A step that makes a part makes the whole block, and hands on each part as soon as it is made.
    """

    buffer: int
    trips: Expr | None = None
    tiles: int | None = None


@dataclass(frozen=True)
class Step:
    """One step of a kernel. It waits for ``takes``, reserves ``makes``, works, pops and pushes.

    ``places`` are those of the program's steps that it does. ``drops`` are popped besides.
    """

    places: tuple[str, ...]
    work: Work
    takes: tuple[Count, ...] = ()
    makes: tuple[Count, ...] = ()
    drops: tuple[Count, ...] = ()


@dataclass(frozen=True)
class Together:
    """Steps that read device memory, all of which begin before the first is waited for."""

    steps: tuple[Step, ...]


@dataclass(frozen=True)
class For:
    """A loop. ``ahead``: what a turn reads begins before what the turn before read is waited for;
    its statements are steps then, and each buffer that is read to has room for three turns'."""

    places: tuple[str, ...]
    var: int
    first: Expr
    trips: Expr
    body: tuple[Statement, ...]
    ahead: bool = False


@dataclass(frozen=True)
class Ahead:
    """A loop of reads into buffers that have room for all its turns, of which there is one at
    least: the reads of a turn begin before those of the turn before are waited for. Each turn is
    made in ``parts``, which are handed on one by one; each read is of one of them then."""

    places: tuple[str, ...]
    var: int
    first: Expr
    trips: Expr
    steps: tuple[Step, ...]
    parts: int = 1


@dataclass(frozen=True)
class Parts:
    """A loop over the parts of a block that are read by themselves: its name, tiles, and step."""

    name: str
    tiles: int
    step: int
    body: tuple[Statement, ...]


@dataclass(frozen=True)
class If:
    places: tuple[str, ...]
    condition: Expr
    then: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]


@dataclass(frozen=True)
class Kept:
    """What is done for several blocks of a core at once: in the first of its turns along ``axes``
    (0 to 2), or in the last of them (``last``). What is read so stays in L1 for those between."""

    axes: tuple[int, ...]
    last: bool
    body: tuple[Statement, ...]


Statement = Union[Step, Together, For, Ahead, Parts, If, Kept]  # noqa: UP007


@dataclass(frozen=True)
class Walk:
    """How each core goes through its blocks.

    They are at positions of ``order``, one after the other, or (``strided``) each as far from the
    one before as there are cores. Or (``box``) they are a box of the grid, of which ``order`` says
    whether x or y goes faster; then all cores make equally many turns along each axis, and one
    that has fewer blocks repeats its last one, and doesn't write it again.
    """

    order: str = "row_major"
    strided: bool = False
    box: bool = False


@dataclass(frozen=True)
class Share:
    """A tensor that cores in a row (``along`` "x") or a column ("y", "yz") read alike.

    The first of them sends it to the ``receivers`` others over NoC ``noc``. Two semaphores, by
    their numbers, say how far they are: ``ready`` counts at the sender the receivers that wait,
    ``valid`` says at each receiver that a block has come.
    """

    tensor: int
    along: str
    noc: int
    receivers: int
    ready: int
    valid: int

    @property
    def role(self) -> str:
        """The kernel that reads it: the one on the processor that uses this NoC."""
        return WRITER if self.noc else READER


@dataclass(frozen=True)
class Group:
    """The cores of a shared read, by their places in the device's grid: the ``sender``, and the
    rectangle of ``receivers``, from (x0, y0) to (x1, y1), which are beside it."""

    sender: tuple[int, int]
    receivers: tuple[int, int, int, int]


@dataclass(frozen=True)
class Core:
    """A core of a launch, the words by which it finds its blocks (Walk says which), and its group
    in each shared read."""

    x: int
    y: int
    blocks: tuple[int, ...]
    groups: tuple[Group, ...] = ()

    def sends(self, group: Group) -> bool:
        return group.sender == (self.x, self.y)


@dataclass(frozen=True)
class KernelPlan:
    """What runs on each core of a launch, the one of number ``launch``.

    ``program`` is the one that is listed, with names for constants; ``kernels`` are the statements
    for one block, by role, and ``once`` those before the first block. ``arguments`` are in the
    order in which each role gets them: first those of the core, then those that all share.
    ``inputs`` are the tensors that are read, ``written`` those that are written, of which
    ``outputs`` are parameters. DST has room for ``slots`` tiles of the format ``dst``.
    ``names`` are of words about tensors ("A_rows"), ``labels`` the function's own names of its
    parameters, by those that they have here.
    """

    function: str
    program: Program
    grid: tuple[int, int, int]
    indices: tuple[int | None, int | None, int | None]
    tensors: tuple[int, ...]
    inputs: tuple[int, ...]
    written: tuple[int, ...]
    outputs: tuple[int, ...]
    buffers: tuple[CircularBuffer, ...]
    kernels: Mapping[str, tuple[Statement, ...]]
    once: Mapping[str, tuple[Step, ...]]
    arguments: Mapping[str, tuple[Argument, ...]]
    accessors: Mapping[str, tuple[int, ...]]
    cores: tuple[Core, ...]
    l1_bytes: int
    walk: Walk = Walk()
    shares: tuple[Share, ...] = ()
    slots: int = 4
    dst: str = "float32"
    fidelity: str = "HiFi4"
    fusions: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    launch: int = 0

    @property
    def one_block(self) -> bool:
        """Whether each core runs one block: (first, how many), or a box."""
        return all(math.prod(core.blocks[len(core.blocks) // 2 :]) <= 1 for core in self.cores)

    def to_json(self) -> dict[str, Any]:
        """What ``kernel.json`` has: the choices, for people and tools."""
        from .describe import describe

        return describe(self)
