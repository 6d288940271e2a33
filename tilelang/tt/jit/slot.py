"""Registering with TileLang, by its own slot for backends (tilelang/backend/README.md there).

Nothing of TileLang is changed: a normalizer and a detector of targets, a tag of TVM's for each
name, and a backend whose pipeline and code generation are :mod:`.compiled`. Of TileLang's ways to
execute, ``tvm_ffi`` is the one in which all that a call does is a module that the backend gives.

``import tilelang.tt`` comes here, so nothing of what compiles or calls a kernel is imported until
one is.
"""

from __future__ import annotations

import functools
import sys
import warnings
from types import ModuleType
from typing import Any

#: The first TileLang whose slot has what is needed here.
SINCE = "0.1.15"


def register_with_tilelang() -> None:
    """Make "tenstorrent" a target of the TileLang that is imported.

    Warns, naming the versions, where that one has no slot for backends.
    """
    lacks = missing()
    if lacks:
        warnings.warn(lacks, RuntimeWarning, stacklevel=3)
    else:
        _register()


def missing() -> str:
    """Why the TileLang that is imported takes no backend; "" of one that does."""
    try:
        from tilelang.backend.execution_backend import ExecutionBackendSpec
        from tilelang.backend.module import register_backend  # noqa: F401
        from tilelang.backend.target import register_target_normalizer  # noqa: F401

        lacks = "supports_callee_allocated_outputs" not in ExecutionBackendSpec.__annotations__
    except ImportError:
        lacks = True
    if not lacks:
        return ""
    found = getattr(sys.modules.get("tilelang"), "__version__", "of an unknown version")
    return (
        f"found tilelang {found}, which takes no backends from outside; expected {SINCE}, for "
        f'target="tenstorrent": pip install tilelang=={SINCE}. A kernel can still be planned: '
        "tilelang.tt.infer_metadata(kernel.get_tir(...))"
    )


@functools.cache
def _register() -> None:
    import tvm_ffi
    from tilelang.backend.device_codegen import DeviceCodegen
    from tilelang.backend.execution_backend import ExecutionBackendSpec
    from tilelang.backend.host_codegen import HostCodegen
    from tilelang.backend.module import BackendModule, register_backend
    from tilelang.backend.pass_pipeline import PassPipeline
    from tilelang.backend.target import register_target_detector, register_target_normalizer
    from tvm.target import register_tag

    from .. import _ffi
    from .. import target as targets
    from .expected import normalized

    _ffi.load()
    tvm_ffi.register_global_func("tl.tt.jit.open", _open_kernel, override=True)

    register_target_normalizer(targets.NAME, normalized)
    # The last one is asked last: on a machine with a GPU, a kernel without a target is for the GPU.
    register_target_detector(targets.NAME, lambda: normalized(targets.NAME))
    for name in targets.names():
        register_tag(name, targets.tag(name))
    register_backend(
        BackendModule(
            name=targets.NAME,
            target_kinds=(targets.KIND,),
            supports_target=lambda target: targets.NAME in target.keys,
            pipelines={targets.KIND: PassPipeline(targets.KIND, _lower)},
            device_codegens={
                targets.KIND: DeviceCodegen(
                    targets.KIND,
                    build=_device_module,
                    build_without_compile=_device_module,
                )
            },
            host_codegens={kind: HostCodegen(kind, _host_module) for kind in ("c", "llvm")},
            execution_backends=(
                ExecutionBackendSpec(
                    "tvm_ffi",
                    enable_host_codegen=True,
                    enable_device_compile=True,
                    supports_callee_allocated_outputs=True,
                ),
            ),
        )
    )


def _lower(mod: Any, target: Any) -> Any:
    return _compiler().lower(mod, target)


def _device_module(mod: Any, target: Any) -> Any:
    return _compiler().device_module(mod, target)


def _host_module(mod: Any, target_host: Any) -> Any:
    module, text = _compiler().host_module(mod, target_host)
    module.main = functools.partial(_main, text)  # where it is called from Python
    return module


@functools.cache
def _compiler() -> ModuleType:
    from . import compiled

    _keep_error_types()
    return compiled


def _open_kernel(text: str) -> int:
    """What a module asks before its first call, so there is a ``tl.tt.jit.call`` when it calls."""
    from .kernel import open_kernel

    _entry()
    return open_kernel(text)


def _main(text: str, *args: Any) -> Any:
    return _entry().main(text, *args)


@functools.cache
def _entry() -> ModuleType:
    import tvm_ffi

    from . import entry

    _keep_error_types()
    tvm_ffi.register_global_func("tl.tt.jit.call", entry.call, override=True)
    return entry


def _keep_error_types() -> None:
    """Errors cross tvm-ffi by the names of their classes, and an unknown one is a RuntimeError."""
    import tvm_ffi

    from ..codegen.refusal import Unsupported
    from ..protocol.check import ProtocolError
    from ..runtime import BackendError

    for each in (BackendError, ProtocolError, Unsupported, NotImplementedError, MemoryError):
        tvm_ffi.register_error(each.__name__, each)
    tvm_ffi.register_error("KeyboardInterrupt", KeyboardInterrupt)
