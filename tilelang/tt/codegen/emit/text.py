"""What the three kernels' texts have in common: arguments, loops, listings, lines."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from ...program import Expr, Map, listing_lines, steps_of
from .. import index
from ..arguments import CLOCK, OWN_BOX, expressions
from ..arguments import axes as axes_of
from ..plan import (
    Ahead,
    CircularBuffer,
    Count,
    For,
    If,
    Kept,
    KernelPlan,
    Parts,
    Statement,
    Step,
    Together,
)
from .late import Declared, placed

WIDTH = 110

_WORD = re.compile(r"\w+")

#: A processor's beginning and end, of 8 bytes each.
TIME_BYTES = 16

NOTE_TIME = """\
// What the core's clock shows, in cycles, to L1. The low word, when it is read, holds the high one.
inline void note_time(uint32_t address) {
    volatile uint32_t* low = reinterpret_cast<volatile uint32_t*>(RISCV_DEBUG_REG_WALL_CLOCK_L);
    volatile uint32_t* high = reinterpret_cast<volatile uint32_t*>(RISCV_DEBUG_REG_WALL_CLOCK_H);
    volatile tt_l1_ptr uint32_t* place = reinterpret_cast<volatile tt_l1_ptr uint32_t*>(address);
    place[0] = low[0];
    place[1] = high[0];
}"""


class Listing:
    """The program's own lines, by the places of its steps: those of a map have their stores'."""

    def __init__(self, plan: KernelPlan) -> None:
        self._maps = {p for p, step in steps_of(plan.program) if isinstance(step, Map)}
        self._lines: dict[str, list[str]] = {}
        for line in listing_lines(plan.program, plan.function):
            if line.step is not None:
                self._lines.setdefault(line.place, []).append(line.text)

    def of(self, places: Sequence[str]) -> str:
        """The lines of some steps, without the indentation that they share."""
        lines: list[str] = []
        for place in dict.fromkeys(places):
            for where, texts in self._lines.items():
                if where == place or (place in self._maps and where.startswith(f"{place}.body[")):
                    lines += texts
        return textwrap.dedent("\n".join(lines))


class KernelText:
    """One kernel's text, made line by line. Constants and functions are declared where used."""

    role = ""
    purpose = ""
    #: The processors that the kernel runs on: the macro that a statement of one is in, if any, and
    #: which of a core's places for times is its own.
    processors: tuple[tuple[str, int], ...] = ()

    def __init__(self, plan: KernelPlan, listing: Listing, timed: bool = False) -> None:
        self.plan = plan
        self.timed = timed
        self.buffers = plan.buffers
        self.names = {id: variable.name for id, variable in enumerate(plan.program.variables)}
        self._lines: list[str] = []
        self._depth = 0
        self._constants: dict[str, int] = {}
        self._semaphores: dict[str, int] = {}
        self._helpers: dict[str, str] = {}
        self._locals: dict[str, int] = {}
        self._declared: list[Declared] = []
        self.includes: dict[str, None] = {}
        self.defines: dict[str, None] = {}
        self._listing = listing

    # Lines.

    def line(self, text: str = "") -> None:
        """A statement; one that is too long is broken between its arguments."""
        indent = "    " * self._depth
        cut = text.find("= {") + 3 if "= {" in text else text.find("(") + 1
        if len(indent) + len(text) <= WIDTH or not cut:
            self._lines.append((indent + text).rstrip())
            return
        head, rest = text[:cut], text[cut:]
        self._lines.append(indent + head)
        broken = textwrap.wrap(
            rest, WIDTH - len(indent) - 8, break_long_words=False, break_on_hyphens=False
        )
        self._lines += [f"{indent}        {each}" for each in broken]

    def comment(self, text: str) -> None:
        indent = "    " * self._depth + "// "
        self._lines += [indent + each for each in textwrap.wrap(text, WIDTH - len(indent))]

    def open(self, text: str) -> None:
        self.line(f"{text} {{")
        self._depth += 1

    def close(self, text: str = "") -> None:
        self._depth -= 1
        self.line(f"}}{text}")

    def otherwise(self) -> None:
        self._depth -= 1
        self.open("} else")

    def constant(self, name: str, value: int) -> str:
        """A number that is part of the plan, by its name."""
        self._constants[name] = value
        return name

    def semaphore(self, name: str, number: int) -> str:
        self._semaphores[name] = number
        return f"get_semaphore({name})"

    def local(self, name: str) -> str:
        """A name for a constant of a step; another one where several steps want it."""
        count = self._locals[name] = self._locals.get(name, 0) + 1
        return name if count == 1 else f"{name}_{count}"

    def helper(self, name: str, text: str) -> str:
        """A function of this kernel's own, which is defined before it."""
        self._helpers[name] = text
        return name

    # Buffers.

    def buffer(self, number: int) -> str:
        return self.constant(self.buffers[number].name, number)

    def down(self, number: int) -> str:
        return self.constant(f"{self.buffers[number].name}_down", self.buffers[number].down)

    def across(self, number: int) -> str:
        return self.constant(f"{self.buffers[number].name}_across", self.buffers[number].across)

    def tiles(self, number: int, parts: int = 1) -> str:
        """The tiles of a block of a buffer, or of each of the parts that it comes in."""
        name, tiles = self.buffers[number].name, self.buffers[number].tiles
        return self.constant(f"{name}_part_tiles" if parts > 1 else f"{name}_tiles", tiles // parts)

    def count(self, count: Count) -> str:
        """How many tiles."""
        if count.tiles is not None:
            buffer = self.buffers[count.buffer]
            part = "row" if count.tiles == buffer.across else "part"
            return self.constant(f"{buffer.name}_{part}_tiles", count.tiles)
        tiles = self.tiles(count.buffer)
        return tiles if count.trips is None else f"{self.expr(count.trips, 7)} * {tiles}"

    def tile_index(self, number: int, row: str, column: str) -> str:
        """The place of a tile within a block."""
        buffer: CircularBuffer = self.buffers[number]
        if buffer.tiles == 1:
            return "0"
        major, minor = (column, row) if buffer.by_columns else (row, column)
        side = self.down if buffer.by_columns else self.across
        if (buffer.down if buffer.by_columns else buffer.across) == 1 and minor in (
            "0",
            "column",
            "row",
        ):
            return major
        if major == "0":
            return minor
        product = f"{major} * {side(number)}"
        return product if minor == "0" else f"{product} + {minor}"

    def expr(self, e: Expr, above: int = 0) -> str:
        for name in sorted(index.functions(e)):
            self.helper(name, index.DEFINITIONS[name])
        return index.text(e, self.names, above)

    # The whole.

    def text(self) -> str:
        body = self.plan.kernels[self.role]
        self._depth = 1
        self.note_time(0)
        self.begin()
        for step in self.plan.once[self.role]:
            self.step(step)
        loops = self.open_blocks(body)
        self.statements(body)
        for _ in range(loops):
            self.close()
        self.end()
        self.note_time(TIME_BYTES // 2)
        main, self._lines, self._depth = self._lines, [], 0
        self.comment(f"{self.plan.function}: {self.purpose}")
        self._lines += [f"#define {name}" for name in self.defines]
        self._lines += [f'#include "{name}"' for name in self.includes]
        self.line()
        for text in self._helpers.values():
            self._lines += [*text.splitlines(), ""]
        self.open("void kernel_main()")
        # Here, and not outside, they may have names that the headers have: y1 is libm's.
        if self._constants:
            self.comment("Circular buffers, and the blocks of tiles that they hold.")
        for name, value in self._constants.items():
            self.line(f"constexpr uint32_t {name} = {value};")
        if self._semaphores:
            self.comment("Semaphores, by their numbers.")
        for name, value in self._semaphores.items():
            self.line(f"constexpr uint32_t {name} = {value};")
        own, shared = self.arguments()
        words = {word for line in main for word in _WORD.findall(line)}
        words = words.union(*(each.words for each in self._declared))
        own = [each for each in own if not self.plan.walk.box or each.name in words]
        assert all(each.name in words for each in shared)
        declared = [*own, *shared, *self._declared]
        early = declared
        if self.plan.one_block:
            early, main = placed(main, declared, 1 + loops)
        for of, said in ((own, "The blocks of this core."), (shared, "What all cores share.")):
            first = [each for each in of if each in early]
            # What notes the time leaves the rest of the text as it is.
            if any(each.name in words - {CLOCK.name} for each in first):
                self.comment(said)
            self._lines += [line for each in first for line in each.lines]
        rest = [line for each in self._declared if each in early for line in each.lines]
        self._lines += [*rest, *([""] if rest else []), *main]
        self.close()
        return "\n".join(self._lines) + "\n"

    def declare(self, name: str, text: str) -> None:
        """A constant that stands where it is needed."""
        before, self._lines, depth, self._depth = self._lines, [], self._depth, 1
        self.line(text)
        self._declared.append(Declared(name, tuple(self._lines)))
        self._lines, self._depth = before, depth

    def arguments(self) -> tuple[list[Declared], list[Declared]]:
        """Those of the core's own, and those that all share."""
        arguments = (*self.plan.arguments[self.role], *((CLOCK,) if self.timed else ()))
        own = [each for each in arguments if each.kind == "per core"]
        shared = [each for each in arguments if each.kind != "per core"]
        of_core, of_all = [], []
        for number, each in enumerate(own):
            text = f"    const uint32_t {each.name} = get_arg_val<uint32_t>({number});"
            of_core.append(Declared(each.name, (text,)))
        for number, each in enumerate(shared):
            dtype = "int32_t" if each.dtype == "int32" else "uint32_t"
            text = f"    const {dtype} {each.name} = get_common_arg_val<{dtype}>({number});"
            of_all.append(Declared(each.name, (text,)))
        return of_core, of_all

    def open_blocks(self, body: Sequence[Statement]) -> int:
        """Opens the loops over a core's blocks, with a block's indices; how many they are."""
        used = {v for e in expressions(tuple(body)) for v in index.variables(e)}
        walk = self.plan.walk
        if walk.box:
            return self.open_box(used)
        if walk.strided:
            self.open("for (uint32_t turn = 0; turn < block_count; ++turn)")
            if used & set(self.plan.indices):
                self.line("const uint32_t block = first_block + turn * block_stride;")
        else:
            self.open(
                "for (uint32_t block = first_block; block < first_block + block_count; ++block)"
            )
        x, y, z = self.plan.indices
        fast, slow = ("grid_x", "grid_y") if walk.order == "row_major" else ("grid_y", "grid_x")
        first, second = f"block % {fast}", f"block / {fast} % {slow}"
        if walk.order != "row_major":
            first, second = second, first
        rules = ((x, first), (y, second), (z, "block / (grid_x * grid_y)"))
        for variable, rule in rules:
            if variable in used and variable is not None:
                self.line(f"const int32_t {self.names[variable]} = {rule};")
        return 1

    def open_box(self, used: set[int]) -> int:
        """All cores make as many turns: who sends waits for who gets, and blocks of a buffer have
        the same places in all."""
        axes = axes_of(self.plan.grid, self.plan.indices)
        inwards = (2, 1, 0) if self.plan.walk.order == "row_major" else (2, 0, 1)
        for axis in (each for each in inwards if each in axes):
            turn = f"turn_{'xyz'[axis]}"
            self.open(f"for (uint32_t {turn} = 0; {turn} < turns_{'xyz'[axis]}; ++{turn})")
        lines = []
        for axis in axes:
            variable = self.plan.indices[axis]
            letter, many = "xyz"[axis], OWN_BOX[3 + axis]
            if variable is not None and variable in used:
                turn = f"turn_{letter}"
                lines.append(
                    f"const int32_t {self.names[variable]} = "
                    f"first_{letter} + ({turn} < {many} ? {turn} : {many} - 1);"
                )
        if lines:
            self.comment("A core that has fewer blocks than others repeats its last one.")
        for line in lines:
            self.line(line)
        self.own_block(axes)
        return len(axes)

    def own_block(self, axes: tuple[int, ...]) -> None:
        """What a kernel has to know of whether the core repeats a block."""

    def note_time(self, offset: int) -> None:
        """What the clock shows, to this processor's place and ``offset`` bytes on."""
        if not self.timed:
            return
        self.helper("note_time", NOTE_TIME)
        for macro, place in self.processors:
            call = f"note_time(clock_address + {place * TIME_BYTES + offset})"
            self.line(f"{macro}(({call}));" if macro else f"{call};")

    def begin(self) -> None:
        """What comes before the first block."""

    def end(self) -> None:
        """What comes after the last block."""

    # Statements.

    def statements(self, body: Sequence[Statement]) -> None:
        for each in body:
            if isinstance(each, Step):
                self.listing(each.places)
                self.step(each)
            elif isinstance(each, Together):
                self.together(each)
            elif isinstance(each, For):
                self.listing(each.places)
                self.loop(each)
            elif isinstance(each, Ahead):
                self.listing(each.places)
                self.ahead(each)
            elif isinstance(each, Parts):
                name, tiles, step = each.name, each.tiles, each.step
                self.open(f"for (int32_t {name} = 0; {name} < {tiles}; {name} += {step})")
                self.statements(each.body)
                self.close()
            elif isinstance(each, Kept):
                self.keep(each)
            elif isinstance(each, If):
                self.listing(each.places)
                self.choose(each)

    def loop(self, each: For) -> None:
        self.open(self.turns(each.var, each.first, each.trips))
        self.statements(each.body)
        self.close()

    def keep(self, each: Kept) -> None:
        ways = [
            f"turn_{axis} + 1 == turns_{axis}" if each.last else f"turn_{axis} == 0"
            for axis in ("xyz"[number] for number in each.axes)
        ]
        if not each.last:
            self.comment("The blocks of the turns after it take the same.")
        self.open(f"if ({' && '.join(ways)})")
        self.statements(each.body)
        self.close()

    def choose(self, each: If) -> None:
        condition = self.expr(each.condition)
        if each.then:
            self.open(f"if ({condition})")
            self.statements(each.then)
            if each.otherwise:
                self.otherwise()
                self.statements(each.otherwise)
        else:
            self.open(f"if (!({condition}))")
            self.statements(each.otherwise)
        self.close()

    def turns(self, var: int, first: Expr, trips: Expr) -> str:
        name, begin = self.names[var], self.expr(first)
        end = self.expr(trips) if begin == "0" else f"{self.expr(first, 6)} + {self.expr(trips, 6)}"
        return f"for (int32_t {name} = {begin}; {name} < {end}; ++{name})"

    def listing(self, places: Sequence[str]) -> None:
        """The program's own lines, as a comment."""
        indent = "    " * self._depth + "// "
        for text in self._listing.of(places).splitlines():
            self._lines += self._wrapped_comment(indent, text)

    def _wrapped_comment(self, indent: str, text: str) -> list[str]:
        if len(indent) + len(text) <= WIDTH:
            return [indent + text]
        lead = " " * (len(text) - len(text.lstrip()))
        width = WIDTH - len(indent) - len(lead) - 4
        parts = textwrap.wrap(text.strip(), width, break_on_hyphens=False)
        return [indent + lead + ("    " if n else "") + part for n, part in enumerate(parts)]

    def step(self, step: Step) -> None:
        raise NotImplementedError

    def together(self, each: Together) -> None:
        raise NotImplementedError

    def ahead(self, each: Ahead) -> None:
        raise NotImplementedError
