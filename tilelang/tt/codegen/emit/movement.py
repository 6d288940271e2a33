"""What reader and writer have in common: windows of tensors, and tiles beyond a tensor's edge."""

from __future__ import annotations

from ...program import ZERO, Tensor, Workspace
from ..plan import ReadTiles, WriteTiles
from ..tiles import Window
from .text import KernelText

WINDOW = """\
// Where a block begins in a matrix of a tensor, and the matrix' extents, in elements. The
// number of the matrix is below 0 where the block is in none.
struct Window {
    int32_t matrix;
    int32_t rows;
    int32_t columns;
    int32_t row;
    int32_t column;

    // Tiles that there are: none outside of all matrices.
    int32_t down() const { return matrix < 0 ? 0 : (rows + 31) >> 5; }
    int32_t across() const { return (columns + 31) >> 5; }
    bool has(int32_t tile_row, int32_t tile_column) const {
        const bool in_rows = tile_row >= 0 && tile_row < down();
        return in_rows && tile_column >= 0 && tile_column < across();
    }
    uint32_t first_page() const { return matrix * down() * across(); }
};"""


def _walk(name: str, what: str, pointer: str, call: str, wait: str = "") -> str:
    """A function that begins to move the tiles of a block, one after the other as L1 has them:
    from the pointer of that name on, or from an address that it is given.

    What it takes from the window is taken before the loops, which write to volatile registers and
    so would take it anew for each tile; and before it waits for tiles, where it does.
    """
    begin = f"    uint32_t address = {pointer}(buffer);\n" if pointer else ""
    said = "// Waits for them, once all is known of where they go.\n" if wait else ""
    parameters = (
        "int32_t down, int32_t across,\n    bool by_columns"
        if pointer
        else "uint32_t address, int32_t down,\n    int32_t across, bool by_columns"
    )
    return f"""\
// Begins to {what} the tiles of a block that the tensor has; `by_columns`: column after column.
{said}template <typename Tensor>
inline void {name}(
    const Tensor& tensor, const Window& window, uint32_t buffer, {parameters}) {{
{begin}    const uint32_t tile_bytes = get_tile_size(buffer);
    const int32_t rows = window.down(), columns = window.across();
    const int32_t row = window.row >> 5, column = window.column >> 5;
    const int32_t first_page = window.first_page();
    // One loop goes along the tensor's rows of tiles, and the other along its columns.
    const int32_t outer = by_columns ? across : down, inner = by_columns ? down : across;
    const int32_t outer_first = by_columns ? column : row, inner_first = by_columns ? row : column;
    const int32_t outer_end = by_columns ? columns : rows, inner_end = by_columns ? rows : columns;
    const int32_t outer_step = by_columns ? 1 : columns, inner_step = by_columns ? columns : 1;
{wait}    for (int32_t i = 0; i < outer; ++i) {{
        const int32_t at = outer_first + i;
        int32_t page = first_page + at * outer_step + inner_first * inner_step;
        for (int32_t j = 0; j < inner; ++j) {{
            const int32_t beside = inner_first + j;
            if (at >= 0 && at < outer_end && beside >= 0 && beside < inner_end) {{
                {call}(page, tensor, address);
            }}
            page += inner_step;
            address += tile_bytes;
        }}
    }}
}}"""


READ = _walk("read_tiles", "read", "get_write_ptr", "noc_async_read_page")
READ_TO = _walk("read_tiles_to", "read", "", "noc_async_read_page")
WRITE = _walk("write_tiles", "write", "get_read_ptr", "noc_async_write_page")
WRITE_MADE = _walk(
    "write_made_tiles", "write", "get_read_ptr", "noc_async_write_page",
    "    cb_wait_front(buffer, down * across);\n",
)  # fmt: skip

PAD = """\
// Puts `pad` where a tile has more than `rows` rows and `columns` columns. A tile is four faces
// of 16 x 16 elements.
template <typename Element>
inline void pad_tile(uint32_t address, int32_t rows, int32_t columns, Element pad) {
    volatile tt_l1_ptr Element* elements = reinterpret_cast<volatile tt_l1_ptr Element*>(address);
    for (int32_t face = 0; face < 4; ++face) {
        const int32_t down = rows - face / 2 * 16, across = columns - face % 2 * 16;
        for (int32_t row = 0; row < 16; ++row) {
            for (int32_t column = row < down && across > 0 ? across : 0; column < 16; ++column) {
                elements[face * 256 + row * 16 + column] = pad;
            }
        }
    }
}

// What of a block lies beyond the tensor becomes `pad`, as T.copy has it.
template <typename Element>
inline void pad_tiles(
    const Window& window, uint32_t buffer, int32_t down, int32_t across, bool by_columns,
    Element pad) {
    const bool in_rows = window.row >= 0 && window.row + down * 32 <= window.rows;
    const bool in_columns = window.column >= 0 && window.column + across * 32 <= window.columns;
    if (window.matrix < 0 || !in_rows || !in_columns) {
        uint32_t address = get_write_ptr(buffer);
        const int32_t outer = by_columns ? across : down, inner = by_columns ? down : across;
        for (int32_t i = 0; i < outer; ++i) {
            for (int32_t j = 0; j < inner; ++j) {
                const int32_t row = window.row + (by_columns ? j : i) * 32;
                const int32_t column = window.column + (by_columns ? i : j) * 32;
                if (!window.has(row / 32, column / 32) || row < 0 || column < 0) {
                    pad_tile<Element>(address, 0, 0, pad);
                } else if (window.rows - row < 32 || window.columns - column < 32) {
                    pad_tile<Element>(address, window.rows - row, window.columns - column, pad);
                }
                address += get_tile_size(buffer);
            }
        }
    }
}"""

