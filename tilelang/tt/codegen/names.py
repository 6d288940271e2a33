"""Names for what a program holds: C++ identifiers, and constants as arguments of the kernels.

Two programs that differ only in numbers get the same source text, so numbers outside of scratch
shapes are no literals: each becomes a variable, whose value is an argument that all cores share.
The program with these variables in the constants' place is what is listed and what is generated.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from ..program import (
    ZERO,
    Bits,
    Buffer,
    Cast,
    Const,
    Copy,
    Expr,
    Fill,
    Gemm,
    Launch,
    Let,
    Load,
    Loop,
    Map,
    Op,
    Program,
    Region,
    Scratch,
    Step,
    Store,
    Var,
    Variable,
    When,
)

# What C++ and the generated text keep for themselves.
_CPP = """
alignas alignof and asm auto bool break case catch char class const constexpr continue
default delete do double else enum explicit export extern false float for friend goto if
inline int long mutable namespace new noexcept not operator or private protected public
register return short signed sizeof static struct switch template this throw true try
typedef typename union unsigned using virtual void volatile while xor
"""
_OURS = """
at block first_block block_count grid_x grid_y row column inner part_row part_column address tile
slot slots word element elements face tensor buffer window Window Tensor Element matrix rows columns
down across pad main kernel_main read_tiles write_tiles pad_tile pad_tiles stand_up lay_down
floor_div floor_mod least greatest part_matrix note_time clock_address turn block_stride own_block
first_x first_y first_z deep turn_x turn_y turn_z turns_x turns_y turns_z Group share_tiles
receive_tiles part wait_for_room tell_room send_tiles beside write_made_tiles
tell_tiles wait_for_tiles end_tiles place_after read_tiles_to
int32_t uint8_t uint16_t uint32_t TensorAccessor TensorAccessorArgs tt_l1_ptr ALWI
CAT STR MAIN MATH PACK UNPACK SIGN EPS PAUSE
"""
_RESERVED = frozenset({*_CPP.split(), *_OURS.split()})

#: What the functions of TT-metal that kernels call are named like. What is declared in
#: kernel_main may have any other name of a header's, and hides it.
_CALLED_FIRST = re.compile(
    r"(cb|noc|get|tile_regs|load|copy|pack|reconfig|reduce|transpose|matmul|compute|unary)_.*"
)
_CALLED_LAST = re.compile(r".*_(tile|init|uninit|bitcast)")


def identifier(name: str) -> str:
    """A name as C++ takes it: letters, digits and single underscores, with no digit first."""
    word = re.sub(r"_+", "_", re.sub(r"\W", "_", name, flags=re.ASCII)).strip("_") or "x"
    return f"x_{word}" if word[0].isdigit() else word[:48]


class Namer:
    """Gives each thing a name of its own."""

    def __init__(self) -> None:
        self._taken = set(_RESERVED)

    def name(self, wanted: str) -> str:
        base = identifier(wanted)
        if _CALLED_FIRST.fullmatch(base):
            base = f"x_{base}"
        chosen, count = base, 1
        while chosen in self._taken or _CALLED_LAST.fullmatch(chosen):
            chosen, count = f"{base}_{count}", count + 1
        self._taken.add(chosen)
        return chosen


@dataclass
class Named:
    """A program whose names are identifiers, each one thing's, and whose constants are variables.

    ``constants`` are the values of the variables that stand for constants, by variable. What has
    to be computed besides the program's own steps may add variables.
    """

    program: Program
    constants: dict[int, Const]
    namer: Namer

    def variable(self, wanted: str, kind: str, dtype: str) -> int:
        """One more variable, which is in no step of the program."""
        id = len(self.program.variables)
        new = Variable(self.namer.name(wanted), kind, dtype, None)
        self.program = replace(self.program, variables=(*self.program.variables, new))
        return id

    def number(self, e: Expr) -> float | None:
        """The value of an expression that is a constant."""
        constant = self.constants.get(e.id) if isinstance(e, Var) else None
        return None if constant is None else float(constant.value)

    def rename(self, id: int) -> None:
        """Give a variable that a map binds a name of its own: it becomes one of a loop."""
        variables = list(self.program.variables)
        variables[id] = replace(variables[id], name=self.namer.name(variables[id].name))
        self.program = replace(self.program, variables=tuple(variables))

    def constant(self, value: Const, wanted: str) -> Var:
        """One more number that is an argument of the kernels."""
        id = self.variable(wanted, "scalar", value.dtype)
        self.constants[id] = value
        return Var(id)


def named(program: Program) -> Named:
    """The program that sources are generated from. A map's own variables keep their names."""
    return _Naming(program).run()


