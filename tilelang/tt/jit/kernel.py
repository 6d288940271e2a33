"""A compiled kernel, called: what was given is checked, a launch is made for its shapes and the
device that is open, and run there.
"""

from __future__ import annotations

import functools
import itertools
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..codegen.generate import generate_all
from ..codegen.launch import Launch, TensorSpec
from ..device_spec import DeviceSpec
from ..program import Variable
from ..runtime.checked import checked_launch
from ..runtime.jobs.calls import Record
from ..runtime.running import schedules
from ..runtime.session import opened
from ..runtime.session.shared import aligned
from . import arguments, moving
from .compiled import Compiled
from .moving import Place
from .tensor_kinds import is_ttnn

#: Seconds that a call may take on the device.
TIMEOUT_VARIABLE = "TILELANG_TT_TIMEOUT"
TIMEOUT = 600.0

#: Launches that are kept of a kernel, each for other shapes or another device.
_KEPT = 256

_JOBS = "tilelang.tt.runtime.jobs.calls"

_LOCK = threading.Lock()
_KERNELS: list[Kernel] = []
_NUMBERS: dict[str, int] = {}
_PREPARED = itertools.count()


def open_kernel(text: str) -> int:
    """The number of the kernel that a module holds the text of; the same text has one number."""
    with _LOCK:
        number = _NUMBERS.get(text)
        if number is None:
            _KERNELS.append(Kernel(Compiled.from_text(text)))
            number = _NUMBERS[text] = len(_KERNELS) - 1
        return number


def kernel_of(text: str) -> Kernel:
    """The kernel that a module holds the text of."""
    return _KERNELS[open_kernel(text)]


def kernel_of_number(number: int) -> Kernel:
    return _KERNELS[number]


@dataclass(frozen=True)
class Prepared:
    """A kernel's launches for a device. ``number`` is what its process knows them by; ``places``
    has for each parameter what becomes of it, None of a scalar and of a tensor that nothing
    touches; ``size`` is the bytes of memory that they take; ``scalars`` are the names of those that
    are numbers, by their places."""

    number: int
    launches: tuple[Launch, ...]
    shapes: tuple[tuple[int, ...] | None, ...]
    places: tuple[Place | None, ...]
    size: int
    scalars: Mapping[int, Variable]

    def records(self) -> list[Record]:
        return [
            (each.spec.name, each.spec.dtype, each.spec.shape, each.begin, each.given, each.back)
            for each in self.places
            if each is not None
        ]


