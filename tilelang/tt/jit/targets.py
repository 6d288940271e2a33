"""The targets that TileLang may be given: "tenstorrent", and "tenstorrent/n150" and the like.

As a target of TVM's each is of the kind ``ext_dev`` and has the key "tenstorrent". The kind's own
options ``model`` and ``device`` say which version of this package compiled, and what for: both are
in the target's text, by which TileLang keys its caches, in memory and on disk.
"""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..presets import preset_names

if TYPE_CHECKING:
    from ..device import DeviceSpec

NAME = "tenstorrent"
KIND = "ext_dev"

#: The preset by which sources are shown where no device is open, by architecture.
SHOWN_FOR = {"wormhole_b0": "n150", "blackhole": "p150a"}


def names() -> tuple[str, ...]:
    """All that may be named."""
    return (NAME, *(f"{NAME}/{preset}" for preset in preset_names()))


def config(device: str) -> dict[str, Any]:
    """The target as TVM takes it; ``device`` is an architecture, or a preset that was named."""
    return {"kind": KIND, "keys": [NAME], "model": f"tilelang-tt {build()}", "device": device}


def normalized(target: Any) -> Any:
    """A target of ours as TileLang goes on with it; None for all others.

    Raises ValueError for a preset that there isn't.
    """
    if isinstance(target, str):
        name, slash, preset = target.strip().partition("/")
        if name != NAME:
            return None
        if slash and preset not in preset_names():
            raise ValueError(
                f"target {target!r}: found no preset {preset!r}; expected one of "
                f"{', '.join(preset_names())}, or {NAME!r} for the device that is open at a call"
            )
        return config(preset or _expected_arch())
    kind = target.get("kind") if isinstance(target, dict) else target.kind.name
    keys = target.get("keys", ()) if isinstance(target, dict) else target.keys
    if kind != KIND or NAME not in keys or _option(target, "model"):
        return None
    return config(_option(target, "device") or _expected_arch())


def preset_name(target: Any) -> str:
    """The preset that a target names, by which it is planned; "" for the device that is open."""
    device = _option(target, "device")
    return device if device in preset_names() else ""


def shown_device(target: Any) -> DeviceSpec:
    """The device that sources are shown for: the preset that is named, the device that is open,
    or a preset of its architecture."""
    from ..device import DeviceSpec
    from ..runtime.session import opened

    preset = preset_name(target)
    if preset:
        return DeviceSpec.preset(preset)
    arch = _option(target, "device") or _expected_arch()
    spec = opened.current().spec_if_open()
    return spec if spec is not None and spec.arch == arch else DeviceSpec.preset(SHOWN_FOR[arch])


def _expected_arch() -> str:
    from ..runtime.session import opened

    return opened.current().expected_arch()


def _option(target: Any, name: str) -> str:
    options = target if isinstance(target, dict) else target.attrs
    return str(options[name]) if name in options else ""


@functools.cache
def build() -> str:
    """This package's version, and a digest of what it is made of: two builds of one version may
    read a kernel in different ways, and TileLang's disk cache outlives them."""
    from .. import _ffi
    from ..plan import package_version

    package = Path(__file__).parents[1]
    digest = hashlib.sha256(_ffi.library_path().read_bytes())
    for path in sorted(package.rglob("*.py")):
        digest.update(path.read_bytes())
    return f"{package_version()} ({digest.hexdigest()[:12]})"
