"""Typed, read-only views of a function's metadata.

They read attributes of the metadata contract (docs/metadata.md) off a PrimFunc, or off
the same attributes as a plain dict, which is how a plan holds them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from typing import Any

from . import plain, upward
from .plain import ReadOnlyDict
from .text import shortened, shown


@dataclass(frozen=True)
class TileRange:
    """The blocks of one core: ids ``start_id`` to ``start_id + count - 1``; idle if count is 0."""

    start_id: int
    count: int


@dataclass(frozen=True)
class CoreRange:
    """The cores (x0, y0) to (x1, y1), both inclusive, which run ``count`` blocks each."""

    x0: int
    y0: int
    x1: int
    y1: int
    count: int

    @property
    def num_cores(self) -> int:
        return (self.x1 - self.x0 + 1) * (self.y1 - self.y0 + 1)

    def cores(self) -> Iterator[tuple[int, int]]:
        """The (x, y) of each, row by row."""
        return ((x, y) for y in range(self.y0, self.y1 + 1) for x in range(self.x0, self.x1 + 1))


@dataclass(frozen=True)
class Box:
    """The blocks of one core under a rectangular schedule: ``across`` of them from block index
    ``x`` on, ``down`` from ``y``, ``deep`` from ``z``. An idle core has none."""

    x: int
    y: int
    z: int
    across: int
    down: int
    deep: int

    @property
    def count(self) -> int:
        return self.across * self.down * self.deep


@dataclass(frozen=True)
class SharedRead:
    """A tensor that cores which stand in a row (``along`` "x"), in a column of one layer ("y") or
    of all ("yz") read alike: the first of them reads it from DRAM and multicasts it to the others
    over NoC ``noc``."""

    buffer: str
    along: str
    noc: int


@dataclass(frozen=True)
class RuntimeArg:
    """One runtime argument of a kernel: a word of at most 32 bits.

    ``kind`` is "per_core", "constant" (then ``value`` is set), "buffer_address" (then
    ``source`` is the buffer's name) or "scalar" (then ``source`` is the parameter's name).
    """

    name: str
    dtype: str
    kind: str
    meaning: str = ""
    value: int | None = None
    source: str | None = None


#: The runtime arguments of which each core has its own: by the boxes of a rectangular schedule, and
#: by the ranges of others.
OWN_BOX = ("first_x", "first_y", "first_z", "across", "down", "deep")
OWN_RANGE = ("start_id", "count")


@dataclass(frozen=True)
class Schedule:
    """Which core runs which blocks.

    ``grid`` is T.Kernel's (x, y, z) in blocks, ``core_grid`` the device's (x, y) in cores.
    ``tiles_per_core`` has one entry a core; the core at (x, y) is entry y * core_grid[0] + x. Its
    n-th block is the one at position ``start_id + n * stride`` of ``order``. Under the policy
    "rectangular" it is empty, and ``boxes`` has one entry a core. :meth:`blocks` says it for all.
    ``reason`` says why a policy was taken, where the bounds have chosen it.
    """

    policy: str
    order: str
    grid: tuple[int, int, int]
    core_grid: tuple[int, int]
    num_tiles: int
    num_cores: int
    tiles_per_core: tuple[TileRange, ...]
    core_ranges: tuple[CoreRange, ...]
    runtime_args: tuple[RuntimeArg, ...]
    stride: int = 1
    boxes: tuple[Box, ...] = ()
    shared_reads: tuple[SharedRead, ...] = ()
    reason: str = ""

    @property
    def counts(self) -> tuple[int, ...]:
        """How many blocks each core runs."""
        return tuple(each.count for each in self.boxes or self.tiles_per_core)

    @property
    def num_active_cores(self) -> int:
        return sum(count > 0 for count in self.counts)

    @property
    def imbalance(self) -> float:
        """The most blocks that a core runs, to the mean of those that run some."""
        counts = [count for count in self.counts if count]
        return max(counts) * len(counts) / sum(counts)

    def blocks(self, core: int) -> Sequence[int]:
        """The ids of a core's blocks, in the order in which it runs them."""
        if self.boxes:
            return self._blocks_of_box(self.boxes[core])
        tiles = self.tiles_per_core[core]
        positions = range(
            tiles.start_id, tiles.start_id + tiles.count * self.stride, self.stride
        )  # fmt: skip
        if self.order == "row_major":
            return positions
        x, y, _ = self.grid
        return [
            (position // (x * y) * y + position % y) * x + position // y % x
            for position in positions
        ]

    def _blocks_of_box(self, box: Box) -> list[int]:
        x, y, _ = self.grid
        columns, rows = range(box.x, box.x + box.across), range(box.y, box.y + box.down)
        return [
            ((bz * y) + by) * x + bx
            for bz in range(box.z, box.z + box.deep)
            for bx, by in (
                ((bx, by) for by in rows for bx in columns)
                if self.order == "row_major"
                else ((bx, by) for bx in columns for by in rows)
            )
        ]

    def own_args(self, core: int) -> dict[str, int]:
        """The runtime arguments of which each core has its own, by name."""
        if self.boxes:
            return dict(zip(OWN_BOX, astuple(self.boxes[core]), strict=True))
        return dict(zip(OWN_RANGE, astuple(self.tiles_per_core[core]), strict=True))

    @property
    def turns(self) -> tuple[int, int, int]:
        """How many turns all cores make along x, y and z: the sides of the largest boxes."""
        across, down, deep = (
            max((getattr(box, side) for box in self.boxes), default=0)
            for side in ("across", "down", "deep")
        )
        return across, down, deep

    def groups(self, along: str) -> list[tuple[int, ...]]:
        """The cores that stand side by side along "x", or else in a column, and have the same
        blocks along the axes that ``along`` doesn't name: what is shared, the first of each reads
        for the others."""
        width, height = self.core_grid
        rows = [[y * width + x for x in range(width)] for y in range(height)]
        lines = rows if along == "x" else [list(column) for column in zip(*rows, strict=True)]
        found: list[tuple[int, ...]] = []
        for line in lines:
            last = None
            for core in line:
                box = self.boxes[core]
                parts = {"x": (box.x, box.across), "y": (box.y, box.down), "z": (box.z, box.deep)}
                others = [part for axis, part in parts.items() if axis not in along]
                alike = others if box.count else None
                if alike is not None and alike == last:
                    found[-1] = (*found[-1], core)
                elif alike is not None:
                    found.append((core,))
                last = alike
        return found

    def core_of_tile(self, tile: int) -> tuple[int, int]:
        """The (x, y) of the core that runs a block. Raises IndexError for an id out of range."""
        for core, count in enumerate(self.counts):
            if count and tile in self.blocks(core):
                return core % self.core_grid[0], core // self.core_grid[0]
        raise IndexError(f"found block {tile}; expected 0 to {self.num_tiles - 1}")

    def __repr__(self) -> str:
        launch = ", ".join(map(str, self.grid))
        return (
            f"<Schedule of T.Kernel({launch}): {self.num_tiles} blocks on {self.num_active_cores} "
            f"of {self.num_cores} cores>"
        )

    def _repr_html_(self) -> str:
        drawing: str = upward.drawings().schedule(self)
        return drawing


@dataclass(frozen=True)
class TensorAccessorConfig:
    """What TT-metal's TensorAccessor is told of a buffer. Sizes are in bytes."""

    memory: str
    page_size: int
    aligned_page_size: int
    num_pages: int
    num_banks: int
    compile_time_args: tuple[int, ...]

    def locate(self, page: int) -> tuple[int, int]:
        """The (bank, offset in bytes from the buffer's base address) of a page.

        The rule is TT-metal's interleaved_addr_gen (dataflow_api_addrgen.h). Raises
        IndexError for a page out of range.
        """
        if not 0 <= page < self.num_pages:
            raise IndexError(f"found page {page}; expected 0 to {self.num_pages - 1}")
        return self.place_of(page)

    def place_of(self, page: Any) -> tuple[Any, Any]:
        """The same of a page that is there, or of many: an integer, or a numpy array of them."""
        return page % self.num_banks, page // self.num_banks * self.aligned_page_size


def pages_of_banks(num_pages: int, num_banks: int) -> list[int]:
    """How many pages of an interleaved tensor each bank has."""
    full, rest = divmod(num_pages, num_banks)
    return [full + (bank < rest) for bank in range(num_banks)]


#: What is known of who writes a page; docs/metadata.md says what each means.
WRITERS = ("none", "one block", "several blocks", "unknown")


@dataclass(frozen=True)
class BufferDescriptor:
    """Where the pages of one tensor live, and what blocks do to them.

    Shapes are in elements, tiles in 32 x 32 elements. ``access`` has the regions that blocks read
    and write, as docs/metadata.md has them; ``written_by`` is "none", "one block" (each page by one
    at most), "several blocks" or "unknown". Metadata of schema version 1 has neither: then they are
    empty and "unknown".
    ``carried_as`` is the dtype of the ttnn tensor that holds the elements' bits, of a dtype that
    ttnn has no tiled tensor of (float16 travels as uint16); None where it has one.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    role: str
    layout: str
    tile_shape: tuple[int, int]
    needs_padding: bool
    padded_shape: tuple[int, ...]
    num_tiles_height: int
    num_tiles_width: int
    data_format: str
    accessor: TensorAccessorConfig
    carried_as: str | None = None
    access: tuple[Mapping[str, Any], ...] = ()
    written_by: str = "unknown"

    def __repr__(self) -> str:
        shape = "x".join(map(str, self.shape)) or "scalar"
        carried = f" (carried as {self.carried_as})" if self.carried_as else ""
        return (
            f"<BufferDescriptor of {shown(self.name)}: {self.role}, {shape} {self.dtype}{carried}, "
            f"{self.accessor.num_pages} pages of {self.accessor.page_size} bytes in "
            f"{self.accessor.num_banks} {self.accessor.memory.upper()} banks>"
        )

    def _repr_html_(self) -> str:
        drawing: str = upward.drawings().buffer(self)
        return drawing


#: The deepest that lists and maps may be nested, as in src/tt/attr_json.h.
MAX_DEPTH = 640


def plain_value(value: Any, depth: int = 0) -> Any:
    """An attribute's value as plain, read-only Python: tuples, ReadOnlyDicts, numbers, strings."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return str(value)
    if _is_of_tvm(value, "Map", "Array"):
        from ._ffi_api import write_json

        return plain.parse(write_json(value))
    text = getattr(value, "json", None) if _is_of_tvm(value, "Object") else None
    if isinstance(text, str):  # a tile program
        return plain.parse(text)
    if depth == MAX_DEPTH:
        raise ValueError(f"found lists and maps nested more than {MAX_DEPTH} deep; expected less")
    if isinstance(value, Mapping):
        items = {_key(key): plain_value(item, depth + 1) for key, item in value.items()}
        return ReadOnlyDict(items)
    if isinstance(value, (list, tuple)):
        return tuple([plain_value(item, depth + 1) for item in value])
    number = getattr(value, "value", None)  # an IntImm or StringImm of an author's annotation
    if not isinstance(number, (bool, int, float, str)):
        raise ValueError(
            f"found an attribute of type {type(value).__name__}; "
            "expected numbers, strings, lists and maps"
        )
    typed = getattr(value, "ty", value)  # from TVM 0.26 on, an expression's type has the dtype
    return bool(number) if str(getattr(typed, "dtype", "")) == "bool" else plain_value(number)


def _is_of_tvm(value: Any, *kinds: str) -> bool:
    """Whether a value is an object of tvm-ffi. None is where nothing has imported that, which takes
    as long as importing torch."""
    ffi = sys.modules.get("tvm_ffi")
    return ffi is not None and isinstance(value, tuple(getattr(ffi, kind) for kind in kinds))


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise ValueError(f"found the key {shown(key)}; expected a string")
    return str(key)


def tt_attrs(func: Any) -> Mapping[str, Any]:
    """The ``tt_`` attributes of a PrimFunc, or of a dict of attributes, as plain values."""
    if hasattr(func, "functions"):
        named = ", ".join(f"mod['{var.name_hint}']" for var in func.functions)
        raise ValueError(f"found an IRModule; expected one function of it: {shortened(named)}")
    if isinstance(func, Mapping) or _is_of_tvm(func, "Map"):
        items = func.items()
        return ReadOnlyDict(
            {str(key): plain_value(item) for key, item in items if str(key).startswith("tt_")}
        )
    if _is_of_tvm(func, "Object") and hasattr(func, "attrs"):
        from ._ffi_api import function_attributes

        found: Mapping[str, Any] = plain.parse(function_attributes(func))
        return found
    raise ValueError(f"found a {type(func).__name__}; expected a PrimFunc or its attributes")


def _require(attrs: Mapping[str, Any], key: str, advice: str) -> Any:
    if key not in attrs:
        raise ValueError(f"found no {key}; {advice}")
    return attrs[key]


def buffer_attrs(func: Any, name: str) -> Mapping[str, Any]:
    """The descriptor of one buffer, by its contract names ("tt_layout", ...), read-only.

    Raises ValueError if the function has no descriptors, or none of that name.
    """
    buffers = _require(tt_attrs(func), "tt_buffers", "run infer_default_tt_shard first")
    if name not in buffers:
        raise ValueError(f"found no buffer {shown(name)}; expected one of {shown(sorted(buffers))}")
    descriptor: Mapping[str, Any] = buffers[name]
    return descriptor


def buffers_of(func: Any) -> Mapping[str, BufferDescriptor]:
    """The descriptors of all buffers, in the order of the parameters."""
    buffers = _require(tt_attrs(func), "tt_buffers", "run infer_default_tt_shard first")
    try:
        return ReadOnlyDict({name: _descriptor(name, entry) for name, entry in buffers.items()})
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"tt_buffers: found a malformed descriptor ({shown(error)})") from error