class Kernel:
    """A function of TileLang's, for any device."""

    #: The job that runs launches; benchmarks put the empty one in its place.
    job = f"{_JOBS}:call"

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        self._given = [
            place for place in range(len(compiled.parameters)) if place not in compiled.results
        ]
        self.dims = arguments.dims_of(compiled)
        self._prepare = functools.lru_cache(maxsize=_KEPT)(self._prepare_new)

    def __call__(self, *args: Any) -> Any:
        """Run it on torch tensors, or what DLPack makes such, or on ttnn tensors of this process.

        Where it has results, an argument more than parameters comes last, as TileLang's adapter
        has it: a tensor that says on which device they are wanted.

        Raises
        ------
        ValueError
            Arguments that don't fit; a device that isn't the one the target names.
        NotImplementedError
            No kernels can be generated for these shapes, or this device.
        BackendError
            The device failed.
        """
        compiled = self.compiled
        expected = len(self._given) + bool(compiled.results)
        if len(args) != expected:
            raise ValueError(
                f"kernel {compiled.name} expected {expected} arguments, but {len(args)} are given"
            )
        given = dict(zip(self._given, args, strict=False))  # but the one that is extra
        if any(map(is_ttnn, args)):
            from . import on_device

            return on_device.run(self, given)
        fitted = arguments.fitted(compiled, self.dims, given)
        device = opened.current().opened()
        prepared = self.prepared(fitted.dims, device.session.spec)
        scalars = arguments.scalars_of(compiled, fitted, prepared.shapes, prepared.scalars)
        results = moving.new_tensors(compiled, prepared.shapes, args[-1] if args else None)
        self._run(device, prepared, {**fitted.tensors, **results}, scalars)
        made = tuple(results.values())
        return (made[0] if len(made) == 1 else made) if made else None

    def prepared(self, dims: tuple[tuple[str, int], ...], device: DeviceSpec) -> Prepared:
        """The launches for values of dynamic dimensions, and for a device that is open.

        Raises ValueError where the target names a device that this one is not.
        """
        preset = self.compiled.preset
        if not preset:
            return self._prepare(dims, device)
        planned = DeviceSpec.preset(preset)
        for field, fits in (
            ("arch", device.arch == planned.arch),
            ("grid_x", device.grid_x >= planned.grid_x),
            ("grid_y", device.grid_y >= planned.grid_y),
            ("l1_bank_size", (device.l1_bank_size or 0) >= (planned.l1_bank_size or 0)),
        ):
            if not fits:
                raise ValueError(
                    f"kernel {self.compiled.name} is for target tenstorrent/{preset}, whose "
                    f"{field} is {getattr(planned, field)}; found a device with "
                    f"{getattr(device, field)} ({device.source}); compile it for "
                    'target="tenstorrent", which is planned for the device that is open'
                )
        return self._prepare(dims, planned)

    def _prepare_new(self, dims: tuple[tuple[str, int], ...], device: DeviceSpec) -> Prepared:
        compiled = self.compiled
        program = compiled.program_of(dict(dims))
        planned = schedules(program, device, compiled.said)
        plans = generate_all(program, planned, device, compiled.name)
        launches = tuple(map(checked_launch, plans))
        specs: dict[str, list[TensorSpec]] = {}
        for each in launches:
            for spec in each.tensors:
                specs.setdefault(spec.name, []).append(spec)
        # The generator may have given its own names; the places are the function's.
        parameters = {p.param: p for p in plans[0].program.parameters() if p.param is not None}
        shapes: list[tuple[int, ...] | None] = []
        places: list[Place | None] = []
        size = 0
        for number in range(len(compiled.parameters)):
            parameter = parameters.get(number)
            if parameter is None or isinstance(parameter, Variable):
                shapes.append(None)
                places.append(None)
                continue
            shapes.append(parameter.shape)
            mine = specs.get(parameter.name)
            if mine is None:
                places.append(None)
                continue
            given = number not in compiled.results
            back = any(spec.output for spec in mine)
            places.append(Place(mine[0], given, back, size))
            size = aligned(size + moving.nbytes(mine[0]))
        scalars = {n: p for n, p in parameters.items() if isinstance(p, Variable)}
        return Prepared(next(_PREPARED), launches, tuple(shapes), tuple(places), size, scalars)

    def _run(
        self,
        device: opened.Opened,
        prepared: Prepared,
        tensors: Mapping[int, Any],
        scalars: Mapping[str, int | float],
    ) -> None:
        used = [
            (place, tensors[number])
            for number, place in enumerate(prepared.places)
            if place is not None
        ]
        with device.lock:
            memory = moving.Memory(device.session.memory, prepared.size, used)
            memory.put()
            job, limit = (self.job, prepared.number, scalars), timeout()
            if not device.session.call(*job, timeout=limit):
                known = (prepared.number, prepared.launches, prepared.size, prepared.records())
                device.session.call(f"{_JOBS}:prepare", *known, timeout=limit)
                device.session.call(*job, timeout=limit)
            memory.take()


def timeout() -> float:
    """Seconds that a call may take. Raises ValueError for a variable that says none."""
    named = os.environ.get(TIMEOUT_VARIABLE)
    if not named:
        return TIMEOUT
    try:
        seconds = float(named)
    except ValueError:
        seconds = 0.0
    if not seconds > 0:
        raise ValueError(f"{TIMEOUT_VARIABLE}={named}: expected seconds, more than 0")
    return seconds
