"""Mock clusters, opened through ttnn: the presets are what they answer, and nothing is left."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import kernels
import pytest

import tilelang.tt as tt
from tilelang.tt.presets import preset_names
from tilelang.tt.runtime import BackendError
from tilelang.tt.runtime.backends.clusters import clusters
from tilelang.tt.runtime.backends.devices import open_device

pytestmark = pytest.mark.needs("ttnn")

# Cluster, harvest mask, dispatch; the compute grid that ttnn gives.
GRIDS = [
    ("n150", 0x0, "fast", (8, 9)),
    ("n150", 0x1, "fast", (8, 8)),
    ("n150", 0x200, "fast", (8, 8)),
    ("n150", 0x3, "fast", (8, 7)),
    ("n150", 0x1, "slow", (8, 9)),
    ("p150a", 0x0, "fast", (13, 10)),
    ("p150a", 0x2000, "fast", (12, 10)),
    ("p150a", 0x3, "fast", (11, 10)),
    ("p150a", 0x3, "slow", (12, 10)),
]


@pytest.fixture
def query():
    from tilelang.tt.runtime.backends.mock import query_mock

    return query_mock


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_is_what_its_mock_cluster_answers(name, query):
    assert tt.DeviceSpec.preset(name) == query(clusters()[name])


def test_every_cluster_has_a_preset():
    assert preset_names() == sorted(clusters())


@pytest.mark.parametrize(("name", "mask", "dispatch", "grid"), GRIDS)
def test_the_grid_follows_harvesting_and_dispatch(name, mask, dispatch, grid, query):
    spec = query(clusters()[name].with_harvest_mask(mask), dispatch)
    assert (spec.grid_x, spec.grid_y) == grid
    assert spec.dispatch == dispatch
    assert len(spec.dram_cores) == spec.dram_banks
    assert f"{mask:#x}" in spec.source


def test_a_cluster_that_ttnn_refuses_gives_its_reason(query):
    with pytest.raises(BackendError, match="At most two rows or cols can be harvested"):
        query(clusters()["p150a"].with_harvest_mask(0x7))


def test_a_descriptor_that_is_no_cluster(query, tmp_path):
    (tmp_path / "cluster.yaml").write_text("nonsense")
    with pytest.raises(BackendError, match=r"mock cluster cluster.yaml.*yaml-cpp: error"):
        query(tmp_path / "cluster.yaml")


def test_a_users_own_descriptor(query, tmp_path):
    (tmp_path / "mine.yaml").write_text(clusters()["p100a"].to_yaml())
    spec = query(tmp_path / "mine.yaml")
    assert (spec.arch, spec.dram_banks) == ("blackhole", 7)


def test_variables_left_over_in_the_shell_change_nothing(query, monkeypatch):
    monkeypatch.setenv("TT_METAL_SIMULATOR", "/no/such/simulator")
    monkeypatch.setenv("TT_METAL_SLOW_DISPATCH_MODE", "1")
    monkeypatch.setenv("TT_METAL_CORE_GRID_OVERRIDE_TODEPRECATE", "1,1")
    monkeypatch.setenv("TT_METAL_RUNTIME_ROOT", "/no/such/root")
    assert query(clusters()["n150"]) == tt.DeviceSpec.preset("n150")


def test_an_open_device_of_this_process_is_asked(tmp_path):
    """from_ttnn, on a mock that the user has opened, and as the live default device."""
    from tilelang.tt.runtime.backends.mock import mock_environment

    (tmp_path / "cluster.yaml").write_text(clusters()["p150a"].to_yaml())
    code = """
