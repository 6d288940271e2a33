"""Kernels in a Python file: finding them, and tracing one into a PrimFunc or an IRModule.

The file may do anything: its objects may raise whatever is asked of them, and what it raises need
not be an Exception.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.machinery
import inspect
import logging
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from .. import _ffi
from ..extras import install_command
from ..text import shortened, shown


def check_file(path: Path) -> None:
    """Raise ValueError for what is no Python file, before a process is made to run it."""
    try:
        if not path.is_file():
            found = "found no regular file" if path.exists() else "found no such file"
            raise ValueError(f"{path}: {found}; expected a Python file with a kernel")
    except OSError as error:
        raise ValueError(
            f"{path}: {error.strerror}; expected a Python file with a kernel"
        ) from error
    if path.suffix == ".json":
        raise ValueError(
            f"{path}: expected a Python file with a kernel; to draw a plan: tilelang-tt show {path}"
        )


@dataclass(frozen=True)
class KernelFile:
    """A Python file that was run, and what in it is a kernel or makes one.

    Attributes
    ----------
    path : as it was named, for messages
    source : the same from the root, since the file may change the folder
    """

    path: Path
    source: Path
    kernels: Mapping[str, Any]

    @classmethod
    def load(cls, path: Path) -> KernelFile:
        """Run the file and look through its names.

        Raises ValueError if it is absent, fails, or holds no kernel; ImportError if it needs
        a package that is not installed.
        """
        check_file(path)
        source = path.resolve()
        _ffi.import_tvm()  # before the file, whose neighbours may have any name
        module = _run(path, source)
        kernels = {
            name: _untuned(value)
            for name, value in list(vars(module).items())
            if isinstance(name, str)
            and not name.startswith("__")
            and _is_kernel(module, _untuned(value))
        }
        if not kernels:
            raise ValueError(
                f"{path}: found no kernel; expected a PrimFunc, an IRModule, a @tilelang.jit "
                "kernel, or a function that returns one"
            )
        return cls(path, source, kernels)

    def listed(self) -> list[str]:
        """The kernels' names, without a main(), which is mostly the file's own program.

        What begins with an underscore can be planned by its name, but is listed only if all do.
        """
        names = [name for name in self.kernels if name != "main" or _is_jit(self.kernels[name])]
        return [name for name in names if not name.startswith("_")] or list(self.kernels)

    def describe(self, name: str) -> str:
        """What a kernel is and which parameters it takes, for people."""
        kernel = self.kernels[name]
        if _is_jit(kernel):
            kind = "@tilelang.jit kernel"
        elif callable(kernel):
            kind = "function"
        else:
            return type(kernel).__name__
        parameters = ", ".join(
            parameter.name
            if parameter.default is parameter.empty
            else f"{parameter.name}={shown(parameter.default)}"
            for parameter in _signature(kernel).parameters.values()
        )
        constants = "".join(f", {name}" for name in _constants(kernel)) if _is_jit(kernel) else ""
        return f"{kind} ({parameters}{constants})"

    def split(
        self, name: str, arguments: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """The arguments that a kernel takes by these names, and the rest, which can only be values
        of symbolic dimensions. A value that is no integer is left to what takes arguments."""
        kernel = self.kernels.get(name)
        if kernel is None:
            return {**arguments}, {}
        known: set[str] = set()
        if not _is_function(kernel):
            parameters = _signature(kernel).parameters.values()
            known = {each.name for each in parameters}
            if _is_jit(kernel):
                known.update(_constants(kernel))
            if any(each.kind is each.VAR_KEYWORD for each in parameters):
                return {**arguments}, {}
        is_dim = {
            key: key not in known and isinstance(value, int) and not isinstance(value, bool)
            for key, value in arguments.items()
        }
        taken = {key: value for key, value in arguments.items() if not is_dim[key]}
        return taken, {key: value for key, value in arguments.items() if is_dim[key]}

    def is_function(self, name: str) -> bool:
        """Whether a kernel is a PrimFunc or an IRModule, and not what makes one of arguments."""
        return _is_function(self.kernels[name])

    def trace(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """The PrimFunc or IRModule of a kernel.

        Raises ValueError for a name that is no kernel here, arguments it does not take, or an
        error in the kernel's own code.
        """
        if name not in self.kernels:
            raise ValueError(
                f"{self.path}: found no kernel {name!r}; expected one of {', '.join(self.listed())}"
            )
        kernel = self.kernels[name]
        if self.is_function(name):
            if arguments:
                raise ValueError(
                    f"{self.path}:{name}: found the arguments {', '.join(arguments)}; "
                    f"expected none, since it is a {type(kernel).__name__}"
                )
            return kernel
        place = f"{self.path}:{name}"
        try:
            _check_arguments(kernel, arguments)
            with _importing_from(self.source), _quiet_tilelang():
                if not _is_jit(kernel):
                    kernel, arguments = _untuned(kernel(**arguments)), {}
                traced = _traced(kernel, arguments) if _is_jit(kernel) else kernel
        except BaseException as error:  # what the kernel's own code raises
            values = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
            raise ValueError(
                f"{place}: {_explain(error, self.source)}"
                f" ({f'with {values}; ' if values else ''}parameters are given by -a NAME=VALUE, "
                f"to the {self.describe(name)})"
            ) from error
        if not _is_function(traced):
            raise ValueError(
                f"{place} returned a {type(traced).__name__}; expected a PrimFunc or an IRModule"
            )
        return traced


@contextlib.contextmanager
def _importing_from(source: Path) -> Iterator[None]:
    """Lets a file import its neighbours, and nobody else import them in a package's place."""
    folder = str(source.parent)
    sys.path.append(folder)
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):  # the file may have taken it out
            sys.path.remove(folder)


