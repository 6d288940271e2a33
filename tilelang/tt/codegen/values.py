"""The values that maps store, as operations on tiles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..program import Cast, Const, Expr, Load, Op, Program, Scratch, Var, View, dtype_of, nodes
from ..program.dtypes import DTYPES
from ..program.formulas import gelu_of, inlined
from .tiles import Apply, Leaf, Number, Value

#: What a value may hold: the operations that the vector unit has a function for.
FUNCTIONS = frozenset(
    {
        *("add", "sub", "mul", "div", "min", "max", "fma", "abs"),
        *("exp", "exp2", "log", "log2", "sqrt", "rsqrt", "sigmoid", "tanh", "erf"),
        *("eq", "ne", "lt", "le", "gt", "ge", "and", "or", "not", "select"),
    }
)

#: A value that is written out without sharing can grow; beyond this it is refused.
_MOST_NODES = 2000


class NoValue(Exception):
    """Why an expression is none; the arguments are the reason and what to do."""


@dataclass(frozen=True)
class Place:
    """What indexes the rows and the columns of a map's target, by variable; None: nothing does.

    ``lead``: what indexes its matrices, where it has several.
    """

    row: int | None
    column: int | None
    lead: tuple[int, ...] = ()


def spread_of(by_row: bool, by_column: bool) -> str:
    """A Leaf's spread. Along what the target lacks there is nothing to spread: say True."""
    if by_row:
        return "tile" if by_column else "column"
    return "row" if by_column else "scalar"


class Valuer:
    """Turns the expression that a map stores into a Value.

    ``stage`` gives the storage for a load from device memory, ``mask`` that of a condition on
    indices, ``turned`` that of a buffer's transpose; ``lies`` says how a buffer of rank 1 lies,
    ``number`` what value a constant has.
    """

    def __init__(
        self,
        program: Program,
        place: Place,
        lets: Mapping[int, Expr],
        lies: Callable[[int], str],
        stage: Callable[[Load], Leaf],
        mask: Callable[[Expr], int],
        turned: Callable[[int], int],
        number: Callable[[Expr], float | None],
    ) -> None:
        self.program = program
        self.place = place
        self.lets = lets
        self.lies = lies
        self.stage = stage
        self.mask = mask
        self.turned = turned
        self.number = number
        self._nodes = 0

    def value(self, e: Expr) -> Value:
        """Raises NoValue."""
        self._nodes += 1
        if self._nodes > _MOST_NODES:
            raise NoValue(
                f"its value has more than {_MOST_NODES} operations", "store parts of it in a buffer"
            )
        dtype = dtype_of(self.program, e)
        if dtype == "bool":
            return self._truth(e)
        if DTYPES[dtype].kind != "float":
            raise NoValue(f"it computes with {dtype}", "compute with floats")
        if dtype == "float64":
            raise NoValue("it computes with float64", "compute with float32")
        if isinstance(e, Var):
            if e.id in self.lets:
                return self.value(self.lets[e.id])
            return Number(e.id)
        if isinstance(e, Load):
            return self._leaf(e)
        if isinstance(e, Cast):
            return self._cast(e)
        if isinstance(e, Op):
            return self._op(e)
        if isinstance(e, Const):
            raise NoValue(f"it has a literal, {e.value!r}", "report this")
        raise NoValue("it takes the bits of a value as another dtype", "use T.cast")

    def _op(self, e: Op) -> Value:
        if e.op not in FUNCTIONS:
            raise NoValue(f"the vector unit has no function for {e.op}", "use another")
        if e.op == "mul":
            x = gelu_of(e, self.number, self.lets)
            if x is not None:
                return Apply("gelu", (self.value(x),))
        if e.op == "fma":
            product = Apply("mul", (self.value(e.args[0]), self.value(e.args[1])))
            return Apply("add", (product, self.value(e.args[2])))
        return Apply(e.op, tuple(self.value(arg) for arg in e.args))

    def _cast(self, e: Cast) -> Value:
        source = dtype_of(self.program, e.value)
        if DTYPES[source].kind in ("float", "bool"):
            return self.value(e.value)
        raise NoValue(
            f"it casts {source} to {e.dtype}", "give the number in a tensor or a float32 scalar"
        )

    def _truth(self, e: Expr) -> Value:
        """A condition as 1 or 0."""
        e = inlined(e, self.lets)
        if not any(isinstance(node, Load) for node in nodes(e)) and self._of_indices(e):
            return Leaf(self.mask(e), "tile")
        if isinstance(e, Op) and e.op in FUNCTIONS:
            return Apply(e.op, tuple(self.value(arg) for arg in e.args))
        if isinstance(e, Load):
            raise NoValue("it loads a bool", "keep conditions in floats, 1 and 0")
        raise NoValue("its condition is no comparison", "compare two values")

    def _of_indices(self, e: Expr) -> bool:
        """Whether an expression is about integers alone."""
        for node in nodes(e):
            kind = DTYPES[dtype_of(self.program, node)].kind
            if kind == "float" or (isinstance(node, Var) and node.id in self.lets):
                return False
        return True

    def _leaf(self, e: Load) -> Value:
        buffer = self.program.buffers[e.buffer]
        if isinstance(buffer, View):
            raise NoValue(f"it loads {buffer.name}, a view", "use the buffer itself")
        if not isinstance(buffer, Scratch):
            return self.stage(e)
        if buffer.scope == "local.var":
            raise NoValue(f"it loads {buffer.name}, a T.alloc_var", "use a fragment of shape (1,)")
        if len(buffer.shape) == 1:
            way = self.lies(e.buffer)
            row, column = (e.at[0], Const(0)) if way == "column" else (Const(0), e.at[0])
        else:
            row, column = e.at[-2] if len(e.at) > 1 else Const(0), e.at[-1]
        lead = tuple(i.id if isinstance(i, Var) else None for i in e.at[:-2] if i != Const(0))
        turned = self._is(row, self.place.column) and self._is(column, self.place.row)
        if turned and not lead and not self.place.lead:
            return Leaf(self.turned(e.buffer), "tile")
        found = self.spread(buffer.name, row, column)
        if lead != self.place.lead and (lead or found not in ("row", "scalar")):
            raise NoValue(
                f"the matrices of {buffer.name} are not indexed by the loops' variables in the "
                "target's order",
                "index them as the target's are",
            )
        return Leaf(e.buffer, found)

    def _is(self, index: Expr, var: int | None) -> bool:
        return var is not None and isinstance(index, Var) and index.id == var

    def spread(self, name: str, row: Expr, column: Expr) -> str:
        """How an element at a row and a column is taken, among the map's loops."""
        by_row = self._along(row, self.place.row)
        by_column = self._along(column, self.place.column)
        if by_row is None or by_column is None:
            raise NoValue(
                f"{name} is not indexed by the loops' variables in the target's order, or 0",
                "index it as the target is, or transpose it before",
            )
        return spread_of(by_row or self.place.row is None, by_column or self.place.column is None)

    def _along(self, index: Expr, var: int | None) -> bool | None:
        if index == Const(0):
            return False
        return True if isinstance(index, Var) and index.id == var else None
