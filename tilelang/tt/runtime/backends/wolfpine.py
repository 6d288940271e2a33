"""The wolfpine backend: a simulator from PyPI, on any CPU, for Wormhole and Blackhole.

TT-metal starts the simulator with the ``run.sh`` of a folder. Ours records the process's id,
so that the simulator's end is noticed and nothing of it stays behind.
"""

from __future__ import annotations

import shlex
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from .. import BackendError
from ..root.cache import kernel_cache
from ..root.folder import compiler_name, simulator_root
from ..root.installed import install_beside
from ..session.environment import clean_environment
from ..session.guardian import SIMULATOR_PID
from .backend import Backend, Statement

#: What the evidence rests on: each DRAM bank is storage of its own, at its own coordinate,
#: and a transfer that TT-metal's alignment rules forbid is refused.
GUARANTEES = ("dram-interleaved-bank-distinctness", "noc-transfer-alignment")

_FOLDERS = {"wormhole_b0": "wormhole", "blackhole": "blackhole"}


class Wolfpine(Backend):
    """A simulated Wormhole or Blackhole. Raises BackendError where what it needs is missing."""

    name = "wolfpine"
    #: A core's first start takes it 0.15 s, and from then on every message of the host's runs all
    #: cores that were started for 100 cycles.
    most_cores = 2
    most_products = 2**9

    def __init__(self, arch: str) -> None:
        self.arch = arch
        simulators = _simulators()
        if simulators is None:
            raise BackendError("wolfpine is not installed here", install_beside("sim"))
        self._simulator = simulators / _FOLDERS[arch]
        _require_guarantees()
        self._root = simulator_root()

    @property
    def statement(self) -> Statement:
        return Statement(
            backend=self.name,
            version=f"wolfpine {version('wolfpine')}",
            arch=self.arch,
            compiler=compiler_name(),
            guarantees=GUARANTEES,
        )

    def environment(self, folder: Path) -> dict[str, str]:
        simulator = folder / "simulator"
        simulator.mkdir()
        for name in ("soc_descriptor.yaml", "cluster_descriptor.yaml"):
            (simulator / name).symlink_to(self._simulator / name)
        start = simulator / "run.sh"
        pid = shlex.quote(str(folder / SIMULATOR_PID))
        server = shlex.join([sys.executable, "-u", "-m", f"framework.sim.{_FOLDERS[self.arch]}"])
        start.write_text(f'#!/bin/sh\necho $$ > {pid}\nexec {server} "$@"\n')
        start.chmod(0o755)
        return {
            **clean_environment(self._root),
            "TT_METAL_SIMULATOR": str(simulator),
            # Coordinates are translated, as on a card. Without, kernels see NoC 1 coordinates of
            # Tensix cores that are wrong, and a multicast over NoC 1 ends a Wormhole's run. UMD
            # reads the variable, and the simulator, which inherits it, reads it too.
            "TT_METAL_MOCK_CLUSTER_DESC_PATH": str(simulator / "cluster_descriptor.yaml"),
            "TT_METAL_CACHE": str(kernel_cache(self._root.name, f"{self.name}-{self.arch}")),
            "TT_METAL_SLOW_DISPATCH_MODE": "1",  # fast dispatch is not simulated
            "TT_SIMULATOR_LOCALHOST": "1",  # the socket between the two stays on this machine
        }


def arch_of(simulator: Path) -> str | None:
    """The architecture whose folder of the installed wolfpine this is, if it is one."""
    simulators = _simulators()
    for arch, folder in _FOLDERS.items():
        if simulators is not None and simulator.resolve() == (simulators / folder).resolve():
            return arch
    return None


def _simulators() -> Path | None:
    """wolfpine's folder of simulators. Its import name is a common one, so more is asked for."""
    spec = find_spec("framework")
    if spec is None or spec.origin is None or find_spec("framework.behaviour") is None:
        return None
    return Path(spec.origin).parent / "sim"


def _require_guarantees() -> None:
    from framework.behaviour import supports

    missing = [name for name in GUARANTEES if not supports(name)]
    if missing:
        raise BackendError(
            f"wolfpine {version('wolfpine')} does not guarantee {', '.join(missing)}; "
            "expected a version that does",
            "pip install --upgrade wolfpine",
        )
