"""The device that the options of a command mean, and its description."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ..device_spec import DeviceSpec, resolve_device
from ..presets import preset_names
from ..runtime import BackendError
from ..runtime.backends.clusters import named_cluster
from ..runtime.backends.devices import backends, check_arch, open_device
from ..runtime.backends.mock import DEFAULT_CLUSTERS, Mock, query_mock
from ..runtime.session.parent import Session


@dataclass(frozen=True)
class Options:
    """The options that say more of a device than where to ask; None where one was not given."""

    arch: str | None = None
    grid: str | None = None
    cluster: str | None = None
    harvest_mask: str | None = None
    dispatch: str | None = None
    checks: str | None = None


@dataclass(frozen=True)
class Asked:
    """A description, and why it is a mock's where a live device was meant."""

    spec: DeviceSpec
    no_live_device: str = ""


def ask(origin: str, options: Options) -> Asked:
    """Ask what ``origin`` names: "auto", a backend, "live", a preset or a file.

    Raises ValueError for an option that does not apply to it, rather than to ignore it.
    """
    is_mock = origin in ("auto", "mock")
    is_opened = origin in backends() and not is_mock
    for option, value, applies, expected in (
        ("--arch", options.arch, is_mock or is_opened, "a device that is opened"),
        ("--grid", options.grid, is_opened, "a card or a simulator"),
        ("--cluster", options.cluster, is_mock, "a mock"),
        ("--harvest-mask", options.harvest_mask, is_mock, "a mock"),
        ("--dispatch", options.dispatch, is_mock, "a mock"),
    ):
        if value is not None and not applies:
            raise ValueError(f"found {option} with --from {origin}; expected it with {expected}")
    if origin == "auto":
        return _ask_live_or_mock(options)
    if origin == "mock":
        return Asked(_ask_mock(options))
    if is_opened:
        from ..runtime.jobs.banks import describe_banks

        with open_device(origin, options.arch, grid=parse_grid(options.grid)) as session:
            return Asked(describe_banks(session))
    return Asked(look_up(origin, f"live, {', '.join(backends())}, a file, or a preset"))


def look_up(name: str, expected: str) -> DeviceSpec:
    """The description that "live", a preset's name or a file stands for."""
    is_path = os.sep in name or "." in name or os.path.exists(name)
    if not is_path and name not in [*preset_names(), "live"]:
        raise ValueError(
            f"found no preset {name!r}, nor a file of that name; expected {expected}: "
            f"{', '.join(preset_names())}"
        )
    return resolve_device(name)


def to_plan_for(device: str | None) -> DeviceSpec | None:
    """The device that ``--device`` names, to plan a kernel for."""
    if device is None:
        return None
    if device in backends() and not os.path.exists(device):
        raise ValueError(
            f"found --device {device}; expected a file, a preset or live. To ask one and plan for "
            f"it: tilelang-tt device --from {device} -o device.json, then --device device.json"
        )
    return look_up(device, "live, a file, or a preset")


def parse_grid(text: str | None) -> tuple[int, int] | None:
    """``8x7`` as cores a row and rows."""
    if text is None:
        return None
    x, _, y = text.partition("x")
    if not (x.isdecimal() and y.isdecimal() and int(x) and int(y)):
        raise ValueError(f"--grid is {text!r}; expected cores a row and rows, as in 8x7")
    return int(x), int(y)


def _ask_live_or_mock(options: Options) -> Asked:
    """The live device, else a mock. A device that is there and does not open is an error."""
    from ..runtime.backends.live import named_device, query_live

    if options.cluster or options.harvest_mask or options.dispatch:
        return Asked(_ask_mock(options))
    asked = check_arch(options.arch)
    try:
        spec = query_live()
    except BackendError as error:
        if named_device() is not None:
            raise
        return Asked(_ask_mock(options), no_live_device=str(error).splitlines()[0])
    if asked not in (None, spec.arch):
        raise ValueError(f"found a {spec.arch} in this machine; expected a {asked}")
    return Asked(spec)


def _ask_mock(options: Options) -> DeviceSpec:
    asked = check_arch(options.arch)
    cluster = options.cluster or DEFAULT_CLUSTERS[asked or "wormhole_b0"]
    descriptor = named_cluster(cluster)
    if options.harvest_mask is not None:
        if isinstance(descriptor, Path):
            raise ValueError(
                "found --harvest-mask with a cluster descriptor; expected the mask in it"
            )
        descriptor = descriptor.with_harvest_mask(_parse_mask(options.harvest_mask))
    spec = query_mock(descriptor, options.dispatch or "fast")
    if asked not in (None, spec.arch):
        raise ValueError(f"found --arch {options.arch} with a {spec.arch} cluster; expected one")
    return spec


def open_to_validate(backend: str, options: Options, planned: DeviceSpec | None = None) -> Session:
    """Open the device that a command's options name; a mock, by default, of the cluster that the
    plan's description came from."""
    grid = parse_grid(options.grid)
    if backend != "mock":
        if options.cluster is not None:
            raise ValueError(f"found --cluster with --backend {backend}; expected it with mock")
        return open_device(backend, options.arch, grid=grid, checks=options.checks)
    if options.checks is not None:
        raise ValueError(
            f"found --{options.checks} with --backend mock, which runs no kernels; expected a card "
            "or a simulator"
        )
    asked = check_arch(options.arch)
    if options.cluster is not None:
        cluster = named_cluster(options.cluster)
        dispatch = (planned.dispatch if planned is not None else None) or "fast"
        arch = getattr(cluster, "arch", asked or "as its descriptor says")
        mock = Mock(arch, cluster, dispatch)
    elif planned is not None and asked in (None, planned.arch):
        mock = Mock.of(planned)
    else:
        mock = Mock(asked or "wormhole_b0")
    session = Session(mock, grid=grid)
    if asked not in (None, session.spec.arch):
        session.close()
        raise ValueError(
            f"found --cluster {options.cluster}, a {session.spec.arch}; expected a {asked}, as "
            "--arch or the plan says"
        )
    return session


def _parse_mask(text: str) -> int:
    try:
        mask = int(text, 0)
    except ValueError:
        mask = -1
    if not 0 <= mask < 2**32:
        raise ValueError(f"--harvest-mask is {text!r}; expected a number such as 0x21")
    return mask
