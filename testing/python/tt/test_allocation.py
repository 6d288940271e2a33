"""What E2 holds a claim against is read off ttnn's tensor and the device, no figure off the claim."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

np = pytest.importorskip("numpy")

from claims_on_paper import claim_of  # noqa: E402  needs numpy

from tilelang.tt import DeviceSpec  # noqa: E402
from tilelang.tt.validate.evidence import Allocation  # noqa: E402

pytestmark = pytest.mark.needs("ttnn")


def a_tensor_unlike_any_claim() -> SimpleNamespace:
    """Answers as a tensor of ttnn's does, with figures that no shape and device give."""
    kind = SimpleNamespace
    memory = kind(buffer_type=kind(name="L1"), memory_layout=kind(name="HEIGHT_SHARDED"))
    return kind(
        tile=kind(tile_shape=(16, 8)),
        padded_shape=(48, 24),
        memory_config=lambda: memory,
        buffer_page_size=lambda: 11,
        buffer_aligned_page_size=lambda: 13,
        buffer_num_pages=lambda: 17,
        logical_volume=lambda: 19,
        dtype=kind(name="BFLOAT4_B"),
    )


def test_each_figure_of_an_allocation_is_ttnns_or_the_devices(monkeypatch):
    from tilelang.tt.runtime.jobs import bridge
    from tilelang.tt.validate.tensors import batch as batch

    monkeypatch.setattr(bridge, "accessor_args", lambda tensor: [23, 29])
    device = DeviceSpec.preset("p100a")
    assert device.dram_banks != claim_of().buffer.accessor.num_banks
    found = batch._allocation(a_tensor_unlike_any_claim(), claim_of().buffer, device)
    assert found == Allocation(
        compile_time_args=(23, 29),
        page_size=11,
        aligned_page_size=13,
        num_pages=17,
        num_banks=device.dram_banks,
        padded_shape=(48, 24),
        needs_padding=True,
        tile_shape=(16, 8),
        tiles=(3, 3),
        data_format="BFLOAT4_B",
        memory="l1",
        layout="l1_height_sharded",
    )