def _descriptor(name: str, entry: Mapping[str, Any]) -> BufferDescriptor:
    accessor = TensorAccessorConfig(**entry["tt_tensor_accessor_config"])
    fields = {
        key.removeprefix("tt_"): value
        for key, value in entry.items()
        if key != "tt_tensor_accessor_config"
    }
    return BufferDescriptor(name=name, accessor=accessor, **fields)


def schedule_of(func: Any) -> Schedule:
    """The schedule of a function that has one T.Kernel.

    Raises ValueError if it has no schedule, or several: :func:`schedules_of` gives those.
    """
    schedules = schedules_of(func)
    if len(schedules) != 1:
        raise ValueError(
            f"found {len(schedules)} launches; expected one: schedules_of has the schedule of each"
        )
    return schedules[0]


def schedules_of(func: Any) -> tuple[Schedule, ...]:
    """The schedule of each T.Kernel of a function, in order. Raises ValueError if it has none."""
    attrs = tt_attrs(func)

    def get(key: str) -> Any:
        return _require(attrs, key, "run infer_default_tt_schedule first")

    try:
        # Metadata of schema version 1, and a schedule by itself, is that of one launch.
        launches = attrs.get("tt_launches", (attrs,))
        reason = attrs.get("tt_schedule_reason", "")
        return tuple([replace(_schedule(get, launch), reason=reason) for launch in launches])
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"found a malformed schedule ({shown(error)})") from error


