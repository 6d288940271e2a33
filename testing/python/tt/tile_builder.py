"""Tile programs written by hand: a builder whose expressions take Python's operators.

>>> b = Builder()
>>> A, C = b.tensor("A", (64, 64)), b.tensor("C", (64, 64))
>>> with b.launch(2, "bx") as bx, b.map(i=32, j=64) as (i, j):
...     b.store(C[bx * 32 + i, j], A[bx * 32 + i, j] * 2)
>>> b.program()  # checked

A number beside an expression gets its dtype; ``/`` is ``div``, ``//`` is ``floordiv``.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace

from tilelang.tt import program as p


@dataclass(frozen=True)
class E:
    """An expression and its dtype."""

    node: p.Expr
    dtype: str

    def __add__(self, o):
        return op("add", self, o)

    def __radd__(self, o):
        return op("add", o, self)

    def __sub__(self, o):
        return op("sub", self, o)

    def __rsub__(self, o):
        return op("sub", o, self)

    def __mul__(self, o):
        return op("mul", self, o)

    def __rmul__(self, o):
        return op("mul", o, self)

    def __truediv__(self, o):
        return op("div", self, o)

    def __rtruediv__(self, o):
        return op("div", o, self)

    def __floordiv__(self, o):
        return op("floordiv", self, o)

    def __mod__(self, o):
        return op("floormod", self, o)

    def __lt__(self, o):
        return op("lt", self, o)

    def __le__(self, o):
        return op("le", self, o)

    def __gt__(self, o):
        return op("gt", self, o)

    def __ge__(self, o):
        return op("ge", self, o)

    def __and__(self, o):
        return op("and" if self.dtype == "bool" else "bitand", self, o)

    def __or__(self, o):
        return op("or" if self.dtype == "bool" else "bitor", self, o)

    def eq(self, o):
        return op("eq", self, o)

    def ne(self, o):
        return op("ne", self, o)


def number(value, dtype: str) -> E:
    """A constant of a dtype."""
    if dtype == "bool":
        return E(p.Const(bool(value), dtype), dtype)
    kind = p.DTYPES[dtype].kind
    return E(p.Const(float(value) if kind == "float" else int(value), dtype), dtype)


def lift(value, dtype: str = "int32") -> E:
    return value if isinstance(value, E) else number(value, dtype)


def op(name: str, *args) -> E:
    """An operation of docs/program.md."""
    like = [a.dtype for a in (args[1:] if name == "select" else args) if isinstance(a, E)]
    dtype = like[0] if like else "int32"
    es = [lift(a, dtype) for a in args]
    result = "bool" if p.OPERATIONS[name].result == "bool" else dtype
    return E(p.Op(name, tuple(e.node for e in es)), result)


def cast(dtype: str, value) -> E:
    return E(p.Cast(dtype, lift(value).node), dtype)


def bits(dtype: str, value) -> E:
    return E(p.Bits(dtype, lift(value).node), dtype)


def select(c, a, b) -> E:
    return op("select", c, a, b)


@dataclass(frozen=True)
class Buf:
    """A buffer; ``buf[i, j]`` is an element, ``buf.at(i, j).of(m, n)`` a region, itself all of it."""

    id: int
    dtype: str
    shape: tuple[int, ...]

    def __getitem__(self, at) -> E:
        at = at if isinstance(at, tuple) else (at,)
        return E(p.Load(self.id, tuple(lift(i).node for i in at)), self.dtype)

    def at(self, *at) -> Box:
        return Box(self, at)

    def region(self) -> p.Region:
        return self.at(*[0] * len(self.shape)).of(*self.shape).region()


@dataclass(frozen=True)
class Box:
    buffer: Buf
    first: tuple
    extents: tuple = ()

    def of(self, *extents) -> Box:
        return replace(self, extents=extents)

    def region(self) -> p.Region:
        return p.Region(
            self.buffer.id,
            tuple(lift(i).node for i in self.first),
            tuple(lift(i).node for i in self.extents),
        )


class Builder:
    def __init__(self) -> None:
        self.buffers: list[p.Buffer] = []
        self.variables: list[p.Variable] = []
        self.launches: list[p.Launch] = []
        self.bodies: list[list[p.Step]] = []
        self.params = 0

    def program(self) -> p.Program:
        """The program, read back from its text, and so checked."""
        made = p.Program(tuple(self.buffers), tuple(self.variables), tuple(self.launches))
        return p.Program.from_json(made.to_text())

    # Declarations.

    def _buffer(self, buffer) -> Buf:
        self.buffers.append(buffer)
        return Buf(len(self.buffers) - 1, buffer.dtype, buffer.shape)

    def _variable(self, name, kind, dtype, param=None) -> E:
        self.variables.append(p.Variable(name, kind, dtype, param))
        return E(p.Var(len(self.variables) - 1), dtype)

    def _param(self) -> int:
        self.params += 1
        return self.params - 1

    def tensor(self, name, shape, dtype="float32", pad=None) -> Buf:
        pad = None if pad is None else number(pad, dtype).node
        return self._buffer(p.Tensor(name, self._param(), dtype, tuple(shape), pad))

    def workspace(self, name, shape, dtype="float32") -> Buf:
        return self._buffer(p.Workspace(name, dtype, tuple(shape)))

    def scratch(self, name, shape, dtype="float32", scope="local.fragment") -> Buf:
        return self._buffer(p.Scratch(name, scope, dtype, tuple(shape)))

    def shared(self, name, shape, dtype="float32") -> Buf:
        return self.scratch(name, shape, dtype, "shared.dyn")

    def var(self, name, dtype="int32") -> Buf:
        return self.scratch(name, (1,), dtype, "local.var")

    def view(self, name, of: Buf, shape, dtype=None, offset=0) -> Buf:
        return self._buffer(p.View(name, of.id, offset, dtype or of.dtype, tuple(shape)))

    def scalar(self, name, dtype="int32") -> E:
        return self._variable(name, "scalar", dtype, self._param())

    # Steps.

    def step(self, step: p.Step) -> None:
        self.bodies[-1].append(step)

    @contextmanager
    def body(self, out: list):
        self.bodies.append(out)
        yield
        assert self.bodies.pop() is out

    @contextmanager
    def launch(self, grid=1, *names):
        """Yields the block's indices: one by itself, several as a tuple."""
        grid = (grid,) if isinstance(grid, int) else tuple(grid)
        indices = [self._variable(name, "block", "int32") for name in names]
        ids = tuple(e.node.id for e in indices) + (None,) * (3 - len(indices))
        body: list[p.Step] = []
        with self.body(body):
            yield indices[0] if len(indices) == 1 else tuple(indices)
        self.launches.append(p.Launch(grid + (1,) * (3 - len(grid)), ids, tuple(body)))

    @contextmanager
    def loop(self, name, extent, kind="serial", min=0, dtype="int32", **more):
        low, extent = lift(min, dtype).node, lift(extent, dtype).node
        var = self._variable(name, "loop", dtype)
        body: list[p.Step] = []
        with self.body(body):
            yield var
        self.step(p.Loop(var.node.id, extent, kind, tuple(body), low, **more))

    @contextmanager
    def map(self, kind="parallel", **loops):
        """Each keyword is a loop: its extent, or (extent, kind), or (extent, kind, min)."""
        nest, names = [], []
        for name, spec in loops.items():
            extent, *rest = spec if isinstance(spec, tuple) else (spec,)
            each = rest[0] if rest else kind
            low = lift(rest[1]).node if len(rest) > 1 else p.Const(0)
            node = extent(*names).node if callable(extent) else lift(extent).node
            var = self._variable(name, "loop", "int32")
            names.append(var)
            nest.append(p.MapLoop(var.node.id, node, each, low))
        body: list[p.Step] = []
        with self.body(body):
            yield names[0] if len(names) == 1 else tuple(names)
        self.step(p.Map(tuple(nest), tuple(body)))

    @contextmanager
    def when(self, condition):
        then: list[p.Step] = []
        with self.body(then):
            yield
        self.step(p.When(condition.node, tuple(then)))

    @contextmanager
    def otherwise(self):
        """The other branch of the ``when`` just before."""
        body: list[p.Step] = []
        with self.body(body):
            yield
        self.bodies[-1][-1] = replace(self.bodies[-1][-1], otherwise=tuple(body))

    @contextmanager
    def repeat_while(self, condition):
        body: list[p.Step] = []
        with self.body(body):
            yield
        self.step(p.While(condition.node, tuple(body)))

    def store(self, element: E, value) -> None:
        load = element.node
        self.step(p.Store(load.buffer, load.at, lift(value, element.dtype).node))

    def atomic_store(self, kind, element: E, value) -> None:
        load = element.node
        self.step(p.AtomicStore(kind, load.buffer, load.at, lift(value, element.dtype).node))

    def let(self, name, value: E) -> E:
        var = self._variable(name, "let", value.dtype)
        self.step(p.Let(var.node.id, value.node))
        return var

    def assign(self, buffer: Buf, value) -> None:
        self.step(p.Assign(buffer.id, lift(value, buffer.dtype).node))

    def copy(self, src, dst) -> None:
        self.step(p.Copy(src.region(), dst.region()))

    def fill(self, dst, value) -> None:
        dtype = (dst.buffer if isinstance(dst, Box) else dst).dtype
        self.step(p.Fill(dst.region(), lift(value, dtype).node))

    def gemm(self, a, b, c, clear=False, **transposes) -> None:
        clear = lift(clear, "bool").node
        self.step(p.Gemm(a.region(), b.region(), c.region(), **transposes, clear=clear))

    def reduce(self, kind, src, dst, axis, **more) -> None:
        self.step(p.Reduce(kind, src.region(), dst.region(), axis, **more))

    def scan(self, kind, src, dst, axis, **more) -> None:
        self.step(p.Scan(kind, src.region(), dst.region(), axis, **more))

    def transpose(self, src, dst) -> None:
        self.step(p.Transpose(src.region(), dst.region()))

    def atomic(self, kind, dst, value=None, src=None) -> None:
        dtype = (dst.buffer if isinstance(dst, Box) else dst).dtype
        value = None if value is None else lift(value, dtype).node
        self.step(p.Atomic(kind, dst.region(), value, src and src.region()))

    def opaque(self, op, reason, reads=(), writes=(), binds=()) -> list[E]:
        """``binds``: names of int32 variables that get values."""
        variables = [self._variable(name, "let", "int32") for name in binds]
        ids = tuple(v.node.id for v in variables)
        of = tuple(b.id for b in reads), tuple(b.id for b in writes)
        self.step(p.Opaque(op, reason, *of, ids))
        return variables
