"""Kernels in a Python file: finding them, and tracing one into a PrimFunc or an IRModule."""

from __future__ import annotations

import ast
import contextlib
import importlib.machinery
import inspect
import logging
import os
import re
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from .. import _ffi
from ..extras import install_command


def parse_kernel(text: str) -> tuple[Path, str | None]:
    """``KERNEL.py:NAME`` as a path and a name; without NAME, the kernels are to be listed."""
    path, colon, name = text.rpartition(":")
    if not colon or os.path.isfile(text):
        return Path(text), None
    if not path or not name.isidentifier():
        raise ValueError(f"found {text!r}; expected KERNEL.py or KERNEL.py:NAME")
    return Path(path), name


def parse_arguments(texts: Sequence[str]) -> dict[str, Any]:
    """``["M=1024", "dtype=bfloat16"]`` as a dict; a value is a Python literal, else a string."""
    arguments: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            raise ValueError(f"found the argument {text!r}; expected NAME=VALUE, such as M=1024")
        if name in arguments:
            raise ValueError(f"found the argument {name} twice; expected it once")
        try:
            arguments[name] = ast.literal_eval(value)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            arguments[name] = value
    return arguments


@dataclass(frozen=True)
class KernelFile:
    """A Python file that was run, and what in it is a kernel or makes one."""

    path: Path
    kernels: Mapping[str, Any]

    @classmethod
    def load(cls, path: Path) -> KernelFile:
        """Run the file and look through its names.

        Raises ValueError if it is absent, fails, or holds no kernel; ImportError if it needs
        a package that is not installed.
        """
        try:
            if not path.is_file():
                raise ValueError(
                    f"{path}: found no such file; expected a Python file with a kernel"
                )
        except OSError as error:
            raise ValueError(
                f"{path}: {error.strerror}; expected a Python file with a kernel"
            ) from error
        if path.suffix == ".json":
            raise ValueError(
                f"{path}: expected a Python file with a kernel; to draw a plan: "
                f"tilelang-tt show {path}"
            )
        tvm = _ffi.import_tvm()
        module = _run(path)
        kernels = {
            name: value
            for name, value in vars(module).items()
            if not name.startswith("_") and _is_kernel(tvm, module, value)
        }
        if not kernels:
            raise ValueError(
                f"{path}: found no kernel; expected a PrimFunc, an IRModule, a @tilelang.jit "
                "kernel, or a function that returns one"
            )
        return cls(path, kernels)

    def listed(self) -> list[str]:
        """The kernels' names, without a main(), which is mostly the file's own program."""
        return [name for name in self.kernels if name != "main" or _is_jit(self.kernels[name])]

    def describe(self, name: str) -> str:
        """What a kernel is and which parameters it takes, for people."""
        kernel = self.kernels[name]
        if _is_jit(kernel):
            kind = "@tilelang.jit kernel"
        elif callable(kernel) and inspect.isfunction(kernel):
            kind = "function"
        else:
            return type(kernel).__name__
        parameters = ", ".join(
            parameter.name
            if parameter.default is parameter.empty
            else f"{parameter.name}={parameter.default!r}"
            for parameter in _signature(kernel).parameters.values()
        )
        constants = "".join(f", {name}" for name in _constants(kernel)) if _is_jit(kernel) else ""
        return f"{kind} ({parameters}{constants})"

    def trace(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """The PrimFunc or IRModule of a kernel.

        Raises ValueError for a name that is no kernel here, arguments it does not take, or an
        error in the kernel's own code.
        """
        if name not in self.kernels:
            raise ValueError(
                f"{self.path}: found no kernel {name!r}; expected one of {', '.join(self.kernels)}"
            )
        tvm = _ffi.import_tvm()
        kernel = self.kernels[name]
        if isinstance(kernel, (tvm.tirx.PrimFunc, tvm.IRModule)):
            if arguments:
                raise ValueError(
                    f"{self.path}:{name}: found the arguments {', '.join(arguments)}; "
                    f"expected none, since it is a {type(kernel).__name__}"
                )
            return kernel
        place = f"{self.path}:{name}"
        try:
            _check_arguments(kernel, arguments)
            with _importing_from(self.path), _quiet_tilelang():
                if not _is_jit(kernel):
                    kernel, arguments = kernel(**arguments), {}
                traced = _traced(kernel, arguments) if _is_jit(kernel) else kernel
        except (Exception, SystemExit) as error:  # what the kernel's own code raises
            values = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
            raise ValueError(
                f"{place}: {_explain(error, self.path)}"
                f" ({f'with {values}; ' if values else ''}parameters are given by -a NAME=VALUE, "
                f"to the {self.describe(name)})"
            ) from error
        if not isinstance(traced, (tvm.tirx.PrimFunc, tvm.IRModule)):
            raise ValueError(
                f"{place} returned a {type(traced).__name__}; expected a PrimFunc or an IRModule"
            )
        return traced


@contextlib.contextmanager
def _importing_from(path: Path) -> Iterator[None]:
    """Lets a file import its neighbours, and nobody else import them in a package's place."""
    folder = str(path.resolve().parent)
    sys.path.append(folder)
    try:
        yield
    finally:
        sys.path.remove(folder)


@contextlib.contextmanager
def _quiet_tilelang() -> Iterator[None]:
    """TileLang logs the whole source of what it can't trace; the error says what matters."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _run(path: Path) -> ModuleType:
    # A name of its own, so that a file may be called as a package is.
    name = f"_tilelang_tt_kernel_{path.stem}"
    loader = importlib.machinery.SourceFileLoader(name, str(path))
    module = ModuleType(name)
    module.__file__ = str(path)
    # TileLang's tracer looks up the source of what it traces by its module.
    sys.modules[name] = module
    try:
        with _importing_from(path):
            loader.exec_module(module)
    except ImportError as error:
        missing = (error.name or "").partition(".")[0]
        advice = f"; install {missing}" if missing else ""
        if missing == "tilelang":
            advice = f"; plan it in an environment of its own, with {install_command(missing)}"
        raise ImportError(f"{path}: {_explain(error, path)}{advice}") from error
    except Exception as error:
        raise ValueError(f"{path}: {_explain(error, path)}") from error
    except SystemExit as error:
        raise ValueError(f"{path}: it exits ({error}) when imported; expected a module") from error
    return module


def _is_kernel(tvm: Any, module: ModuleType, value: Any) -> bool:
    if isinstance(value, (tvm.tirx.PrimFunc, tvm.IRModule)) or _is_jit(value):
        return True
    return inspect.isfunction(value) and value.__module__ == module.__name__


def _is_jit(value: Any) -> bool:
    return not isinstance(value, type) and callable(getattr(value, "get_tir", None))


def _signature(kernel: Any) -> inspect.Signature:
    found = getattr(kernel, "signature", None)
    return found if isinstance(found, inspect.Signature) else inspect.signature(kernel)


def _constants(kernel: Any) -> list[str]:
    """The names that a kernel in TileLang's eager style gives to T.const; its source has them."""
    source = getattr(kernel, "func_source", None) or ""
    named = re.findall(r"""\bconst\(\s*["']([^"']*)["']""", source)
    return list(dict.fromkeys(re.findall(r"\w+", " ".join(named))))


def _check_arguments(kernel: Any, arguments: Mapping[str, Any]) -> None:
    if _is_jit(kernel):
        # TileLang ignores a name that it does not know.
        known = {*_signature(kernel).parameters, *_constants(kernel)}
        for name in arguments:
            if name not in known:
                raise ValueError(
                    f"found the argument {name}; expected one of {', '.join(sorted(known))}"
                )
        return
    try:
        inspect.signature(kernel).bind(**arguments)
    except TypeError as error:
        raise ValueError(str(error)) from error


def _traced(kernel: Any, arguments: Mapping[str, Any]) -> Any:
    """The PrimFunc of a jit kernel, with what its decorator says.

    decorator's out_idx becomes the attribute that today's style puts on the function itself.
    """
    func = kernel.get_tir(**arguments)
    out_idx = getattr(kernel, "out_idx", None)
    if out_idx is None or "tilelang_out_idx" in (func.attrs or {}):
        return func
    indices = [out_idx] if isinstance(out_idx, int) else list(out_idx)
    return func.with_attr("tilelang_out_idx", indices)


def _explain(error: BaseException, path: Path) -> str:
    """One line: the line of the user's file, the kind of error, the first line of its text."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).resolve() == path.resolve()
    ]
    line = f"line {frames[-1].lineno}: " if frames else ""
    text = str(error).strip().splitlines()
    return f"{line}{type(error).__name__}: {text[0] if text else 'no message'}"
