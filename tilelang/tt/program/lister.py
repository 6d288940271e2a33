"""A program for people, in TileLang's spelling. No line is longer than 110 columns.

Names are the kernel's own; where two buffers share one, the later has a suffix.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from .expressions import FALSE, Const, Expr, Var, dtype_of, nodes
from .program import Launch, Program, Scratch, Tensor, View, Workspace
from .spelling import WIDTH, Speller, wrapped
from .steps import (
    NAMES,
    Assign,
    Atomic,
    AtomicStore,
    Barrier,
    Break,
    Continue,
    Copy,
    Fill,
    Gemm,
    Let,
    Loop,
    Map,
    MapLoop,
    Opaque,
    Reduce,
    Scan,
    Step,
    Store,
    Transpose,
    When,
    While,
    bound_by,
)
from .walk import reads, walk, writes

_LONGEST = 32  # columns of a name
_RANGES = {
    "parallel": "T.Parallel",
    "serial": "T.serial",
    "unrolled": "T.unroll",
    "vectorised": "T.vectorized",
    "thread": "T.thread_binding",
}

_ALLOCATIONS = {
    "shared": "shared",
    "shared.dyn": "shared",
    "local.fragment": "fragment",
    "local": "local",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a listing, and the step it shows with its place, as ``launches[0].body[2]``.

    A step's lines are its own and not those of its body. A line of a declaration has no step, and
    the place of what it declares.
    """

    text: str
    place: str
    step: Step | None = None


def listing(program: Program, name: str = "kernel") -> str:
    """The program as text, without a newline at the end; ``name`` is the function's."""
    return "\n".join(line.text for line in listing_lines(program, name))


def listing_lines(program: Program, name: str = "kernel") -> list[Line]:
    """The lines of :func:`listing`, each with the step that it shows."""
    return list(_Lister(program).program(_label(name)))


def _label(name: str) -> str:
    """A name as one short word."""
    word = "".join(c if c.isalnum() or c in "_." else "_" for c in name)
    return word if len(word) <= _LONGEST else word[: _LONGEST - 1] + "…"


def _apart(names: list[str]) -> list[str]:
    """Names made different by a suffix."""
    taken = {*names}
    seen: set[str] = set()
    out: list[str] = []
    for name in names:
        chosen, count = name, 1
        while chosen in seen or (chosen != name and chosen in taken):
            chosen, count = f"{name}_{count}", count + 1
        seen.add(chosen)
        out.append(chosen)
    return out


