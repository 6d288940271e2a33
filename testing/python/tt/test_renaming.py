"""A kernel with every name changed and its parameters in another order is the same program.

Nothing may be concluded from a name, or from a place among the parameters. Each kernel's source is
rewritten: the function, its parameters, its scratch and its variables get names of the same length
that say nothing, and the parameters are reversed.
"""

from __future__ import annotations

import ast
import itertools
import re
import runpy
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import tilelang.tt as tt
from tilelang.tt import program as p

pytestmark = pytest.mark.needs("tilelang")

SOURCE = Path(__file__).with_name("tilelang_kernels.py")
LETTERS = "qxzvjwkyuabcdefghilmnoprst"

# (the function of the file, how it is called)
KERNELS = {
    "batched_copy": (2, 64),
    "elementwise": (64, 128),
    "batched_gemm": (3, 64, 96, 32),
    "split_k": (128, 2),
    "with_scalar": (64,),
    "everything": (),
    "row_scale": (),
    "with_workspace": (),
    "causal_attention": (1, 2, 128, 64),
    "racy_sum": (),
}


def _names_of(length: int) -> Iterator[str]:
    return map("".join, itertools.product(LETTERS + LETTERS.upper(), repeat=length))


class Renamer(ast.NodeTransformer):
    """Renames what each kernel of the file binds; ``renamed`` has the names by kernel."""

    def __init__(self, source: str) -> None:
        names = (n for n in ast.walk(ast.parse(source)) if isinstance(n, (ast.Name, ast.arg)))
        self.taken = {n.id if isinstance(n, ast.Name) else n.arg for n in names}
        self.renamed: dict[str, dict[str, str]] = {}
        self._names: dict[str, str] = {}
        self._kernel = ""  # the last one's new name, which what makes it returns

    def _new(self, name: str) -> str:
        for new in _names_of(len(name)):
            if new not in self.taken and new not in self._names.values():
                return new
        raise AssertionError(f"no name of {len(name)} letters is left")

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        if not any("prim_func" in ast.unparse(each) for each in node.decorator_list):
            self.generic_visit(node)
            return node
        names = (n for n in ast.walk(node) if isinstance(n, ast.Name))
        stored = [n.id for n in names if isinstance(n.ctx, ast.Store)]
        self._names = {}
        for name in (node.name, *(a.arg for a in node.args.args), *dict.fromkeys(stored)):
            self._names[name] = self._new(name)
        self.renamed[self._names[node.name]] = {b: a for a, b in self._names.items()}
        node.args.args.reverse()
        self.generic_visit(node)
        node.name = self._names[node.name]
        self.taken.add(node.name)
        self._kernel, self._names = node.name, {}
        return node

    def visit_Return(self, node: ast.Return) -> ast.Return:
        if isinstance(node.value, ast.Name) and self._kernel:
            node.value.id = self._kernel
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.arg = self._names.get(node.arg, node.arg)
        self.generic_visit(node)
        return node

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self._names.get(node.id, node.id)
        return node


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The file's namespace as it is and renamed, and of each kernel the old names by the new."""
    source = SOURCE.read_text()
    renamer = Renamer(source)
    changed = ast.unparse(renamer.visit(ast.parse(source)))
    path = tmp_path_factory.mktemp("renamed") / "renamed_kernels.py"
    path.write_text(changed)
    return runpy.run_path(str(SOURCE)), runpy.run_path(str(path)), renamer.renamed


def _steps(program: p.Program, old: dict[str, str]) -> list[str]:
    """The listing without the parameters, under the old names; what is touched, by the alphabet."""

    def back(line: str) -> str:
        line = re.sub(r"[A-Za-z_]\w*", lambda m: old.get(m[0], m[0]), line)
        return re.sub(
            r"(?<=reads |rites )\w+(, \w+)*", lambda m: ", ".join(sorted(m[0].split(", "))), line
        )

    return [back(line.text) for line in p.listing_lines(program) if line.place]


def _told(kernel: tt.Plan, names: dict[str, str]) -> dict[str, tuple[object, ...]]:
    (function,) = kernel.functions
    return {
        names.get(name, name): (b.shape, b.dtype, b.role, b.written_by, b.accessor)
        for name, b in kernel.buffers(function).items()
    }


def _scheduled(kernel: tt.Plan, names: dict[str, str]) -> list[object]:
    """Each launch's schedule; its arguments by what they stand for, in any order."""
    return [
        (
            replace(schedule, runtime_args=()),
            {
                (arg.kind, names.get(arg.source, arg.source) or arg.name, arg.dtype, arg.value)
                for arg in schedule.runtime_args
            },
        )
        for schedule in kernel.schedules(*kernel.functions)
    ]


@pytest.mark.parametrize("name", KERNELS)
def test_another_name_for_everything_gives_the_same_program_and_plan(both, name):
    here, there, renamed = both
    one, other = (module[name](*KERNELS[name]) for module in (here, there))
    old = renamed[str(other.attrs["global_symbol"])]
    dims = {"n": 96} if name == "row_scale" else {}
    program, changed = tt.tile_program(one, dims), tt.tile_program(other, dims)
    params = [buffer.name for buffer in changed.buffers if isinstance(buffer, p.Tensor)]
    tensors = [buffer.name for buffer in program.buffers if isinstance(buffer, p.Tensor)]
    assert not set(params) & set(tensors)
    assert [old[param] for param in params] == tensors[::-1]
    assert _steps(changed, old) == _steps(program, {})

    plan, of_changed = (
        tt.Plan.from_module(tt.infer_metadata(f, "n150", dims)) for f in (one, other)
    )
    assert _told(of_changed, old) == _told(plan, {})
    assert _scheduled(of_changed, old) == _scheduled(plan, {})
