"""Dtypes as TT-metal knows them, and shapes as it tiles them. Plain numbers, without numpy.

The names are those of enum class DataFormat (tt_metal/hw/inc/.../tensix_types.h).
"""

from __future__ import annotations

from ...metadata import BufferDescriptor

#: TT-metal's name and the bytes of an element of every dtype that the passes have a format for,
#: whatever the architecture.
FORMATS = {
    "float32": ("Float32", 4),
    "bfloat16": ("Float16_b", 2),
    "float16": ("Float16", 2),
    "int32": ("Int32", 4),
    "uint32": ("UInt32", 4),
    "uint16": ("UInt16", 2),
    "int8": ("Int8", 1),
    "uint8": ("UInt8", 1),
    "bool": ("UInt8", 1),
    "float8_e4m3fn": ("Fp8_e4m3", 1),
}
DTYPES = tuple(FORMATS)

#: What ttnn holds of the dtypes that it has no tiled tensor of: their bits, as elements of another.
CARRIED_AS = {"float16": "uint16", "bool": "uint8", "float8_e4m3fn": "uint8"}


def dtypes_of(arch: str) -> tuple[str, ...]:
    """The dtypes that an architecture has a format for: float8 is Blackhole's alone."""
    return tuple(dtype for dtype in DTYPES if dtype != "float8_e4m3fn" or arch == "blackhole")


def item_bytes(dtype: str) -> int:
    return FORMATS[dtype][1]


def tile_bytes(buffer: BufferDescriptor) -> int:
    """Bytes of a tile of a buffer."""
    rows, columns = buffer.tile_shape
    return rows * columns * item_bytes(buffer.dtype)


def at_least_2d(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape as TT-metal tiles it: a scalar or a vector is one row."""
    return (1,) * (2 - len(shape)) + shape
