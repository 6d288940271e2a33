"""The mock backend: a cluster that ttnn opens from a descriptor, with no device behind it.

It answers what a device of that kind has (grid, banks, alignments) and how ttnn would
allocate on it. It holds no data and runs no kernel: reads give zeros.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ..device import DeviceSpec
from .clusters import ClusterDescriptor
from .live import probe, ttnn_version
from .root import cache_folder, mock_runtime_root

#: Seconds. It takes under one, and a few the first time, when firmware is handed out.
OPEN_TIMEOUT = 60.0


def query_mock(cluster: ClusterDescriptor | Path, dispatch: str = "fast") -> DeviceSpec:
    """Open a mock cluster in a child process and ask its device 0.

    Parameters
    ----------
    cluster : one of ours, or the path of a cluster descriptor as UMD writes them (YAML)
    dispatch : "fast" or "slow"; the compute grid depends on it

    Raises
    ------
    BackendError
        ttnn is missing, or refuses the cluster; with TT-metal's reason.
    """
    with tempfile.TemporaryDirectory(prefix="tilelang-tt-") as folder:
        if isinstance(cluster, ClusterDescriptor):
            path = Path(folder, "cluster.yaml")
            path.write_text(cluster.to_yaml())
            name = str(cluster)
        else:
            path, name = Path(cluster).resolve(), Path(cluster).name
        source = f"mock cluster {name}, {dispatch} dispatch, ttnn {ttnn_version()}"
        return probe(mock_environment(path, dispatch), source, OPEN_TIMEOUT)


def mock_environment(
    cluster: Path, dispatch: str, base: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """The environment in which ttnn opens a mock cluster; nothing of TT-metal's is inherited."""
    env = {key: value for key, value in base.items() if not key.startswith("TT_")}
    env["TT_METAL_MOCK_CLUSTER_DESC_PATH"] = str(cluster)
    env["TT_METAL_RUNTIME_ROOT"] = str(mock_runtime_root())
    env["TT_METAL_CACHE"] = str(cache_folder() / "kernels-mock")
    env["TT_LOGGER_LEVEL"] = "error"
    if dispatch == "slow":
        env["TT_METAL_SLOW_DISPATCH_MODE"] = "1"
    return env
