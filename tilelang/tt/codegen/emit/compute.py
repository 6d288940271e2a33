"""The compute kernel: all that a block computes, on the three TRISCs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..arguments import number_name, steps_alone
from ..plan import (
    COMPUTE,
    FillOnes,
    FoldTiles,
    MultiplyTiles,
    Step,
    TileMap,
    TurnTiles,
)
from ..slots import Instruction, Load, Put
from .table import CALLS, DEFINES, EXTRA_HEADERS, LOADS
from .text import KernelText

#: Buffers and how many tiles of each, as a kernel has them.
Parts = tuple[tuple[str, str], ...]

_ALWAYS = ("common.h", "compute_kernel_hw_startup.h", "reconfig_data_format.h", "pack.h")


class ComputeText(KernelText):
    role = COMPUTE
    processors = (("UNPACK", 1), ("MATH", 2), ("PACK", 3))
    purpose = "computes what the blocks of this core make."

    def begin(self) -> None:
        self.include(*_ALWAYS)
        if self.plan.dst != "float32":
            self.comment(f"DST has {self.plan.slots} tiles of {self.plan.dst}, to which each sum")
            self.comment("is rounded as it grows, as the accumulators' dtype has it.")
        first = next(step for step in steps_alone(self.plan.kernels[self.role]) if step.makes)
        out = first.makes[0].buffer
        work = first.work
        if isinstance(work, MultiplyTiles):
            a, b = self.buffer(work.a), self.buffer(work.b)
            self.line(
                f"compute_kernel_hw_startup<SrcOrder::Reverse>({a}, {b}, {self.buffer(out)});"
            )
        else:
            source = first.takes[0].buffer if first.takes else out
            name = self.buffer(source)
            self.line(f"compute_kernel_hw_startup({name}, {name}, {self.buffer(out)});")

    def include(self, *headers: str) -> None:
        for header in headers:
            self.includes[f"api/compute/{header}"] = None

    def step(self, step: Step) -> None:
        for count in step.takes:
            self.line(f"cb_wait_front({self.buffer(count.buffer)}, {self.count(count)});")
        whole = [count for count in step.makes if count.tiles is None]
        parts = tuple(
            (self.buffer(count.buffer), self.count(count))
            for count in step.makes
            if count.tiles is not None
        )
        for count in whole:
            self.line(f"cb_reserve_back({self.buffer(count.buffer)}, {self.count(count)});")
        for count in step.makes:
            self.line(f"pack_reconfig_data_format({self.buffer(count.buffer)});")
        if isinstance(step.work, TileMap):
            self.map(step.work, parts)
        elif isinstance(step.work, TurnTiles):
            self.turn(step.work)
        elif isinstance(step.work, FillOnes):
            self.ones(step.work)
        elif isinstance(step.work, MultiplyTiles):
            self.multiply(step.work, parts)
        elif isinstance(step.work, FoldTiles):
            self.fold(step.work)
        for count in step.drops:
            self.line(f"cb_pop_front({self.buffer(count.buffer)}, {self.count(count)});")
        for count in whole:
            self.line(f"cb_push_back({self.buffer(count.buffer)}, {self.count(count)});")

    # A section of DST: what math makes, the packer takes.

    def pack(self, target: int, tile: str, slot: str = "0") -> None:
        self.line(f"pack_tile<true>({slot}, {self.buffer(target)}, {tile});")

    def pack_beside(self, target: int, row: str, column: str, slot: str = "0") -> None:
        """Packs a tile of a block that is in two buffers, of which ``row`` has a product's sign."""
        other = self.buffers[target].beside
        assert other is not None
        first = self.across(target)
        self.open(f"if ({column} < {first})")
        self.pack(target, self.in_row(row, target, column), slot)
        self.otherwise()
        self.pack(other, self.in_row(row, other, f"{column} - {first}"), slot)
        self.close()

    def in_row(self, row: str, buffer: int, column: str) -> str:
        return column if row == "0" else f"{row} * {self.across(buffer)} + {column}"

    def columns(self, target: int) -> int:
        """The columns of tiles of a block, which may be in two buffers."""
        buffer = self.buffers[target]
        other = 0 if buffer.beside is None else self.buffers[buffer.beside].across
        return buffer.across + other

    def all_across(self, target: int) -> str:
        """The same as a kernel has it."""
        buffer = self.buffers[target]
        if buffer.beside is None:
            return self.across(target)
        return self.constant(f"{buffer.name}_all_across", self.columns(target))

    @contextmanager
    def over_tiles(self, target: int, parts: Parts = ()) -> Iterator[None]:
        """Loops over a buffer's tiles; ``parts``: what a row of them is, where it is handed on by
        rows."""
        down, across = self.buffers[target].down, self.columns(target)
        if down > 1:
            self.open(f"for (uint32_t row = 0; row < {self.down(target)}; ++row)")
        with self.in_parts(parts):
            if across > 1:
                columns = self.all_across(target)
                self.open(f"for (uint32_t column = 0; column < {columns}; ++column)")
            yield
            if across > 1:
                self.close()
        if down > 1:
            self.close()

    @contextmanager
    def in_parts(self, parts: Parts) -> Iterator[None]:
        """What makes so many tiles of each buffer, and hands them on."""
        for buffer, tiles in parts:
            self.line(f"cb_reserve_back({buffer}, {tiles});")
        yield
        for buffer, tiles in parts:
            self.line(f"cb_push_back({buffer}, {tiles});")

    def place(self, number: int, loops: int, row: str = "row", column: str = "column") -> str:
        """A tile's place in a buffer, within loops over the tiles of ``loops``."""
        over = self.buffers[loops]
        row = row if over.down > 1 else "0"
        column = column if self.columns(loops) > 1 else "0"
        return self.tile_index(number, row, column)

    def map(self, work: TileMap, parts: Parts) -> None:
        loads = [each for each in work.code if isinstance(each, Load)]
        # What is loaded in one way is set up once.
        alike = {(each.spread, self.buffers[each.storage].format) for each in loads}
        once = len(alike) == 1 and loads[0].spread == "tile"
        if once:
            self.begin_loads(loads[0].storage)
        with self.over_tiles(work.target, parts):
            self.line("tile_regs_acquire();")
            for each in work.code:
                if once and isinstance(each, Load):
                    self.load_next(each.storage, self.spread_place(each, work.target), each.slot)
                else:
                    self.instruction(each, work.target)
            self.line("tile_regs_commit();")
            self.line("tile_regs_wait();")
            row = "0" if parts or self.buffers[work.target].down == 1 else "row"
            if self.buffers[work.target].beside is not None:
                self.pack_beside(work.target, row, "column")
            else:
                self.pack(work.target, self.place(work.target, work.target, row))
            self.line("tile_regs_release();")

    def instruction(self, each: Instruction, target: int) -> None:
        if isinstance(each, Load):
            self.load(each.spread, each.storage, self.spread_place(each, target), str(each.slot))
        elif isinstance(each, Put):
            bits = "0" if each.number < 0 else self.names[each.number]
            self.call("put", (each.slot,), bits)
        else:
            number = None
            if each.number is not None:
                number = number_name(self.names[each.number], each.inverse)
            self.call(each.function, each.slots, number)

    def spread_place(self, load: Load, target: int) -> str:
        row = "row" if load.spread in ("tile", "column") else "0"
        column = "column" if load.spread in ("tile", "row") else "0"
        return self.place(load.storage, target, row, column)

    def begin_loads(self, buffer: int) -> None:
        """Sets up what :meth:`load_next` does, which nothing else of a map changes."""
        self.include("tile_move_copy.h")
        self.line(f"reconfig_data_format_srca({self.buffer(buffer)});")
        self.line(f"copy_init({self.buffer(buffer)});")

    def load_next(self, buffer: int, tile: str, slot: int | str) -> None:
        self.line(f"copy_tile({self.buffer(buffer)}, {tile}, {slot});")

    def load(self, spread: str, buffer: int, tile: str, slot: str) -> None:
        name, headers, text = LOADS[spread]
        self.include(*headers)
        self.helper(name, text)
        self.line(f"{name}({self.buffer(buffer)}, {tile}, {slot});")

    def call(self, function: str, slots: tuple[int, ...], number: str | None = None) -> None:
        header, lines = CALLS[function]
        self.include(header, *EXTRA_HEADERS.get(function, ()))
        if function in DEFINES:
            self.defines[DEFINES[function]] = None
        for line in lines:
            self.line(line.format(*slots, out=slots[-1], n=number))

    def turn(self, work: TurnTiles) -> None:
        self.include("transpose.h")
        source = self.buffer(work.source)
        self.line(f"reconfig_data_format_srca({source});")
        self.line(f"transpose_init({source});")
        with self.over_tiles(work.target):
            self.line("tile_regs_acquire();")
            tile = self.place_turned(work)
            self.line(f"transpose_tile({source}, {tile}, 0);")
            self.line("tile_regs_commit();")
            self.line("tile_regs_wait();")
            self.pack(work.target, self.place(work.target, work.target))
            self.line("tile_regs_release();")

    def place_turned(self, work: TurnTiles) -> str:
        over = self.buffers[work.target]
        row = "column" if over.across > 1 else "0"
        column = "row" if over.down > 1 else "0"
        return self.tile_index(work.source, row, column)

    # Reductions.

    def ones(self, work: FillOnes) -> None:
        """A tile of ones, by the vector unit: to store as many words takes a reader far longer."""
        self.line("tile_regs_acquire();")
        self.call("put", (0,), "0x3f800000")
        self.line("tile_regs_commit();")
        self.line("tile_regs_wait();")
        self.pack(work.buffer, "0")
        self.line("tile_regs_release();")

    def fold(self, work: FoldTiles) -> None:
        self.include("reduce.h")
        source, ones, target = map(self.buffer, (work.source, work.ones, work.target))
        kind = "SUM" if work.kind == "sum" else "MAX"
        dim = "REDUCE_ROW" if work.axis == 1 else "REDUCE_COL"
        template = f"<PoolType::{kind}, ReduceDim::{dim}>"
        along, across = ("column", "row") if work.axis == 1 else ("row", "column")
        sides = {"row": self.down, "column": self.across}
        self.open(
            f"for (uint32_t {across} = 0; {across} < {sides[across](work.source)}; ++{across})"
        )
        # The sum along rows is a product, in which the ones are the first operand.
        swapped = kind == "SUM" and work.axis == 1
        operands = f"{ones}, {source}" if swapped else f"{source}, {ones}"
        self.line(f"reconfig_data_format({operands});")
        self.line(f"reduce_init{template}({source}, {ones}, {target});")
        self.line("tile_regs_acquire();")
        self.open(f"for (uint32_t {along} = 0; {along} < {sides[along](work.source)}; ++{along})")
        tile = self.tile_index(work.source, "row", "column")
        self.line(f"reduce_tile{template}({source}, {ones}, {tile}, 0, 0);")
        self.close()
        self.line(f"reduce_uninit({source});")
        if work.old is not None:
            self.load("tile", work.old, across, "1")
            self.call("add" if work.kind == "sum" else "max", (0, 1, 0))
        self.line("tile_regs_commit();")
        self.line("tile_regs_wait();")
        self.pack(work.target, across)
        self.line("tile_regs_release();")
        self.close()

    # Products.

    def multiply(self, work: MultiplyTiles, parts: Parts) -> None:
        self.include("matmul.h")
        target = self.buffers[work.target]
        m = self.constant(f"{target.storage}_sub_down", work.sub_down)
        n = self.constant(f"{target.storage}_sub_across", work.sub_across)
        inner = self.constant(f"{self.buffers[work.a].storage}_inner", work.inner)
        if work.ready and work.turns is not None:
            for number in (work.a, work.b):
                if number not in work.fixed:
                    trips = self.expr(work.turns[2], 7)
                    self.line(
                        f"cb_wait_front({self.buffer(number)}, {trips} * {self.tiles(number)});"
                    )
        if work.old is None:
            self.set_up(work, m, n, inner)
        self.open(f"for (uint32_t row = 0; row < {self.down(work.target)}; row += {m})")
        with self.in_parts(parts):
            columns = f"column < {self.all_across(work.target)}; column += {n}"
            self.open(f"for (uint32_t column = 0; {columns})")
            self.sub_block(work, m, n, inner, bool(parts))
            self.close()
        self.close()

    def sub_block(self, work: MultiplyTiles, m: str, n: str, inner: str, part: bool) -> None:
        """What DST holds of a product at a time, over all turns."""
        a, b = self.buffer(work.a), self.buffer(work.b)
        self.line("tile_regs_acquire();")
        if work.old is not None:
            self.begin_with_old(work, m, n)
            self.set_up(work, m, n, inner)
        waits = self.turns_of(work)
        self.open(f"for (uint32_t inner = 0; inner < {inner}; ++inner)")
        left, right = self.operand_places(work, inner)
        turned = int(work.transpose_b)
        beside = self.beside(work, inner)
        self.line(f"matmul_block({a}, {b}, {left}, {right}, 0, {turned}, {n}, {m}, {beside});")
        self.close()
        if waits:
            self.pop_parts(work)
            self.close()
        self.line("tile_regs_commit();")
        self.line("tile_regs_wait();")
        self.open(f"for (uint32_t slot = 0; slot < {m} * {n}; ++slot)")
        if self.buffers[work.target].beside is not None:
            row = f"slot / {n}" if part else f"(row + slot / {n})"
            self.line(f"const uint32_t at = column + slot % {n};")
            self.pack_beside(work.target, row, "at", "slot")
        else:
            self.pack(work.target, self.sub_place(work.target, m, n, part), "slot")
        self.close()
        self.line("tile_regs_release();")

    def set_up(self, work: MultiplyTiles, m: str, n: str, inner: str) -> None:
        a, b = self.buffer(work.a), self.buffer(work.b)
        self.line(f"reconfig_data_format({b}, {a});")
        beside = self.beside(work, inner)
        self.line(f"matmul_block_init({a}, {b}, {int(work.transpose_b)}, {n}, {m}, {beside});")

    def beside(self, work: MultiplyTiles, inner: str) -> str:
        """How far the rows of the first operand's tiles are from each other."""
        return "1" if self.buffers[work.a].by_columns else inner

    def sub_place(self, number: int, m: str, n: str, part: bool = False) -> str:
        """The place of a slot's tile in a buffer, or in the ``part`` of it that is being made."""
        buffer = self.buffers[number]
        if part:
            return f"slot / {n} * {self.across(number)} + column + slot % {n}"
        if buffer.by_columns:
            return f"(column + slot % {n}) * {self.down(number)} + row + slot / {n}"
        return f"(row + slot / {n}) * {self.across(number)} + column + slot % {n}"

    def begin_with_old(self, work: MultiplyTiles, m: str, n: str) -> None:
        """What the product is added to goes to DST first."""
        assert work.old is not None
        self.begin_loads(work.old)
        self.open(f"for (uint32_t slot = 0; slot < {m} * {n}; ++slot)")
        self.load_next(work.old, self.sub_place(work.old, m, n), "slot")
        self.close()

    def turns_of(self, work: MultiplyTiles) -> bool:
        """The loop over turns, where there is one, and its waits; whether it was opened."""
        if work.turns is None:
            return False
        name = self.turn_of(work)
        if work.parts > 1:
            trips = self.expr(work.turns[2], 7)
            parts = self.constant(f"{self.names[work.turns[0]]}_parts", work.parts)
            self.open(f"for (uint32_t {name} = 0; {name} < {trips} * {parts}; ++{name})")
        else:
            trips = self.expr(work.turns[2])
            self.open(f"for (int32_t {name} = 0; {name} < {trips}; ++{name})")
        for number in dict.fromkeys((work.a, work.b)):
            if number in work.fixed or work.ready:
                continue
            if work.streamed:
                tiles = self.part(work, number)
                self.line(f"cb_wait_front({self.buffer(number)}, {tiles});")
            else:
                tiles = self.tiles(number, work.parts)
                self.line(f"cb_wait_front({self.buffer(number)}, ({name} + 1) * {tiles});")
        return True

    def turn_of(self, work: MultiplyTiles) -> str:
        """The variable of the loop over turns, or over all of their parts."""
        assert work.turns is not None
        return "part" if work.parts > 1 else self.names[work.turns[0]]

    def part(self, work: MultiplyTiles, number: int) -> str:
        tiles = work.inner * (work.sub_down if number == work.a else work.sub_across)
        return self.constant(f"{self.buffers[number].name}_part_tiles", tiles)

    def pop_parts(self, work: MultiplyTiles) -> None:
        if work.streamed:
            for number in (work.a, work.b):
                if number not in work.fixed:
                    self.line(f"cb_pop_front({self.buffer(number)}, {self.part(work, number)});")

    def operand_places(self, work: MultiplyTiles, inner: str) -> tuple[str, str]:
        """The first tile of each operand, in the turn of the loop."""
        parts: list[str] = []
        c = self.buffers[work.target]
        for number in (work.a, work.b):
            turn = ""
            if work.turns is not None and number not in work.fixed and not work.streamed:
                turn = f"{self.turn_of(work)} * {self.tiles(number, work.parts)} + "
            streamed = work.streamed and number not in work.fixed
            buffer = self.buffers[number]
            if number == work.a and not parts:
                row = "" if streamed else f"row * {inner} + "
                place = f"{row}inner"
                if buffer.by_columns:
                    place = f"inner * {self.down(number)} + row"
                parts.append(f"{turn}{place}")
                continue
            in_order = buffer.by_columns == work.transpose_b
            if streamed:
                n = f"{c.storage}_sub_across"
                parts.append(f"inner * {n}")
            elif in_order:
                side = self.down(number) if buffer.by_columns else self.across(number)
                parts.append(f"{turn}inner * {side} + column")
            elif work.transpose_b:  # tiles go along rows: those of one column of b.T
                parts.append(f"{turn}column * {self.across(number)} + inner")
            else:
                parts.append(f"{turn}column * {self.down(number)} + inner")
        return parts[0], parts[1]