import ttnn, tilelang.tt as tt
device = ttnn.open_device(device_id=0)
spec = tt.DeviceSpec.from_ttnn(device, "here")
assert tt.device_spec.resolve_device(device).grid_x == spec.grid_x
ttnn.SetDefaultDevice(device)
assert tt.DeviceSpec.query().grid_x == spec.grid_x
grid = device.compute_with_storage_grid_size()
assert (spec.grid_x, spec.grid_y) == (grid.x, grid.y) == (11, 10), spec
ttnn.close_device(device)
print("asked", spec.source)
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", "import tilelang.tt.device_spec\n" + code],
        env=mock_environment(tmp_path / "cluster.yaml", "fast"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "asked here" in done.stdout, done.stdout + done.stderr


def test_two_first_uses_at_once_share_one_root(query, tmp_path, monkeypatch):
    monkeypatch.setenv("TILELANG_TT_CACHE", str(tmp_path / "cache"))
    with ThreadPoolExecutor(4) as pool:
        specs = list(pool.map(query, [clusters()["n150"], clusters()["p150a"]] * 2))
    assert [spec.arch for spec in specs] == ["wormhole_b0", "blackhole"] * 2
    roots = list((tmp_path / "cache" / "tilelang-tt" / "roots").iterdir())
    assert len(roots) == 1, roots


def test_site_packages_stay_as_they_were(query):
    import importlib.util

    package = Path(importlib.util.find_spec("ttnn").origin).parent
    before = sorted(str(path) for path in package.rglob("*") if "__pycache__" not in str(path))
    query(clusters()["n150"])
    assert before == sorted(
        str(path) for path in package.rglob("*") if "__pycache__" not in str(path)
    )


def test_a_cache_folder_that_can_not_be_written_to_is_named(query, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("TILELANG_TT_CACHE", str(tmp_path / "file"))
    with pytest.raises(BackendError, match=r"file.*expected a cache folder to write to"):
        query(clusters()["n150"])


def test_a_device_that_never_opens_is_given_up_and_leaves_no_process(tmp_path):
    from tilelang.tt.runtime.backends.mock import Mock
    from tilelang.tt.runtime.session.parent import Session

    class Sleeper(Mock):
        """Its ttnn waits for something that never comes."""

        def environment(self, folder):
            return {**super().environment(folder), "PYTHONPATH": str(tmp_path)}

    (tmp_path / "ttnn.py").write_text(
        "import subprocess, sys, time\n"
        "child = subprocess.Popen(['sleep', '1234567'])\n"
        "print('waiting for a simulator', flush=True)\n"
        "time.sleep(1000)\n"
    )
    with pytest.raises(BackendError, match=r"opening mock cluster.*not done within 2 s") as raised:
        Session(Sleeper("wormhole_b0"), timeout=2)
    assert "waiting for a simulator" in str(raised.value)
    found = subprocess.run(["pgrep", "-f", "sleep 1234567"], capture_output=True, text=True)
    assert found.stdout == ""


def test_memory_of_large_tensors_is_not_asked_of_the_kernel_again(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))  # for large_arrays
    with open_device("mock", "wormhole_b0") as device:
        first, *others = (device.call("large_arrays:faults", 2**26) for _ in range(3))
    assert first > 0.9 * 2**26 / 4096  # what it takes where nothing is kept
    assert max(others) < first / 10


def test_the_mock_compiles_no_kernels():
    from tilelang.tt.runtime.root import mock_compiler

    done = subprocess.run(
        [sys.executable, mock_compiler.__file__, "-c", "-o", "kernel.o", "kernel.cc"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "a mock runs no kernels" in done.stderr


# Which mock a plan is checked on -------------------------------------------------------------


@pytest.mark.parametrize("name", preset_names())
def test_a_plan_is_checked_on_the_cluster_that_its_description_came_from(name):
    from tilelang.tt.runtime.backends.mock import Mock

    preset = tt.DeviceSpec.preset(name)
    assert Mock.of(preset).source == preset.source


@pytest.mark.parametrize("mask", [0x1, 0x21])
def test_a_cluster_with_other_rows_off_is_found_again(mask, query):
    from tilelang.tt.runtime.backends.mock import Mock

    spec = query(clusters()["n150"].with_harvest_mask(mask), "slow")
    assert Mock.of(spec).source == spec.source


@pytest.mark.parametrize(
    ("figures", "cluster"),
    [
        ({"arch": "wormhole_b0", "grid_x": 8, "grid_y": 9, "dram_banks": 12}, "n150-unharvested"),
        ({"arch": "wormhole_b0", "grid_x": 8, "grid_y": 7, "dram_banks": 12}, "n150-two-rows"),
        ({"arch": "blackhole", "grid_x": 13, "grid_y": 10, "dram_banks": 8}, "p150a-unharvested"),
        ({"arch": "blackhole", "grid_x": 5, "grid_y": 5, "dram_banks": 8}, None),
    ],
)
def test_a_simulators_description_finds_the_cluster_that_is_like_it(figures, cluster):
    from tilelang.tt.runtime.backends.clusters import cluster_of

    alignment = 32 if figures["arch"] == "wormhole_b0" else 64
    spec = tt.DeviceSpec(**figures, dram_alignment=alignment, l1_alignment=16, source="asked")
    found = cluster_of(spec)
    assert (found and found[0].name) == cluster


# What a device holds --------------------------------------------------------------------------


# Rows of pages over all banks that a first tensor has beyond a bank's, and a second one's; what is
# said of those that don't fit.
CAPACITIES = [
    (-1, 1, ""),
    (0, 1, "buffers X, Y take"),
    (-10, 10, ""),
    (-10, 11, "buffers X, Y take"),
    (1, 1, "buffer X takes"),
]


@pytest.mark.parametrize("name", ["n150", "p100a", "p150a"])
def test_what_is_refused_when_planned_is_what_ttnn_can_not_allocate(name, monkeypatch):
    """The last that fits and the first that doesn't, one tensor and two together."""
    from tilelang.tt.runtime.backends.mock import Mock
    from tilelang.tt.runtime.session.parent import Session

    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    spec = tt.DeviceSpec.preset(name)
    bank = spec.dram_bank_size // 4096
    with Session(Mock.of(spec)) as session:
        for more, second, refusal in CAPACITIES:
            rows = (bank + more, second)
            shapes = [(32 * spec.dram_banks * row, 32) for row in rows]
            tensors = [(shape, "float32") for shape in shapes]
            assert session.call("allocate_on_ttnn:fit", tensors) is not bool(refusal), rows
            kernel = kernels.two(*shapes, "float32")
            if not refusal:
                assert tt.Plan.from_module(tt.infer_metadata(kernel, spec))
                continue
            taken = 4096 * (rows[0] if "takes" in refusal else sum(rows))
            said = f"{refusal} {taken} bytes of each DRAM bank; expected at most "
            with pytest.raises(NotImplementedError, match=f"{said}{spec.dram_bank_size}"):
                tt.infer_metadata(kernel, spec)


def test_a_plan_of_tensors_that_do_not_fit_is_refused_as_a_file_too(tmp_path):
    spec = tt.DeviceSpec.preset("n150")
    rows = 32 * spec.dram_banks * (spec.dram_bank_size // 4096)
    path = tmp_path / "plan.json"
    kernel = kernels.two((rows - 32 * spec.dram_banks, 32), (32, 32), "float32")
    tt.Plan.from_module(tt.infer_metadata(kernel, spec)).save(path)
    document = path.read_text()
    smaller = document.replace(str(spec.dram_bank_size), str(spec.dram_bank_size - 4096))
    path.write_text(smaller)
    with pytest.raises(NotImplementedError, match=r"plan.json: two: buffers X, Y take \d+ bytes"):
        tt.Plan.load(path)


def test_e1_and_e2_on_a_mock_cost_nothing_that_grows_with_the_data():
    """Two tensors that fill the device are proven as quickly as small ones, and in little memory."""
    import resource

    from tilelang.tt.runtime.backends.mock import Mock
    from tilelang.tt.runtime.session.parent import Session
    from tilelang.tt.validate.cases import of_plan
    from tilelang.tt.validate.harness import validate

    spec = tt.DeviceSpec.preset("p150a")
    rows = 32 * spec.dram_banks * (spec.dram_bank_size // 4096 // 2)
    kernel = kernels.two((rows, 32), (rows, 32), "float32")
    plan = tt.Plan.from_module(tt.infer_metadata(kernel, spec))
    with Session(Mock.of(spec)) as session:
        evidence = validate(session, of_plan(plan))
        assert evidence.exit_code() == 0, evidence.objections()
        assert evidence.count()["proven"] >= 4
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    assert used < 2**31, "of 34 GB of tensors"
