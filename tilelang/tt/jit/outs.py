"""``tilelang.tt.run(kernel, A, B, out=C)`` of a compiled kernel: a call that is given its results.

TileLang's own call can't say that. What it calls is a function of its adapter's, which takes as
many arguments as there are inputs and no names; no backend makes it, or is asked before it.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from typing import Any

from .compiled import read
from .kernel import Kernel

#: By what TileLang compiled, the same kernel with all its outputs passed.
_PASSED: weakref.WeakKeyDictionary[Any, Kernel] = weakref.WeakKeyDictionary()


def run(kernel: Any, args: Sequence[Any], named: Mapping[str, Any]) -> Any:
    """Call a kernel on the device that its calls use.

    Parameters
    ----------
    kernel : what ``tilelang.compile`` or a lazy ``tilelang.jit`` gives, for this target
    args, named : what it takes, in order or by the names of parameters; and ``out``, for what
        ``out_idx`` names, a tensor or a tuple of them in its order. But of a function with a
        parameter of that name it is that one

    Returns what is in ``out``; without it, what TileLang's call does.

    Raises what that call does, and ValueError for arguments that don't fit, ``out`` of a kernel
    without ``out_idx`` among them.
    """
    whole = _passed(kernel)
    of = f"kernel {whole.compiled.name}"
    names = [parameter.name for parameter in whole.compiled.parameters]
    results = list(kernel.out_idx)
    given: dict[int, Any] = {}
    for name, value in named.items():
        if name in names:
            given[names.index(name)] = value
        elif name == "out":
            given |= _outs(of, names, results, value)
        else:
            raise ValueError(f"{of}: found an argument {name!r}; expected one of {names}")
    lacking = [names[place] for place in results if place not in given]
    if lacking and len(lacking) != len(results):
        raise ValueError(f"{of}: found results without {lacking}; expected all of them, or none")
    rest = [place for place in range(len(names)) if place not in given and place not in results]
    if len(args) != len(rest):
        wanted = ", ".join(names[place] for place in rest)
        raise ValueError(f"{of}: found {len(args)} arguments; expected {len(rest)} ({wanted})")
    given |= zip(rest, args, strict=True)
    in_order = [given[place] for place in sorted(given)]
    if lacking or not results:
        return kernel(*in_order)
    whole(*in_order)
    made = tuple(given[place] for place in results)
    return made[0] if len(made) == 1 else made


def _outs(of: str, names: Sequence[str], results: Sequence[int], out: Any) -> dict[int, Any]:
    """The tensors that ``out`` is, by the places of the results."""
    each = tuple(out) if isinstance(out, (tuple, list)) else (out,)
    if len(each) != len(results):
        expected = f"{len(results)} ({', '.join(names[place] for place in results)})"
        if not results:
            expected = "none: without out_idx, outputs are passed in their places"
        raise ValueError(f"{of}: found {len(each)} tensors as out; expected {expected}")
    return dict(zip(results, each, strict=True))


def _passed(kernel: Any) -> Kernel:
    whole = _PASSED.get(kernel)
    if whole is None:
        # Of the function that TileLang keeps, all tensors are passed: out_idx is said beside it.
        compiled = read(kernel.prim_func, kernel.target)
        whole = _PASSED.setdefault(kernel, Kernel(compiled))
    return whole
