"""The calls of TT-metal's compute API, by operation: one table.

Each entry is a header of api/compute and lines, in which {0} is the first slot, {out} where the
result goes, and {n} a number's bits. An operation's init comes before its call, each time: another
operation may have come between.
"""

from __future__ import annotations

_API = "compute_kernel_api.h"
_SCALAR = "eltwise_unary/binop_with_scalar.h"
_BINARY = "eltwise_binary_sfpu.h"
_EXTREMES = "binary_max_min.h"
_COMPARE = "eltwise_unary/comp.h"


def _unary(name: str, header: str = _API) -> tuple[str, list[str]]:
    return header, [f"{name}_tile_init();", f"{name}_tile({{0}});"]


def _binary(name: str, header: str = _BINARY) -> tuple[str, list[str]]:
    return header, [f"{name}_tile_init();", f"{name}_tile({{0}}, {{1}}, {{out}});"]


def _number(name: str) -> tuple[str, list[str]]:
    return _SCALAR, ["binop_with_scalar_tile_init();", f"{name}_unary_tile({{0}}, {{n}});"]


def _against(name: str) -> tuple[str, list[str]]:
    return _COMPARE, [f"unary_{name}_tile_init();", f"unary_{name}_tile({{0}}, {{n}});"]


def _extreme(name: str) -> tuple[str, list[str]]:
    return _API, [f"unary_{name}_tile_init();", f"unary_{name}_tile({{0}}, {{n}});"]


CALLS: dict[str, tuple[str, list[str]]] = {
    "exp": _unary("exp", "eltwise_unary/exp.h"),
    "exp2": _unary("exp2"),
    "log": _unary("log"),
    # log2(x) = log(x) / log(2)
    "log2": (_API, ["log_tile_init();", "log_tile({0});", "binop_with_scalar_tile_init();",
                    "mul_unary_tile({0}, 0x3fb8aa3b);"]),
    "sqrt": _unary("sqrt", "eltwise_unary/sqrt.h"),
    "rsqrt": _unary("rsqrt", "eltwise_unary/rsqrt.h"),
    "sigmoid": _unary("sigmoid"),
    "tanh": _unary("tanh"),
    # By default its division is approximated, to 7 bits on Blackhole.
    "erf": ("eltwise_unary/erf_erfc.h", ["erf_tile_init<false>();", "erf_tile<false>({0});"]),
    "gelu": ("eltwise_unary/gelu.h", ["gelu_tile_init<false>();", "gelu_tile<false>({0});"]),
    # As for a DST of 16 bits, whichever it has.
    "gelu_bfloat16": ("eltwise_unary/gelu.h", [
        "gelu_tile_init<false, false>();", "gelu_tile<false, false>({0});"]),
    "abs": _unary("abs"),
    "negative": _unary("negative", "eltwise_unary/negative.h"),
    "not": _unary("eqz", _COMPARE),
    "add": _binary("add_binary"), "sub": _binary("sub_binary"),
    "mul": _binary("mul_binary"), "div": _binary("div_binary"),
    "max": _binary("binary_max", _EXTREMES), "min": _binary("binary_min", _EXTREMES),
    **{name: _binary(f"{name}_binary") for name in ("eq", "ne", "lt", "le", "gt", "ge")},
    "add_number": _number("add"), "sub_number": _number("sub"),
    "mul_number": _number("mul"), "rsub_number": _number("rsub"),
    "max_number": _extreme("max"), "min_number": _extreme("min"),
    **{f"{name}_number": _against(name) for name in ("eq", "ne", "lt", "le", "gt", "ge")},
    "select": ("eltwise_unary/where.h", [
        "where_tile_init();", "where_tile<DataFormat::Float32>({0}, {1}, {2}, {out});"]),
    "put": ("eltwise_unary/fill.h", ["fill_tile_init();", "fill_tile_bitcast({0}, {n});"]),
}  # fmt: skip
"""Functions of the vector unit, by the name that slots.Call has."""

EXTRA_HEADERS = {"log2": (_SCALAR,)}

DEFINES = {"erf": "INP_FLOAT32"}
"""What a function's header goes by, of what kind of numbers it is compiled for."""

LOADS = {
    "tile": ("load_tile", ("tile_move_copy.h",), """// A tile to a slot of DST.
ALWI void load_tile(uint32_t buffer, uint32_t tile, uint32_t slot) {
    reconfig_data_format_srca(buffer);
    copy_init(buffer);
    copy_tile(buffer, tile, slot);
}"""),
    **{
        spread: (f"load_{spread}", ("bcast.h",), f"""// {words} of a tile, spread, to a slot of DST.
ALWI void load_{spread}(uint32_t buffer, uint32_t tile, uint32_t slot) {{
    reconfig_data_format(buffer, buffer);
    unary_bcast_init<BroadcastType::{kind}>(buffer);
    unary_bcast<BroadcastType::{kind}>(buffer, tile, slot);
    unary_bcast_uninit<BroadcastType::{kind}>(buffer);
}}""")
        for spread, kind, words in (
            ("column", "COL", "The first column"),
            ("row", "ROW", "The first row"),
            ("scalar", "SCALAR", "The first element"),
        )
    },
}  # fmt: skip
"""How an operand comes to DST, by its spread: function, headers, definition."""
