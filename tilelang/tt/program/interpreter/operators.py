"""The steps that work on regions: copies with padding, gemm, reductions, scans, atomics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..dtypes import DTYPES
from ..expressions import Const, Expr
from ..program import Program
from ..steps import Atomic, Copy, Fill, Gemm, Reduce, Region, Scan, Transpose
from .budget import Budget
from .evaluate import Evaluator, Frame
from .maps import combination
from .memory import Array, Memory
from .values import F32, KernelError, Value, cast, numpy_dtype

Run = Callable[[Frame], None]


class Box:
    """A region, compiled: reads and writes its elements."""

    def __init__(self, memory: Memory, evaluator: Evaluator, region: Region) -> None:
        self.array = memory.arrays[region.buffer]
        self.pad = memory.pads[region.buffer]
        self.dtype = memory.program.buffers[region.buffer].dtype
        self.name = memory.program.buffers[region.buffer].name
        self.at = [_integer(evaluator, e) for e in region.at]
        self.extents = [_integer(evaluator, e) for e in region.shape]

    def shape(self, frame: Frame) -> tuple[int, ...]:
        shape = tuple([extent(frame) for extent in self.extents])
        if min(shape, default=0) < 0:
            raise KernelError(f"has extents {shape} of {self.name}; expected none below 0")
        return shape

    def part(self, frame: Frame, verb: str) -> tuple[tuple[int, ...], Any, Any]:
        """(the shape, the part of it that is in the buffer or None for all, the buffer's part)."""
        shape = self.shape(frame)
        first = [each(frame) for each in self.at]
        inner: list[slice] = []
        outer: list[slice] = []
        whole = True
        for at, extent, size in zip(first, shape, self.array.shape, strict=True):
            low, high = max(at, 0), min(at + extent, size)
            high = max(low, high)
            whole = whole and high - low == extent
            inner.append(slice(low - at, high - at))
            outer.append(slice(low, high))
        if not whole and self.pad is None and all(shape):
            region = ", ".join(f"{at}:{at + n}" for at, n in zip(first, shape, strict=True))
            extents = ", ".join(map(str, self.array.shape))
            raise KernelError(
                f"{verb} {self.name}[{region}], not all inside; expected a part of its ({extents})"
            )
        return shape, None if whole else tuple(inner), tuple(outer)

    def read(self, frame: Frame) -> Array:
        """The elements, padded. Where nothing is outside, the buffer's own: not to be written."""
        shape, inner, outer = self.part(frame, "reads")
        found: Array = self.array[outer]
        if inner is None:
            return found
        padded = np.full(shape, self.pad, self.array.dtype)
        if found.size:
            padded[inner] = found
        return padded

    def write(self, frame: Frame, value: Value) -> None:
        """Elements of the buffer's dtype, in the region's shape or one that spreads to it."""
        shape, inner, outer = self.part(frame, "writes")
        if inner is None:
            self.array[outer] = value
        elif self.array[outer].size:
            self.array[outer] = np.broadcast_to(value, shape)[inner]


def _integer(evaluator: Evaluator, e: Expr) -> Callable[[Frame], int]:
    if isinstance(e, Const):
        value = int(e.value)
        return lambda frame: value
    evaluate = evaluator.compile(e)
    return lambda frame: int(evaluate(frame))


def _reshaped(value: Array, shape: tuple[int, ...], what: str) -> Array:
    """Elements in another shape that differs by extents of 1."""
    if [n for n in value.shape if n != 1] != [n for n in shape if n != 1]:
        raise KernelError(f"{what} extents {value.shape} to {shape}; expected the same but for 1")
    return value.reshape(shape)


class OperatorCompiler:
    """Compiles the steps that work on regions to functions of a frame."""

    def __init__(
        self, program: Program, memory: Memory, evaluator: Evaluator, budget: Budget
    ) -> None:
        self.program = program
        self.memory = memory
        self.e = evaluator
        self.budget = budget

    def box(self, region: Region) -> Box:
        return Box(self.memory, self.e, region)

    def shared(self, a: Region, b: Region) -> bool:
        return self.program.storage(a.buffer) == self.program.storage(b.buffer)

    def copy(self, step: Copy) -> Run:
        src, dst = self.box(step.src), self.box(step.dst)
        shared = self.shared(step.src, step.dst)

        def copy(frame: Frame) -> None:
            value = cast(src.read(frame), src.dtype, dst.dtype)
            self.budget.charge(value.size)
            value = _reshaped(value, dst.shape(frame), "copies")
            dst.write(frame, value.copy() if shared else value)

        return copy

    def fill(self, step: Fill) -> Run:
        dst = self.box(step.dst)
        value = self.e.of_dtype(step.value, dst.dtype)
        return lambda frame: dst.write(frame, value(frame))

    def transpose(self, step: Transpose) -> Run:
        src, dst = self.box(step.src), self.box(step.dst)

        def transpose(frame: Frame) -> None:
            value = cast(src.read(frame), src.dtype, dst.dtype).swapaxes(-1, -2)
            self.budget.charge(value.size)
            shape = dst.shape(frame)
            if value.shape[-2:] != shape[-2:]:
                raise KernelError(f"transposes to {value.shape[-2:]}; expected dst's {shape[-2:]}")
            dst.write(frame, _reshaped(value.copy(), shape, "transposes"))

        return transpose

    def gemm(self, step: Gemm) -> Run:
        a, b, c = self.box(step.a), self.box(step.b), self.box(step.c)
        clear = self.e.compile(step.clear)
        dtype = numpy_dtype(c.dtype)
        narrow = DTYPES[c.dtype].narrow
        work = F32 if narrow else dtype

        def gemm(frame: Frame) -> None:
            x, y = (
                _reshaped(each.read(frame).astype(work), each.shape(frame)[-2:], "multiplies")
                for each in (a, b)
            )
            x = x if step.transpose_a else x.T
            y = y.T if step.transpose_b else y
            shape = c.shape(frame)
            if (x.shape[0], x.shape[1], y.shape[1]) != (y.shape[0], *shape[-2:]):
                raise KernelError(
                    f"multiplies {x.T.shape} by {y.shape} into {shape[-2:]}; expected them to fit"
                )
            self.budget.charge(x.size * y.shape[1])
            total = _reshaped(c.read(frame).astype(work), shape[-2:], "multiplies")
            if clear(frame):
                total[...] = 0
            _multiply_into(total, np.ascontiguousarray(x), np.ascontiguousarray(y), dtype)
            c.write(frame, total.astype(dtype).reshape(shape))

        return gemm

    def reduce(self, step: Reduce) -> Run:
        src, dst = self.box(step.src), self.box(step.dst)
        join = _join(step.kind, dst.dtype, step.nan)

        def reduce(frame: Frame) -> None:
            value = cast(src.read(frame), src.dtype, dst.dtype)
            self.budget.charge(value.size)
            value = np.moveaxis(value, step.axis, 0)
            if step.kind.startswith("abs"):
                value = np.abs(value)
            if not len(value):
                raise KernelError(f"reduces 0 elements of {src.name}; expected at least 1")
            total = _fold(join, value)
            shape = dst.shape(frame)
            total = _reshaped(total, shape, "reduces")
            if not step.clear:
                total = join(dst.read(frame), total)
            dst.write(frame, total)

        return reduce

    def scan(self, step: Scan) -> Run:
        src, dst = self.box(step.src), self.box(step.dst)
        join = _join(step.kind, dst.dtype, False)

        def scan(frame: Frame) -> None:
            value = cast(src.read(frame), src.dtype, dst.dtype)
            self.budget.charge(value.size)
            along = np.moveaxis(value, step.axis, 0)
            along = along[::-1] if step.reverse else along
            out = np.empty_like(along)
            for i, each in enumerate(along):
                out[i] = each if i == 0 else join(out[i - 1], each)
            out = np.moveaxis(out[::-1] if step.reverse else out, 0, step.axis)
            dst.write(frame, _reshaped(out, dst.shape(frame), "scans"))

        return scan

    def atomic(self, step: Atomic) -> Run:
        dst = self.box(step.dst)
        join = combination(step.kind, dst.dtype)
        if step.src is not None:
            src = self.box(step.src)

            def source(frame: Frame) -> Value:
                found = cast(src.read(frame), src.dtype, dst.dtype)
                return _reshaped(found, dst.shape(frame), "combines")

            value: Callable[[Frame], Value] = source
        else:
            assert step.value is not None
            value = self.e.of_dtype(step.value, dst.dtype)

        def atomic(frame: Frame) -> None:
            held = dst.read(frame)
            self.budget.charge(held.size)
            dst.write(frame, join(held, value(frame)))

        return atomic


def _multiply_into(total: Array, x: Array, y: Array, dtype: np.dtype[Any]) -> None:
    """total += x.T @ y, the k-th products after those before; each node in a dtype."""
    narrow = total.dtype != dtype
    products = np.empty_like(total)
    for along_m, along_n in zip(x, y, strict=True):
        np.multiply(along_m[:, None], along_n, out=products)
        if narrow:
            total[...] = (total + products.astype(dtype).astype(F32)).astype(dtype).astype(F32)
        else:
            np.add(total, products, out=total)


def _join(kind: str, dtype: str, nan: bool) -> Callable[[Value, Value], Value]:
    """How two values of a dtype are reduced to one."""
    known = DTYPES[dtype]
    if kind.startswith("bit"):
        return {"bitand": np.bitwise_and, "bitor": np.bitwise_or, "bitxor": np.bitwise_xor}[kind]
    if kind in ("sum", "abssum"):
        function: Callable[..., Value] = np.add
    elif known.kind == "float" and not nan:
        function = np.fmin if kind == "min" else np.fmax
    else:
        function = np.minimum if kind == "min" else np.maximum
    if not known.narrow:
        return function
    target = numpy_dtype(dtype)
    return lambda a, b: function(a.astype(F32), b.astype(F32)).astype(target)


def _fold(join: Callable[[Value, Value], Value], value: Array) -> Array:
    """Along the first axis, in ascending order."""
    total = np.ascontiguousarray(value[0])
    for each in value[1:]:
        total = join(total, each)
    return np.asarray(total)
