"""Typed, read-only views of a function's metadata.

They read attributes of the metadata contract (docs/metadata.md) off a PrimFunc, or off
the same attributes as a plain dict, which is how a plan holds them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import tvm_ffi


@dataclass(frozen=True)
class TileRange:
    """The tiles of one core: ids ``start_id`` to ``start_id + count - 1``; idle if count is 0."""

    start_id: int
    count: int


@dataclass(frozen=True)
class CoreRange:
    """The cores (x0, y0) to (x1, y1), both inclusive, which run ``count`` tiles each."""

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


@dataclass(frozen=True)
class Schedule:
    """Which core runs which tiles.

    ``grid`` is T.Kernel's (x, y, z) in blocks, ``core_grid`` the device's (x, y) in cores.
    ``tiles_per_core`` has one entry a core; the core at (x, y) is entry y * core_grid[0] + x.
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

    @property
    def num_active_cores(self) -> int:
        return sum(tiles.count > 0 for tiles in self.tiles_per_core)

    def core_of_tile(self, tile: int) -> tuple[int, int]:
        """The (x, y) of the core that runs a tile. Raises IndexError for an id out of range."""
        for core, tiles in enumerate(self.tiles_per_core):
            if tiles.start_id <= tile < tiles.start_id + tiles.count:
                return core % self.core_grid[0], core // self.core_grid[0]
        raise IndexError(f"found tile {tile}; expected 0 to {self.num_tiles - 1}")


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


@dataclass(frozen=True)
class BufferDescriptor:
    """Where the pages of one tensor live. Shapes are in elements, tiles in 32 x 32 elements."""

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


def _plain(value: Any) -> Any:
    """An attribute's value as plain, immutable Python: tuples, read-only mappings, ints, strs."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (Mapping, tvm_ffi.Map)):
        return MappingProxyType({str(key): _plain(item) for key, item in value.items()})
    if isinstance(value, (list, tuple, tvm_ffi.Array)):
        return tuple(_plain(item) for item in value)
    number = getattr(value, "value", None)  # an IntImm or StringImm of an author's annotation
    if not isinstance(number, (bool, int, float, str)):
        raise ValueError(
            f"found an attribute of type {type(value).__name__}; "
            "expected numbers, strings, lists and maps"
        )
    typed = getattr(value, "ty", value)  # from TVM 0.26 on, an expression's type has the dtype
    return bool(number) if str(getattr(typed, "dtype", "")) == "bool" else _plain(number)


def _attrs(func: Any) -> Mapping[str, Any]:
    """The attributes of a PrimFunc, or a mapping of attributes itself."""
    if isinstance(func, (Mapping, tvm_ffi.Map)):
        return func
    if hasattr(func, "functions"):
        named = ", ".join(f"mod['{var.name_hint}']" for var in func.functions)
        raise ValueError(f"found an IRModule; expected one function of it: {named}")
    if hasattr(func, "attrs"):
        return func.attrs or {}
    raise ValueError(f"found a {type(func).__name__}; expected a PrimFunc or its attributes")


def tt_attrs(func: Any) -> Mapping[str, Any]:
    """The ``tt_`` attributes of a PrimFunc, or of a dict of attributes, as plain values."""
    items = _attrs(func).items()
    return {str(key): _plain(value) for key, value in items if str(key).startswith("tt_")}


def _require(attrs: Mapping[str, Any], key: str, advice: str) -> Any:
    if key not in attrs:
        raise ValueError(f"found no {key}; {advice}")
    return attrs[key]


def buffer_attrs(func: Any, name: str) -> Mapping[str, Any]:
    """The descriptor of one buffer, by its contract names ("tt_layout", ...), read-only.

    Raises ValueError if the function has no descriptors, or none of that name.
    """
    buffers = _require(_attrs(func), "tt_buffers", "run infer_default_tt_shard first")
    if name not in buffers:
        raise ValueError(f"found no buffer {name!r}; expected one of {sorted(map(str, buffers))}")
    descriptor: Mapping[str, Any] = _plain(buffers[name])
    return descriptor


def buffers_of(func: Any) -> Mapping[str, BufferDescriptor]:
    """The descriptors of all buffers, in the order of the parameters."""
    buffers = _require(tt_attrs(func), "tt_buffers", "run infer_default_tt_shard first")
    try:
        return MappingProxyType({name: _descriptor(name, entry) for name, entry in buffers.items()})
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"tt_buffers: found a malformed descriptor ({error!r})") from error


def _descriptor(name: str, entry: Mapping[str, Any]) -> BufferDescriptor:
    accessor = TensorAccessorConfig(**entry["tt_tensor_accessor_config"])
    fields = {
        key.removeprefix("tt_"): value
        for key, value in entry.items()
        if key != "tt_tensor_accessor_config"
    }
    return BufferDescriptor(name=name, accessor=accessor, **fields)


def schedule_of(func: Any) -> Schedule:
    """The schedule of a function. Raises ValueError if it has none."""
    attrs = tt_attrs(func)

    def get(key: str) -> Any:
        return _require(attrs, key, "run infer_default_tt_schedule first")

    return Schedule(
        policy=get("tt_schedule_policy"),
        order=get("tt_schedule_order"),
        grid=(get("tt_grid_x"), get("tt_grid_y"), get("tt_grid_z")),
        core_grid=(get("tt_device")["grid_x"], get("tt_device")["grid_y"]),
        num_tiles=get("tt_num_tiles"),
        num_cores=get("tt_num_cores"),
        tiles_per_core=tuple(TileRange(*row) for row in get("tt_tiles_per_core")),
        core_ranges=tuple(CoreRange(*row) for row in get("tt_core_ranges")),
        runtime_args=tuple(_runtime_arg(entry) for entry in get("tt_runtime_args_schema")),
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