def _schedule(get: Callable[[str], Any], launch: Mapping[str, Any]) -> Schedule:
    def of_launch(key: str) -> Any:
        return _require(launch, key, "run infer_default_tt_schedule first")

    ranges = () if "tt_block_boxes" in launch else of_launch("tt_tiles_per_core")
    return Schedule(
        policy=get("tt_schedule_policy"),
        order=get("tt_schedule_order"),
        grid=(of_launch("tt_grid_x"), of_launch("tt_grid_y"), of_launch("tt_grid_z")),
        core_grid=(get("tt_device")["grid_x"], get("tt_device")["grid_y"]),
        num_tiles=of_launch("tt_num_tiles"),
        num_cores=get("tt_num_cores"),
        tiles_per_core=tuple(TileRange(*row) for row in ranges),
        core_ranges=tuple(CoreRange(*row) for row in of_launch("tt_core_ranges")),
        runtime_args=tuple(_runtime_arg(entry) for entry in of_launch("tt_runtime_args_schema")),
        stride=launch.get("tt_block_stride", 1),
        boxes=tuple(Box(*row) for row in launch.get("tt_block_boxes", ())),
        shared_reads=tuple(SharedRead(**each) for each in launch.get("tt_shared_reads", ())),
    )


def _runtime_arg(entry: Mapping[str, Any]) -> RuntimeArg:
    return RuntimeArg(
        name=entry["name"],
        dtype=entry["dtype"],
        kind=entry["kind"],
        meaning=entry.get("meaning", ""),
        value=entry.get("value"),
        source=entry.get("buffer", entry.get("parameter")),
    )
