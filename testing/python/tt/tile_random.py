"""Random tile programs that are well formed, for round trips: they need not make sense when run."""

from __future__ import annotations

import math
import random

from tilelang.tt import program as p
from tilelang.tt.program.steps import bound_by

INTS = ["int32", "int64", "uint8"]
FLOATS = ["float32", "bfloat16", "float64", "float8_e4m3fn"]


class Maker:
    """Makes one program; ``r`` decides everything."""

    def __init__(self, r: random.Random) -> None:
        self.r = r
        self.buffers: list[p.Buffer] = []
        self.variables: list[p.Variable] = []
        self.scope: list[int] = []

    def program(self) -> p.Program:
        r = self.r
        for index in range(r.randint(2, 5)):
            shape = tuple(r.choice([1, 8, 32, 64]) for _ in range(r.randint(0, 3)))
            self.buffers.append(self.buffer(index, shape))
        for index in range(r.randint(0, 2)):
            kind = r.choice([*INTS, "bool", "float32"])
            self.scope.append(self.variable("scalar", kind, 100 + index))
        launches = tuple(self.launch() for _ in range(r.randint(1, 2)))
        return p.Program(tuple(self.buffers), tuple(self.variables), launches)

    def name(self) -> str:
        return self.r.choice(["A", "B", "acc_s", "x", "long_" * 9 + "name", "ü", '"q', "i"])

    def buffer(self, index: int, shape: tuple[int, ...]) -> p.Buffer:
        r, name = self.r, self.name()
        dtype = r.choice([*INTS, *FLOATS, "bool"])
        pad = r.choice([None, self.constant(dtype)])
        storages = [i for i, b in enumerate(self.buffers) if not isinstance(b, p.View)]
        kind = r.randint(0, 3 if storages else 2)
        if kind == 0:
            return p.Tensor(name, index, dtype, shape, pad)
        if kind == 1:
            return p.Workspace(name, dtype, shape, pad)
        if kind == 2:
            return p.Scratch(name, r.choice(["shared.dyn", "local.var", "odd"]), dtype, shape)
        of = r.choice(storages)
        return p.View(name, of, 0, self.buffers[of].dtype, self.buffers[of].shape[:1] or (1,))

    def variable(self, kind: str, dtype: str, param: int | None = None) -> int:
        self.variables.append(p.Variable(self.name(), kind, dtype, param))
        return len(self.variables) - 1

    def launch(self) -> p.Launch:
        r, before = self.r, len(self.scope)
        ids = [self.variable("block", "int32") if r.random() < 0.6 else None for _ in range(3)]
        self.scope += [id for id in ids if id is not None]
        body = self.body(3, False)
        del self.scope[before:]
        return p.Launch((r.randint(1, 9), 1, r.randint(1, 2)), tuple(ids), body)

    # Expressions of a dtype.

    def constant(self, dtype: str) -> p.Const:
        kind = p.DTYPES[dtype].kind
        if kind == "bool":
            return p.Const(self.r.random() < 0.5, dtype)
        if kind != "float":
            return p.Const(self.r.choice([0, 1, 64, 127]), dtype)
        special = [0.0, -0.0, 1.5, 1e-8, 1e22, math.inf, -math.inf, math.nan, self.r.gauss(0, 1)]
        return p.Const(self.r.choice(special), dtype)

    def expr(self, dtype: str, depth: int = 3) -> p.Expr:
        r = self.r
        leaves: list[p.Expr] = [self.constant(dtype)]
        leaves += [p.Var(id) for id in self.scope if self.variables[id].dtype == dtype]
        if depth == 0 or r.random() < 0.3:
            return r.choice(leaves)
        loads = [id for id, b in enumerate(self.buffers) if b.dtype == dtype]
        if loads and r.random() < 0.3:
            id = r.choice(loads)
            return p.Load(id, self.at(id, depth - 1))
        if r.random() < 0.2:
            return p.Cast(dtype, self.expr(r.choice([*INTS, *FLOATS, "bool"]), depth - 1))
        if dtype == "bool":
            ops = [k for k, o in p.OPERATIONS.items() if o.result == "bool"] + ["and", "not"]
            key = r.choice(ops)
            among = sorted(p.OPERATIONS[key].dtypes & {*INTS, *FLOATS, "bool"})
            dtype = r.choice(among)
        else:
            fitting = (
                k for k, o in p.OPERATIONS.items() if o.result != "bool" and dtype in o.dtypes
            )
            key = r.choice([*fitting])
        args = [self.expr(dtype, depth - 1) for _ in range(p.OPERATIONS[key].arity)]
        if key == "select":
            args[0] = self.expr("bool", depth - 1)
        return p.Op(key, tuple(args))

    def at(self, id: int, depth: int = 2) -> tuple[p.Expr, ...]:
        return tuple(self.expr("int32", depth) for _ in self.buffers[id].shape)

    def whole(self, id: int) -> p.Region:
        shape = tuple(map(p.Const, self.buffers[id].shape))
        return p.Region(id, self.at(id), shape)

    # Steps.

    def body(self, depth: int, in_map: bool, in_loop: bool = False) -> tuple[p.Step, ...]:
        before = len(self.scope)
        steps = []
        for _ in range(self.r.randint(1, 3)):
            step = self.in_map(depth) if in_map else self.step(depth, in_loop)
            steps.append(step)
            self.scope += bound_by([step])
        del self.scope[before:]
        return tuple(steps)

    def within(self, var: int, depth: int, in_map: bool, in_loop: bool = True):
        self.scope.append(var)
        body = self.body(depth, in_map, in_loop)
        self.scope.remove(var)
        return body

    def let(self) -> p.Let:
        dtype = self.r.choice([*INTS, *FLOATS, "bool"])
        value = self.expr(dtype)
        return p.Let(self.variable("let", dtype), value)

    def in_map(self, depth: int) -> p.Step:
        r, id = self.r, self.r.randrange(len(self.buffers))
        dtype = self.buffers[id].dtype
        choice = r.randint(0, 4 if depth else 2)
        if choice == 0:
            return self.let()
        if choice == 1 and dtype != "bool":
            return p.AtomicStore(r.choice(["add", "max"]), id, self.at(id), self.expr("int32"))
        if choice <= 2:
            return p.Store(id, self.at(id), self.expr(dtype))
        if choice == 3:
            otherwise = self.body(depth - 1, True) if r.random() < 0.5 else ()
            return p.When(self.expr("bool"), self.body(depth - 1, True), otherwise)
        low, extent = self.expr("int32", 1), self.expr("int32", 1)
        low = p.ZERO if isinstance(low, p.Const) and low.value == 0 else low
        var = self.variable("loop", r.choice(INTS))
        kind = r.choice(["serial", "unrolled", "vectorised"])
        return p.Loop(var, extent, kind, self.within(var, depth - 1, True), low)

    def step(self, depth: int, in_loop: bool) -> p.Step:
        r, id = self.r, self.r.randrange(len(self.buffers))
        buffer, region = self.buffers[id], self.whole(id)
        numbers = buffer.dtype in p.NUMBERS
        choice = r.randint(0, 12 if depth else 8)
        if choice == 0:
            return p.Copy(region, self.whole(id))
        if choice == 1:
            return p.Fill(region, self.expr(r.choice([buffer.dtype, "int32"])))
        if (
            choice == 2
            and len(buffer.shape) == 2
            and buffer.shape[0] == buffer.shape[1]
            and numbers
        ):
            flags = r.random() < 0.5, r.random() < 0.5
            return p.Gemm(region, region, region, *flags, clear=self.expr("bool"))
        if choice == 3 and buffer.shape and numbers:
            one = p.Region(id, region.at, (p.Const(1), *region.shape[1:]))
            kind = r.choice(["sum", "max", "absmax"])
            return p.Reduce(kind, region, one, 0, r.random() < 0.5, r.random() < 0.5)
        if choice == 4 and buffer.shape and numbers:
            return p.Scan(r.choice(["sum", "max"]), region, region, 0, r.random() < 0.5)
        if choice == 5 and numbers:
            if r.random() < 0.5:
                return p.Atomic("add", region, src=region)
            return p.Atomic("min", region, value=self.expr(buffer.dtype))
        if choice == 6:
            return r.choice([p.Break(), p.Continue()]) if in_loop else p.Barrier()
        if choice == 7:
            reason = r.choice(["no plain meaning", "racy: " + "a reason that goes on and on " * 9])
            binds = tuple(self.variable("let", "int32") for _ in range(r.randint(0, 2)))
            return p.Opaque("tl.odd", reason, (id,), (), binds)
        if choice == 8 or depth == 0:
            return self.let()
        if choice == 9:
            loops, before = [], len(self.scope)
            for _ in range(r.randint(0, 3)):
                extent = self.expr("int32", 1)
                var = self.variable("loop", "int32")
                kind = r.choice(["parallel", "serial", "thread", "unrolled", "vectorised"])
                loops.append(p.MapLoop(var, extent, kind))
                self.scope.append(var)
            body = self.body(depth - 1, True)
            del self.scope[before:]
            return p.Map(tuple(loops), body)
        if choice == 10:
            return p.While(self.expr("bool"), self.body(depth - 1, False, True))
        if choice == 11:
            otherwise = self.body(depth - 1, False, in_loop) if r.random() < 0.5 else ()
            return p.When(self.expr("bool"), self.body(depth - 1, False, in_loop), otherwise)
        extent = self.expr("int32", 1)
        var = self.variable("loop", "int32")
        body = self.within(var, depth - 1, False)
        return p.Loop(var, extent, "serial", body, stages=r.randint(0, 3), order=(1, 0))