# A tile of float32 or bfloat16 is four faces of 16 x 16 elements, one after the other.
_ROW, _COLUMN = "at / 16 * 256 + at % 16", "at / 16 * 512 + at % 16 * 16"


def _turn(name: str, what: str, pointer: str, loop: str, to: str, source: str) -> str:
    """A function that moves 32 elements of each tile from a place to another."""
    return f"""\
// {what}
template <typename Element>
inline void {name}(uint32_t buffer, int32_t tiles) {{
    volatile tt_l1_ptr Element* elements =
        reinterpret_cast<volatile tt_l1_ptr Element*>({pointer}(buffer));
    for (int32_t tile = 0; tile < tiles; ++tile) {{
        {loop}
            elements[tile * 1024 + {to}] =
                elements[tile * 1024 + {source}];
        }}
    }}
}}"""


STAND_UP = _turn(
    "stand_up", "The first row of each tile becomes its first column.", "get_write_ptr",
    """for (int32_t place = 0; place < 32; ++place) {
            const int32_t at = 31 - place;  // from the last: the first ones are overwritten""",
    _COLUMN, _ROW,
)  # fmt: skip
LAY_DOWN = _turn(
    "lay_down", "The first column of each tile becomes its first row.", "get_read_ptr",
    "for (int32_t at = 0; at < 32; ++at) {", _ROW, _COLUMN,
)  # fmt: skip

ELEMENTS = {"bfloat16": "uint16_t", "float32": "uint32_t"}


class MovementText(KernelText):
    """A data movement kernel: it has accessors of its tensors."""

    def begin(self) -> None:
        self.includes["api/dataflow/dataflow_api.h"] = None
        before = ""
        for tensor in self.plan.accessors[self.role]:
            name = self.plan.program.buffers[tensor].name
            args, address = self.word(name, "args"), self.word(name, "address")
            offset = f"{before}.next_compile_time_args_offset()" if before else "0"
            self.declare(args, f"constexpr auto {args} = TensorAccessorArgs<{offset}>();")
            self.declare(name, f"const auto {name} = TensorAccessor({args}, {address});")
            before = args

    def sides(self, work: ReadTiles | WriteTiles) -> tuple[str, str]:
        """The tiles down and across a window that are moved at once."""
        buffer = self.buffers[work.buffer]
        if work.down == buffer.down:
            down = self.down(work.buffer)
        else:
            down = self.constant(f"{buffer.name}_part_down", work.down)
        if work.across == buffer.across:
            across = self.across(work.buffer)
        else:
            across = self.constant(f"{buffer.name}_part_across", work.across)
        return (across, down) if work.window.turned else (down, across)

    def word(self, tensor: str, what: str) -> str:
        return self.plan.names[f"{tensor}_{what}"]

    def window(
        self,
        window: Window,
        row: str = "",
        column: str = "",
        matrix: str = "",
        own: bool = False,
        first_rows: bool = False,
    ) -> str:
        """A Window. ``row`` and ``column``: the part of the block, in tiles, from its first;
        ``matrix``: the matrix of the block; ``own``: in none, where the core repeats a block;
        ``first_rows``: whole tiles count as the tensor's, since their first row alone is taken."""
        self.helper("Window", WINDOW)
        tensor = self.plan.program.buffers[window.tensor]
        assert isinstance(tensor, (Tensor, Workspace))
        rows, columns = self.word(tensor.name, "rows"), self.word(tensor.name, "columns")
        if first_rows:
            rows = f"({rows} + 31) / 32 * 32"
        ats = []
        for at, part in ((window.row, row), (window.column, column)):
            text = self.expr(at, 6 if part else 0)
            ats.append(f"{text} + {part} * 32" if part else text)
        number = self.matrix(window, tensor, matrix, own and self.plan.walk.box)
        return f"Window{{{number}, {rows}, {columns}, {', '.join(ats)}}}"

    def matrix(self, window: Window, tensor: Tensor | Workspace, part: str, own: bool) -> str:
        """The number of the matrix, or -1 outside of the tensor."""
        inside = ["own_block"] if own else []
        if all(e == ZERO for e in window.lead) and not part:
            return "own_block ? 0 : -1" if own else "0"
        number = ""
        for dimension, e in enumerate(window.lead):
            extent = self.word(tensor.name, f"extent_{dimension}")
            text, at = self.expr(e), self.expr(e, 6)
            if part and dimension == len(window.lead) - 1:
                text = part if e == ZERO else f"{at} + {part}"
                at = text
            number = f"({number}) * {extent} + {at}" if number else text
            inside += [f"{at} >= 0", f"{at} < {extent}"]
        return f"{' && '.join(inside)} ? {number} : -1"
