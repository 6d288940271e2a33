"""What of the environment is there and answers, and what to do about the rest."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

from .. import _ffi
from ..device_spec import ENVIRONMENT_VARIABLE, DeviceSpec, resolve_device
from ..extras import install_command
from ..runtime import BackendError
from ..version import package_version
from .card_findings import card_findings
from .findings import Finding


def examine() -> list[Finding]:
    """Examine this environment; opens a live and a mock device, where ttnn is installed."""
    return [
        Finding("tilelang-tt", True, f"{package_version()}, Python {platform.python_version()}"),
        _tvm(),
        _passes(),
        _slot(),
        _ttnn(),
        _live(),
        _mock(),
        *card_findings(),
        *(_backend(name) for name in _backends()),
        _named_device(),
        _cache(),
    ]


def _installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _tvm() -> Finding:
    for package in ("apache-tvm", "tilelang"):
        found = _installed(package)
        if found is None:
            continue
        try:
            _ffi.import_tvm()
        except Exception as error:  # a broken installation raises what it likes
            advice = f"pip install --force-reinstall {package}=={found}"
            reason = f"{package} {found} can't be imported: {_line(error)}"
            return Finding("TVM", False, reason, advice, needed=True)
        return Finding("TVM", True, f"{package} {found}", needed=True)
    return Finding(
        "TVM",
        False,
        "none, so no kernel can be planned here; plans can be read",
        f"{install_command('tvm')}, or {install_command('tilelang')}",
        needed=True,
    )


def _passes() -> Finding:
    try:
        path = _ffi.library_path()
        from .. import _ffi_api
    except ImportError as error:
        return Finding("passes", False, _line(error), needed=True)
    found = getattr(_ffi_api, "version", lambda: "unknown")()
    if found != package_version():
        stale = f"{path} is of version {found}; expected {package_version()}"
        return Finding("passes", False, stale, "install the package again", needed=True)
    return Finding("passes", True, str(path), needed=True)


def _slot() -> Finding:
    """Whether a kernel can be called with target="tenstorrent"."""
    subject = 'target="tenstorrent"'
    if _installed("tilelang") is None:
        return Finding(subject, False, "needs tilelang", install_command("tilelang"))
    from ..jit.slot import missing

    reason = missing()
    return Finding(subject, not reason, reason or "a target of the tilelang that is installed")


def _ttnn() -> Finding:
    found = _installed("ttnn")
    if found:
        return Finding("ttnn", True, found)
    from ..runtime.other_python.foreign import ask, foreign_python
    from ..runtime.root.installed import install_beside

    try:
        python = foreign_python()
        if python is not None:
            versions = ask(python, "auto", "", "")["versions"]
            said = ", ".join(f"{name} {found}" for name, found in versions.items())
            return Finding("ttnn", True, f"{python}: {said}")
    except BackendError as error:
        return Finding("ttnn", False, error.reason, error.remedy)

    reason = "not installed, so no device can be asked here"
    return Finding("ttnn", False, reason, install_beside("sim"))


def _live() -> Finding:
    from ..runtime.backends.live import query_live

    advice = "as it should be on a machine without a card; with one, check its driver"
    return _asked("live device", query_live, advice)


def _mock() -> Finding:
    from ..runtime.backends.clusters import clusters
    from ..runtime.backends.mock import query_mock

    return _asked("mock device", lambda: query_mock(clusters()["n150"]), "")


def _backends() -> list[str]:
    from ..runtime.backends.devices import backends

    return [name for name in backends() if name != "mock"]


def _backend(name: str) -> Finding:
    """Whether a backend is ready; nothing is opened."""
    from ..runtime.backends.devices import make_backend
    from ..runtime.other_python.foreign import foreign_python

    try:
        elsewhere = foreign_python()
    except BackendError:  # which was said of ttnn
        elsewhere = None
    if _installed("ttnn") is None and elsewhere is None:
        return Finding(name, False, "needs ttnn: see above")

    try:
        statement = make_backend(name).statement
    except BackendError as error:
        return Finding(name, False, f"not ready: {error.reason}", error.remedy)
    return Finding(name, True, f"{statement.version}, kernels by {statement.compiler}")


def _asked(subject: str, ask: Callable[[], DeviceSpec], advice: str) -> Finding:
    if _installed("ttnn") is None:
        return Finding(subject, False, "needs ttnn in this environment")
    try:
        spec = ask()
    except (BackendError, ValueError, NotImplementedError) as error:
        return Finding(subject, False, _line(error), advice)
    return Finding(subject, True, f"{spec.arch}, compute grid {spec.grid_x}x{spec.grid_y}")


def _named_device() -> Finding:
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    if not named:
        return Finding(
            ENVIRONMENT_VARIABLE, False, "not set", "set it to a file or a preset, or pass --device"
        )
    try:
        spec = resolve_device(named)
    except ValueError as error:
        return Finding(ENVIRONMENT_VARIABLE, False, _line(error), "name a file or a preset")
    return Finding(ENVIRONMENT_VARIABLE, True, f"{named}: {spec.arch} {spec.grid_x}x{spec.grid_y}")


def _cache() -> Finding:
    from ..runtime.root.cache import cache_folder, device_cache

    try:
        device_cache()
    except BackendError as error:
        return Finding("cache folder", False, error.reason, error.remedy)
    return Finding("cache folder", True, str(cache_folder()))


def _line(error: BaseException) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
