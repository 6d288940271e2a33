"""What is malformed in a descriptor, by itself and for a device; see the package.

Only what can be said without a device's answer: whether a well-formed figure is the right one, as
a number of banks or an accessor's words, is for the levels to find out.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from ...device_spec import DeviceSpec
from ...metadata import WRITERS, BufferDescriptor, TensorAccessorConfig
from ..evidence import Difference
from ..tensors.formats import CARRIED_AS, at_least_2d, dtypes_of, tile_bytes
from .values import UINT32, Words, expect, fault_of, integer, integers, one_of, text

# numpy's own limit, whose arrays are what crosses to a device; ttnn has none.
_MOST_RANK = 32
# TT-metal's TensorAccessorArgs has 2 words for an interleaved tensor and a few a bank for others.
_MOST_WORDS = 1024
_TILE = (32, 32)


def tensor_fault(buffer: BufferDescriptor, spec: DeviceSpec) -> Difference | None:
    """The first thing that is malformed in a descriptor, or nothing."""
    return (
        fault_of(_check_types, buffer, spec)
        or fault_of(_check_agreement, buffer)
        or fault_of(_check_capacity, buffer, spec)
    )


def _check_types(buffer: BufferDescriptor, spec: DeviceSpec) -> None:
    expect(isinstance(buffer, BufferDescriptor), "the tensor", "a BufferDescriptor", buffer)
    text("name", buffer.name)
    integers("shape", buffer.shape, least=1)
    rank = len(buffer.shape)
    expect(rank <= _MOST_RANK, "shape", f"at most {_MOST_RANK} dimensions", buffer.shape)
    one_of("dtype", buffer.dtype, *dtypes_of(spec.arch))
    carrier = CARRIED_AS.get(buffer.dtype)
    carried = buffer.carried_as
    right = carried is None or isinstance(carried, str)
    expect(right and carried == carrier, "carried_as", f"{carrier}, of {buffer.dtype}", carried)
    one_of("role", buffer.role, "in", "out", "inout", "workspace")
    one_of("written_by", buffer.written_by, *WRITERS)
    regions = buffer.access
    right = type(regions) is tuple and all(isinstance(region, Mapping) for region in regions)
    expect(right, "access", "a tuple of regions", regions)
    text("layout", buffer.layout)
    expect(
        type(buffer.tile_shape) is tuple and buffer.tile_shape == _TILE,
        *("tile_shape", f"{_TILE}, the one there is a rule for", buffer.tile_shape),
    )
    integers("tile_shape", buffer.tile_shape)
    expect(type(buffer.needs_padding) is bool, "needs_padding", "a bool", buffer.needs_padding)
    integers("padded_shape", buffer.padded_shape, least=1, length=max(rank, 2))
    integer("num_tiles_height", buffer.num_tiles_height, least=1)
    integer("num_tiles_width", buffer.num_tiles_width, least=1)
    text("data_format", buffer.data_format)
    accessor = buffer.accessor
    right = isinstance(accessor, TensorAccessorConfig)
    expect(right, "accessor", "a TensorAccessorConfig", accessor)
    one_of("memory", accessor.memory, "dram", "l1")
    for figure in ("page_size", "aligned_page_size", "num_pages", "num_banks"):
        integer(figure, getattr(accessor, figure), least=1)
    words = accessor.compile_time_args
    integers("compile_time_args", words)
    expect(len(words) <= _MOST_WORDS, "compile_time_args", f"at most {_MOST_WORDS} words", words)


def _check_agreement(buffer: BufferDescriptor) -> None:
    """Whether shapes, tiles and pages could be those of one tensor."""
    accessor = buffer.accessor
    shape, padded = at_least_2d(buffer.shape), buffer.padded_shape
    batch = shape[:-2]
    expect(padded[:-2] == batch, "padded_shape", f"one that begins with the batch {batch}", padded)
    for axis, tiles in ((-2, buffer.num_tiles_height), (-1, buffer.num_tiles_width)):
        extent, tile = shape[axis], buffer.tile_shape[axis]
        expect(
            padded[axis] >= extent and padded[axis] % tile == 0,
            *("padded_shape", f"multiples of {tile} that hold {shape}", padded),
        )
        name = "num_tiles_height" if axis == -2 else "num_tiles_width"
        expect(
            tiles == padded[axis] // tile,
            *(name, f"{padded[axis] // tile}, by the padded shape {padded}", tiles),
        )
    tile = tile_bytes(buffer)
    expect(accessor.page_size == tile, "page_size", f"{tile}, a tile's bytes", accessor.page_size)
    expect(
        accessor.aligned_page_size >= accessor.page_size,
        *("aligned_page_size", f"at least the page's {accessor.page_size} bytes"),
        accessor.aligned_page_size,
    )
    tiles = prod(batch) * buffer.num_tiles_height * buffer.num_tiles_width
    expect(tiles <= UINT32, "shape", f"at most {UINT32} tiles", buffer.shape)
    expect(accessor.num_pages == tiles, "num_pages", f"{tiles}, one a tile", accessor.num_pages)


def _check_capacity(buffer: BufferDescriptor, spec: DeviceSpec) -> None:
    """Whether a bank of the device can hold its pages, which go round all banks."""
    if spec.dram_bank_size is None:
        return
    size = -(-buffer.accessor.num_pages // spec.dram_banks) * buffer.accessor.aligned_page_size
    found = Words(f"{size} bytes, of {buffer.accessor.num_pages} pages")
    expected = f"at most {spec.dram_bank_size} bytes a bank, as the device has"
    expect(size <= spec.dram_bank_size, "size", expected, found)
