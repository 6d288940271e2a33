"""A call on ttnn tensors of this process: nothing is copied, and results are on the device."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..device_spec import DeviceSpec
from . import arguments
from .compiled import Parameter
from .tensor_kinds import is_ttnn

if TYPE_CHECKING:
    from .kernel import Kernel


def run(kernel: Kernel, given: Mapping[int, Any]) -> Any:
    """Run a kernel where its tensors are.

    Raises ValueError where some are ttnn's and others aren't, where they are on no device or on
    several, or aren't as a launch takes them; with the call of ttnn's that makes them so.
    """
    compiled = kernel.compiled
    fitted = arguments.fitted(compiled, kernel.dims, given, _of_ttnn)
    from ..runtime.jobs import launching  # which imports ttnn

    device = next(tensor.device() for tensor in fitted.tensors.values())
    prepared = kernel.prepared(fitted.dims, DeviceSpec.from_ttnn(device))
    scalars = arguments.scalars_of(compiled, fitted, prepared.shapes, prepared.scalars)
    names = {n: place.spec.name for n, place in enumerate(prepared.places) if place is not None}
    placed = launching.placed(
        device, prepared.launches, {names[n]: t for n, t in fitted.tensors.items() if n in names}
    )
    for launch in prepared.launches:
        launching.enqueue(device, launch, placed, scalars)
    made = [placed[names[number]] for number in compiled.results]
    return (made[0] if len(made) == 1 else made) if made else None


def _of_ttnn(of: str, parameter: Parameter, value: Any) -> Any:
    if not is_ttnn(value):
        raise ValueError(
            f"{of} expected a ttnn tensor, as others are, but got a {type(value).__name__}: "
            "ttnn.from_torch(x, layout=ttnn.TILE_LAYOUT, device=device)"
        )
    if value.device() is None:
        raise ValueError(
            f"{of} expected a tensor on a device, but got one of the host: "
            "ttnn.to_device(x, device)"
        )
    return value
