"""The console script's way in: a command imports no more of TileLang than it has a use for.

``tilelang.tt`` is a part of the package ``tilelang``, and importing a part imports the whole first,
which takes seconds. So this stands beside that package. It puts ``tilelang`` into
``sys.modules`` without running it, and who wants its TVM (``tilelang.tt._ffi``) has it run then.
"""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec


def main() -> None:
    """The command line ``tilelang-tt``."""
    put_off()
    from tilelang.tt.cli import main as run

    run()


def put_off() -> None:
    """Have ``tilelang`` as a module that was not run, and is when its ``make_whole`` is called."""
    spec = PathFinder.find_spec("tilelang")
    assert spec is not None  # this was installed beside a part of it
    package = module_from_spec(spec)

    def make_whole() -> None:
        del package.is_bare, package.make_whole
        if spec.origin is not None:  # else it is a namespace, with nothing to run
            assert spec.loader is not None
            spec.loader.exec_module(package)
        package.tt.join_tilelang()

    vars(package).update(is_bare=True, make_whole=make_whole)
    sys.modules["tilelang"] = package
