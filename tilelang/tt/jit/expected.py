"""Which device a kernel is compiled for: what its target names, else what a call is to find.

A target that TileLang is given is normalized to :func:`tilelang.tt.target.config`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import target as targets
from ..presets import preset_names

if TYPE_CHECKING:
    from ..device_spec import DeviceSpec

#: The preset by which sources are shown where no device is open, by architecture.
SHOWN_FOR = {"wormhole_b0": "n150", "blackhole": "p150a"}


def normalized(target: Any) -> Any:
    """A target of ours as TileLang goes on with it; None for all others.

    Raises ValueError for a preset that there isn't.
    """
    if isinstance(target, str):
        name, slash, preset = target.partition("/")
        if name != targets.NAME:
            return None
        if slash and preset not in preset_names():
            raise ValueError(
                f"target {target!r}: found no preset {preset!r}; expected one of "
                f"{', '.join(preset_names())}, or {targets.NAME!r} for the device that is open at "
                "a call"
            )
        return targets.config(preset or _expected_arch())
    kind = target.get("kind") if isinstance(target, dict) else target.kind.name
    keys = target.get("keys", ()) if isinstance(target, dict) else target.keys
    if kind != targets.KIND or targets.NAME not in keys or targets.option(target, "model"):
        return None
    return targets.config(targets.option(target, "device") or _expected_arch())


def shown_device(target: Any) -> DeviceSpec:
    """The device that sources are shown for: the preset that is named, the device that is open,
    or a preset of its architecture."""
    from ..device_spec import DeviceSpec
    from ..runtime.session import opened

    preset = targets.preset_name(target)
    if preset:
        return DeviceSpec.preset(preset)
    arch = targets.option(target, "device") or _expected_arch()
    spec = opened.current().spec_if_open()
    return spec if spec is not None and spec.arch == arch else DeviceSpec.preset(SHOWN_FOR[arch])


def _expected_arch() -> str:
    from ..runtime.session import opened

    return opened.current().expected_arch()
