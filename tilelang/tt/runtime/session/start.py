"""Starts a module of this package by itself: python start.py MODULE ARG...

``tilelang`` becomes a bare package that holds nothing but the ``tt`` that this file is in. So a
device's process doesn't import the whole of TileLang, which takes seconds where the two are in one
environment; and in the process of another interpreter the package is this one, of the same
version, wherever it is installed there, or isn't.
"""

import sys

if __name__ == "__main__":
    sys.path.pop(0)  # this folder, whose modules would hide others of their names

    import importlib
    import types
    from pathlib import Path

    package = types.ModuleType("tilelang")
    package.__path__ = [str(Path(__file__).resolve().parents[3])]
    vars(package)["is_bare"] = True
    sys.modules["tilelang"] = package
    importlib.import_module(sys.argv[1]).main(*sys.argv[2:])