class _Naming:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.namer = Namer()
        self.buffers = [replace(b, name=self.namer.name(b.name)) for b in program.buffers]
        self.variables = list(program.variables)
        self.constants: dict[int, Const] = {}

    def run(self) -> Named:
        in_maps = _bound_in_maps(self.program)
        for id, variable in enumerate(self.program.variables):
            if id not in in_maps:
                self.variables[id] = replace(variable, name=self.namer.name(variable.name))
        launches = tuple(
            Launch(launch.grid, launch.indices, self.body(launch.body))
            for launch in self.program.launches
        )
        buffers: tuple[Buffer, ...] = tuple(self.buffers)
        program = Program(buffers, tuple(self.variables), launches)
        return Named(program, self.constants, self.namer)

    def constant(self, value: Const, wanted: str) -> Var:
        """A constant as a variable. ``param`` says its place among arguments nowhere."""
        id = len(self.variables)
        self.variables.append(Variable(self.namer.name(wanted), "scalar", value.dtype, None))
        self.constants[id] = value
        return Var(id)

    def expr(self, e: Expr, wanted: str) -> Expr:
        """An expression with its constants named; what indexes scratch, and bools, stay."""
        if isinstance(e, Const):
            return e if e.dtype == "bool" or e == ZERO else self.constant(e, wanted)
        if isinstance(e, Load):
            storage = self.program.buffers[self.program.storage(e.buffer)]
            if isinstance(storage, Scratch):
                return e
            name = self.buffers[e.buffer].name
            return Load(e.buffer, tuple(self.expr(i, f"{name}_{_AT}") for i in e.at))
        if isinstance(e, (Cast, Bits)):
            return type(e)(e.dtype, self.expr(e.value, wanted))
        if isinstance(e, Op):
            return Op(e.op, tuple(self.expr(arg, wanted) for arg in e.args))
        return e

    def region(self, region: Region) -> Region:
        """A region of a tensor begins where arguments say; one of scratch is as it is."""
        if isinstance(self.program.buffers[self.program.storage(region.buffer)], Scratch):
            return region
        name = self.buffers[region.buffer].name
        at = tuple(self.expr(e, f"{name}_{_AT}") for e in region.at)
        return replace(region, at=at)

    def body(self, body: tuple[Step, ...]) -> tuple[Step, ...]:
        return tuple(self.step(step) for step in body)

    def step(self, step: Step) -> Step:
        rule: Callable[[Step], Step] | None = {
            Copy: self._copy,
            Fill: self._fill,
            Gemm: self._gemm,
            Map: self._map,
            Loop: self._loop,
            When: self._when,
            Let: self._let,
            Store: self._store,
        }.get(type(step))  # type: ignore[assignment]
        return step if rule is None else rule(step)

    def _copy(self, step: Copy) -> Step:
        return Copy(self.region(step.src), self.region(step.dst))

    def _fill(self, step: Fill) -> Step:
        name = self.buffers[step.dst.buffer].name
        value = step.value
        # An accumulator's zero is a choice of its own: DST begins with it.
        if not (isinstance(value, Const) and value.value == 0):
            value = self.expr(value, f"{name}_value")
        return Fill(self.region(step.dst), value)

    def _gemm(self, step: Gemm) -> Step:
        name = self.buffers[step.c.buffer].name
        return replace(step, clear=self.expr(step.clear, f"{name}_clear"))

    def _map(self, step: Map) -> Step:
        return replace(step, body=self.body(step.body))

    def _loop(self, step: Loop) -> Step:
        name = self.variables[step.var].name
        extent = self.expr(step.extent, f"{name}_trips")
        low = self.expr(step.min, f"{name}_first")
        return replace(step, extent=extent, min=low, body=self.body(step.body))

    def _when(self, step: When) -> Step:
        condition = self.expr(step.condition, "bound")
        return When(condition, self.body(step.then), self.body(step.otherwise))

    def _let(self, step: Let) -> Step:
        return Let(step.var, self.expr(step.value, f"{self.variables[step.var].name}_c"))

    def _store(self, step: Store) -> Step:
        name = self.buffers[step.buffer].name
        value = self.expr(step.value, f"{name}_c")
        at = step.at
        if not isinstance(self.program.buffers[self.program.storage(step.buffer)], Scratch):
            at = tuple(self.expr(e, f"{name}_{_AT}") for e in step.at)
        return Store(step.buffer, at, value)


_AT = "at"


def _bound_in_maps(program: Program) -> set[int]:
    """The variables that maps bind: they become loops over tiles, and are in listings alone."""
    found: set[int] = set()

    def visit(body: tuple[Step, ...], inside: bool) -> None:
        for step in body:
            if isinstance(step, Map):
                found.update(loop.var for loop in step.loops)
                visit(step.body, True)
            elif isinstance(step, Loop):
                if inside:
                    found.add(step.var)
                visit(step.body, inside)
            elif isinstance(step, When):
                visit(step.then, inside)
                visit(step.otherwise, inside)
            elif isinstance(step, Let) and inside:
                found.add(step.var)

    for launch in program.launches:
        visit(launch.body, False)
    return found
