"""How wide DST is for a kernel: what its products add up in, and how many tiles there is room for.

DST holds numbers of 32 bits or of 16 for a whole kernel. With 16, all that goes through it is
rounded to bfloat16, a sum after each instruction that adds to it. So it has 16 bits only where the
program asks for that: its products add up in bfloat16, and nothing else that goes through DST could
tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .names import Named
from .tiles import (
    ZEROS,
    Apply,
    Compute,
    Fold,
    Leaf,
    Mask,
    Multiply,
    Number,
    Operation,
    Read,
    Storage,
    Value,
    Write,
    defined,
    used,
    walk,
)
from .windows import FORMATS

#: Tiles in the half of DST that math fills while the packer takes from the other, by their format.
SLOTS = {"float32": 4, "bfloat16": 8}

#: Operations whose result is one of their operands, or differs by its sign: exact in any format.
_EXACT = frozenset({"max", "min", "abs", "negative"})


def dst_format(named: Named, body: tuple[Operation, ...], storages: Mapping[int, Storage]) -> str:
    """The format of DST for a launch's operations: "bfloat16" or "float32"."""
    operations = list(walk(body))
    products = any(isinstance(each, Multiply) for each in operations)
    narrow = all(format_ == "bfloat16" for format_ in _formats(named, operations, storages))
    exact = all(_is_exact(named, each) for each in operations)
    return "bfloat16" if products and narrow and exact else "float32"


def _formats(
    named: Named, operations: list[Operation], storages: Mapping[int, Storage]
) -> Iterator[str]:
    """Those of all that operations take and make."""
    for each in operations:
        for storage in {*used(each), defined(each)} - {None}:
            yield FORMATS[storages[storage].dtype]  # type: ignore[index]
        if isinstance(each, (Read, Write)):
            yield FORMATS[named.program.buffers[each.window.tensor].dtype]


def _is_exact(named: Named, operation: Operation) -> bool:
    """Whether an operation, but for a product, makes bfloat16 of bfloat16 without rounding."""
    if isinstance(operation, Compute):
        return _is_exact_value(named, operation.value)
    return not isinstance(operation, (Fold, Mask))


def _is_exact_value(named: Named, value: Value) -> bool:
    if isinstance(value, Leaf):
        return value.spread == "tile"  # rows that are spread are kept in float32
    if isinstance(value, Number):
        constant = named.constants.get(value.var)
        return value == ZEROS or (constant is not None and constant.dtype == "bfloat16")
    assert isinstance(value, Apply)
    return value.op in _EXACT and all(_is_exact_value(named, arg) for arg in value.args)