@contextlib.contextmanager
def _quiet_tilelang() -> Iterator[None]:
    """TileLang logs the whole source of what it can't trace; the error says what matters."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _run(path: Path, source: Path) -> ModuleType:
    # A name of its own, so that a file may be called as a package is.
    name = f"_tilelang_tt_kernel_{path.stem}"
    loader = importlib.machinery.SourceFileLoader(name, str(source))
    module = ModuleType(name)
    module.__file__ = str(source)
    # TileLang's tracer looks up the source of what it traces by its module.
    sys.modules[name] = module
    try:
        with _importing_from(source):
            loader.exec_module(module)
    except ImportError as error:
        missing = (error.name or "").partition(".")[0]
        advice = f"; install {missing}" if missing else ""
        if missing == "tilelang":
            advice = f"; plan it in an environment of its own, with {install_command(missing)}"
        raise ImportError(f"{path}: {_explain(error, source)}{advice}") from error
    except SystemExit as error:
        raise ValueError(
            f"{path}: it exits ({shown(error.code)}) when imported; expected a module"
        ) from error
    except BaseException as error:
        raise ValueError(f"{path}: {_explain(error, source)}") from error
    return module


def _attribute(value: Any, name: str) -> Any:
    """An attribute, or None where there is none or asking for it raises."""
    try:
        return getattr(value, name, None)
    except BaseException:
        return None


def _is_function(value: Any) -> bool:
    tvm = _ffi.import_tvm()
    return issubclass(type(value), (tvm.tirx.PrimFunc, tvm.IRModule))


def _is_kernel(module: ModuleType, value: Any) -> bool:
    # By its type, since an object says what it likes of its class.
    if _is_function(value) or _is_jit(value):
        return True
    return _is_function_of(module, value)


def _is_function_of(module: ModuleType, value: Any) -> bool:
    """Whether it is a function that the module defines, also one that a decorator has wrapped."""
    for _ in range(_MAX_WRAPPERS):
        if issubclass(type(value), type):
            return False
        if type(value) is FunctionType and value.__module__ == module.__name__:
            return True
        wrapped = _attribute(value, "__wrapped__")
        value = _attribute(value, "func") if type(value) is functools.partial else wrapped
        if value is None:
            return False
    return False


#: A wrapper may say that it wraps itself.
_MAX_WRAPPERS = 32


def _is_jit(value: Any) -> bool:
    return not issubclass(type(value), type) and callable(_attribute(value, "get_tir"))


def _untuned(value: Any) -> Any:
    """The jit kernel that @tilelang.autotune has wrapped; any other value as it is."""
    jit = None if issubclass(type(value), type) else _attribute(value, "jit_impl")
    return jit if jit is not None and _is_jit(jit) else value


def _signature(kernel: Any) -> inspect.Signature:
    found = _attribute(kernel, "signature")
    if isinstance(found, inspect.Signature):
        return found
    try:
        return inspect.signature(kernel)
    except (TypeError, ValueError):  # of something that hides it
        return inspect.Signature()


def _constants(kernel: Any) -> list[str]:
    """The names that a kernel in TileLang's eager style gives to T.const; its source has them."""
    source = str(_attribute(kernel, "func_source") or "")
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
        _signature(kernel).bind(**arguments)
    except TypeError as error:
        raise ValueError(str(error)) from error


def _traced(kernel: Any, arguments: Mapping[str, Any]) -> Any:
    """The PrimFunc of a jit kernel, with what its decorator says.

    decorator's out_idx becomes the attribute that today's style puts on the function itself.
    """
    func = kernel.get_tir(**arguments)
    out_idx = _attribute(kernel, "out_idx")
    if out_idx is None or "tilelang_out_idx" in (func.attrs or {}):
        return func
    indices = [out_idx] if isinstance(out_idx, int) else list(out_idx)
    return func.with_attr("tilelang_out_idx", indices)


def _explain(error: BaseException, source: Path) -> str:
    """One line: the line of the user's file, the kind of error, the first line of its text."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).absolute() == source
    ]
    line = f"line {frames[-1].lineno}: " if frames else ""
    try:
        text = str(error).strip().splitlines()
    except BaseException:
        text = []
    return f"{line}{type(error).__name__}: {shortened(text[0], 500) if text else 'no message'}"
