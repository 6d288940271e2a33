"""The mock backend: a cluster that ttnn opens from a descriptor, with no device behind it.

It answers what a device of that kind has (grid, banks, alignments) and how ttnn would
allocate on it. It holds no data and runs no kernel: reads give zeros.
"""

from __future__ import annotations

from pathlib import Path

from ...device_spec import DeviceSpec
from ..root.cache import kernel_cache
from ..root.folder import mock_root
from ..session.environment import clean_environment
from ..session.parent import Session
from .backend import Backend, Statement
from .clusters import ClusterDescriptor, cluster_of, clusters

#: By architecture.
DEFAULT_CLUSTERS = {"wormhole_b0": "n150", "blackhole": "p150a"}

#: Seconds. It takes under one, and a few the first time, when firmware is handed out.
OPEN_TIMEOUT = 60.0


class Mock(Backend):
    """A mock cluster of one chip. Raises BackendError where ttnn is missing.

    Parameters
    ----------
    cluster : one of ours, or the path of a cluster descriptor as UMD writes them (YAML)
    dispatch : "fast" or "slow"; the compute grid depends on it
    """

    name = "mock"

    def __init__(
        self, arch: str, cluster: ClusterDescriptor | Path | None = None, dispatch: str = "fast"
    ) -> None:
        self.arch = arch
        self.cluster = cluster or clusters()[DEFAULT_CLUSTERS[arch]]
        self.dispatch = dispatch
        mock_root()

    @classmethod
    def of(cls, spec: DeviceSpec) -> Mock:
        """The mock of the cluster that a description is of (see :func:`cluster_of`); where none
        is known, the default one of its architecture."""
        cluster, dispatch = cluster_of(spec) or (None, "fast")
        return cls(spec.arch, cluster, dispatch)

    @property
    def statement(self) -> Statement:
        return Statement(
            backend=self.name,
            version=f"{self}, {self.dispatch} dispatch",
            arch=self.arch,
            compiler="none",
            holds_data=False,
            runs_kernels=False,
            nocs=(),
        )

    def environment(self, folder: Path) -> dict[str, str]:
        if isinstance(self.cluster, Path):
            descriptor = self.cluster.resolve()
        else:
            descriptor = folder / "cluster.yaml"
            descriptor.write_text(self.cluster.to_yaml())
        return mock_environment(descriptor, self.dispatch)

    def __str__(self) -> str:
        name = self.cluster.name if isinstance(self.cluster, Path) else self.cluster
        return f"mock cluster {name}"


def query_mock(cluster: ClusterDescriptor | Path, dispatch: str = "fast") -> DeviceSpec:
    """Open a mock cluster (see :class:`Mock`) in a child process and ask its device 0.

    Raises BackendError where ttnn is missing, or refuses the cluster; with TT-metal's reason.
    """
    arch = cluster.arch if isinstance(cluster, ClusterDescriptor) else "as its descriptor says"
    with Session(Mock(arch, cluster, dispatch), OPEN_TIMEOUT) as session:
        return session.spec


def mock_environment(cluster: Path, dispatch: str) -> dict[str, str]:
    """The environment in which ttnn opens a mock cluster; nothing of TT-metal's is inherited."""
    root = mock_root()
    env = clean_environment(root)
    env["TT_METAL_MOCK_CLUSTER_DESC_PATH"] = str(cluster)
    env["TT_METAL_CACHE"] = str(kernel_cache(root.name, "mock"))
    if dispatch == "slow":
        env["TT_METAL_SLOW_DISPATCH_MODE"] = "1"
    return env