class _Lister:
    def __init__(self, program: Program) -> None:
        self.p = program
        names = _apart([_label(each.name) for each in program.buffers])
        self.s = Speller(program, names)
        self.used = {*names}

    def program(self, name: str) -> Iterator[Line]:
        for id, variable in enumerate(self.p.variables):
            if variable.kind == "scalar":
                self.bind(id)
        parameters = ", ".join(map(self.parameter, self.p.parameters()))
        yield from self.lines(f"def {name}({parameters}):", 0, "")
        if not self.p.buffers and not self.p.launches:
            yield from self.lines("pass", 1, "")
        for id, buffer in enumerate(self.p.buffers):
            if isinstance(buffer, Workspace):
                yield from self.allocation(id, 1)
        for id, buffer in enumerate(self.p.buffers):
            if isinstance(buffer, View) and not isinstance(self.p.buffers[buffer.of], Scratch):
                yield from self.allocation(id, 1)
        shown: set[int] = set()
        for index, launch in enumerate(self.p.launches):
            yield from self.launch(launch, f"launches[{index}]", shown)

    # Declarations.

    def parameter(self, parameter: object) -> str:
        if isinstance(parameter, Tensor):
            name = self.s.buffers[self.p.buffers.index(parameter)]
            return f"{name}: T.Tensor({_shape(parameter.shape)}, {_quoted(parameter.dtype)})"
        for id, variable in enumerate(self.p.variables):
            if variable is parameter:
                return f"{self.s.variables[id]}: T.{variable.dtype}"
        raise AssertionError(parameter)

    def allocation(self, id: int, depth: int) -> Iterator[Line]:
        buffer = self.p.buffers[id]
        name, shape, dtype = self.s.buffers[id], _shape(buffer.shape), _quoted(buffer.dtype)
        if isinstance(buffer, Workspace):
            text = f"{name} = T.alloc_global({shape}, {dtype})"
        elif isinstance(buffer, View):
            start = f"[{buffer.offset}:]" if buffer.offset else ""
            text = f"{name} = T.view({self.s.buffers[buffer.of]}{start}, {shape}, {dtype})"
        else:
            assert isinstance(buffer, Scratch)
            text = f"{name} = {_allocated(buffer.scope, shape, dtype)}"
        yield from self.lines(text, depth, f"buffers[{id}]")

    def launch(self, launch: Launch, place: str, shown: set[int]) -> Iterator[Line]:
        dimensions = enumerate(zip(launch.grid, launch.indices, strict=True))
        last = max((i for i, (n, id) in dimensions if n > 1 or id is not None), default=0)
        bound = [id for id in launch.indices if id is not None]
        names = [
            "_" if (id := launch.indices[i]) is None else self.bind(id) for i in range(last + 1)
        ]
        grid = ", ".join(map(str, launch.grid[: last + 1]))
        index = names[0] if last == 0 else f"({', '.join(names)})"
        named = f" as {index}" if bound else ""
        yield from self.lines(f"with T.Kernel({grid}){named}:", 1, place)
        touched = {id for _, step in walk(launch.body, "") for id in reads(step) | writes(step)}
        storages = touched | {self.p.storage(id) for id in touched}
        for id, buffer in enumerate(self.p.buffers):
            in_block = isinstance(self.p.buffers[self.p.storage(id)], Scratch)
            if in_block and id in storages and (id not in shown or isinstance(buffer, Scratch)):
                shown.add(id)
                yield from self.allocation(id, 2)
        yield from self.body(launch.body, 2, f"{place}.body")
        self.release(bound)

    # Names of variables, which are free again where their scope ends.

    def bind(self, id: int) -> str:
        name = _label(self.p.variables[id].name)
        chosen, count = name, 1
        while chosen in self.used:
            chosen, count = f"{name}_{count}", count + 1
        self.used.add(chosen)
        self.s.variables[id] = chosen
        return chosen

    def release(self, ids: list[int]) -> None:
        for id in ids:
            self.used.discard(self.s.variables.pop(id))

    # Steps.

    def lines(self, text: str, depth: int, place: str, step: Step | None = None) -> Iterator[Line]:
        for line in wrapped(text, depth):
            yield Line(line, place, step)

    def body(self, body: tuple[Step, ...], depth: int, place: str) -> Iterator[Line]:
        if not body:
            yield from self.lines("pass", depth, place)
        for index, step in enumerate(body):
            yield from self.step(step, depth, f"{place}[{index}]")
        self.release(bound_by(body))

    def step(self, step: Step, depth: int, place: str) -> Iterator[Line]:
        if isinstance(step, Opaque):
            yield from self.opaque(step, depth, place)
        elif isinstance(step, Map):
            yield from self.map(step, depth, place)
        elif isinstance(step, Loop):
            text = self.range_of(step, step.stages, step)
            yield from self.lines(f"for {self.bind(step.var)} in {text}:", depth, place, step)
            yield from self.body(step.body, depth + 1, f"{place}.body")
            self.release([step.var])
        elif isinstance(step, While):
            yield from self.lines(f"while {self.s.expr(step.condition)}:", depth, place, step)
            yield from self.body(step.body, depth + 1, f"{place}.body")
        elif isinstance(step, When):
            yield from self.lines(f"if {self.s.expr(step.condition)}:", depth, place, step)
            yield from self.body(step.then, depth + 1, f"{place}.then")
            if step.otherwise:
                yield from self.lines("else:", depth, place, step)
                yield from self.body(step.otherwise, depth + 1, f"{place}.else")
        else:
            yield from self.lines(self.statement(step), depth, place, step)

    def statement(self, step: Step) -> str:
        """A step without a body."""
        s = self.s
        if isinstance(step, Copy):
            return f"T.copy({s.region(step.src, step.dst)}, {s.region(step.dst, step.src)})"
        if isinstance(step, Fill):
            if isinstance(step.value, Const) and repr(step.value.value) in ("0", "0.0"):
                return f"T.clear({s.region(step.dst)})"
            return f"T.fill({s.region(step.dst)}, {self.value(step.dst.buffer, step.value)})"
        if isinstance(step, Gemm):
            flags = [f"transpose_{x}=True" for x, on in self.transposes(step) if on]
            clear = [] if step.clear == FALSE else [f"clear_accum={s.expr(step.clear)}"]
            operands = [s.region(region) for region in (step.a, step.b, step.c)]
            return f"T.gemm({', '.join([*operands, *flags, *clear])})"
        if isinstance(step, Reduce):
            flags = [f"dim={step.axis}"] + ["clear=False"] * (not step.clear)
            flags += ["nan_propagate=True"] * step.nan
            operands = [s.region(step.src), s.region(step.dst)]
            return f"T.reduce_{step.kind}({', '.join([*operands, *flags])})"
        if isinstance(step, Scan):
            flags = [f"dim={step.axis}"] + ["reverse=True"] * step.reverse
            operands = [s.region(step.src), s.region(step.dst)]
            return f"T.cum{step.kind}({', '.join([*operands, *flags])})"
        if isinstance(step, Transpose):
            return f"T.transpose({s.region(step.src)}, {s.region(step.dst)})"
        if isinstance(step, Atomic):
            if step.src is not None:
                value = s.region(step.src, step.dst)
            else:
                assert step.value is not None
                value = self.value(step.dst.buffer, step.value)
            return f"T.atomic_{step.kind}({s.region(step.dst, step.src)}, {value})"
        if isinstance(step, AtomicStore):
            return f"T.atomic_{step.kind}({s.element(step.buffer, step.at)}, {s.expr(step.value)})"
        if isinstance(step, Store):
            return f"{s.element(step.buffer, step.at)} = {s.expr(step.value)}"
        if isinstance(step, Assign):
            return f"{s.buffers[step.buffer]} = {s.expr(step.value)}"
        if isinstance(step, Let):
            value = s.expr(step.value, typed=True)
            return f"{self.bind(step.var)} = {value}"
        assert isinstance(step, (Barrier, Break, Continue))
        return {Barrier: "T.sync_threads()", Break: "break", Continue: "continue"}[type(step)]

    def value(self, buffer: int, value: Expr) -> str:
        """What a buffer gets; a number of another dtype says which."""
        other = dtype_of(self.p, value) != self.p.buffers[buffer].dtype
        return self.s.expr(value, typed=other)

    def transposes(self, step: Gemm) -> list[tuple[str, bool]]:
        return [("A", step.transpose_a), ("B", step.transpose_b)]

    def map(self, step: Map, depth: int, place: str) -> Iterator[Line]:
        """Loops of one kind that don't depend on each other stand in one line."""
        start = depth
        loops = step.loops
        while loops:
            count = 1
            while count < len(loops) and self.joins(loops[: count + 1]):
                count += 1
            text = self.range_of(loops[0]) if count == 1 else self.joined(loops[:count])
            names = ", ".join([self.bind(loop.var) for loop in loops[:count]])
            yield from self.lines(f"for {names} in {text}:", depth, place, step)
            loops, depth = loops[count:], depth + 1
        inner = f"{place}.body"
        if depth == start:
            for index, each in enumerate(step.body):
                yield from self.step(each, depth, f"{inner}[{index}]")
            self.release(bound_by(step.body))
        else:
            yield from self.body(step.body, depth, inner)
        self.release([loop.var for loop in step.loops])

    def joins(self, loops: tuple[MapLoop, ...]) -> bool:
        vars = {loop.var for loop in loops}
        return loops[0].kind in ("parallel", "serial") and all(
            loop.kind == loops[0].kind
            and loop.min == Const(0)
            and not any(isinstance(n, Var) and n.id in vars for n in nodes(loop.extent))
            for loop in loops
        )

    def joined(self, loops: tuple[MapLoop, ...]) -> str:
        extents = ", ".join(self.s.expr(loop.extent) for loop in loops)
        return f"{'T.Parallel' if loops[0].kind == 'parallel' else 'T.grid'}({extents})"

    def range_of(self, loop: Loop | MapLoop, stages: int = 0, pipe: Loop | None = None) -> str:
        """The iterable of a loop, before its variable has a name."""
        bounds = [self.s.expr(loop.extent)]
        if loop.min != Const(0):
            bounds = [self.s.expr(loop.min), self.s.end(loop.min, loop.extent)]
        if pipe is not None and (stages or pipe.order or pipe.stage or pipe.group):
            bounds += [f"num_stages={stages}"] * (stages > 0)
            for key in ("order", "stage", "group"):
                value = getattr(pipe, key)
                if value:
                    plain = [list(each) for each in value] if key == "group" else list(value)
                    bounds.append(f"{key}={plain}")
            return f"T.Pipelined({', '.join(bounds)})"
        if loop.kind == "thread":
            bounds.append('thread="threadIdx"')
        return f"{_RANGES[loop.kind]}({', '.join(bounds)})"

    def opaque(self, step: Opaque, depth: int, place: str) -> Iterator[Line]:
        def among(ids: tuple[int, ...]) -> str:
            return ", ".join(self.s.buffers[id] for id in ids) or "nothing"

        text = (
            f"not understood: {_plain(step.op)}: {_plain(step.reason)}; reads {among(step.reads)}; "
        )
        text += f"writes {among(step.writes)}"
        if step.variables:
            text += f"; binds {', '.join(map(self.bind, step.variables))}"
        indent = wrapped("#", depth)[0] + " "
        for line in textwrap.wrap(text, WIDTH - len(indent)):
            yield Line(indent + line, place, step)


def _plain(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def _quoted(text: str) -> str:
    return f'"{text}"'


def _shape(shape: tuple[int, ...]) -> str:
    return f"({shape[0]},)" if len(shape) == 1 else f"({', '.join(map(str, shape))})"


def _allocated(scope: str, shape: str, dtype: str) -> str:
    if scope == "local.var":
        return f"T.alloc_var({dtype})"
    if scope in _ALLOCATIONS:
        return f"T.alloc_{_ALLOCATIONS[scope]}({shape}, {dtype})"
    return f"T.alloc_buffer({shape}, {dtype}, scope={_quoted(_label(scope))})"


def listed_step(program: Program, step: Step) -> str:
    """One step without its body, as a line of a listing; variables by their names alone."""
    lister = _Lister(program)
    lister.s.variables = {id: _label(each.name) for id, each in enumerate(program.variables)}
    if isinstance(step, (Map, Loop, While, When, Opaque)):
        return f"T.{NAMES[type(step)]}"
    return lister.statement(step)
