"""A card's path but for the data: kernels are compiled, assembled and enqueued on fast-dispatch mocks."""

from __future__ import annotations

import dispatch_mock
import golden_texts
import kernel_list
import pytest

from tilelang.tt import DeviceSpec
from tilelang.tt.runtime import BackendError

pytestmark = pytest.mark.needs("wolfpine")

SHORT = {("n150", "gemm"), ("p150a", "softmax")}


@pytest.mark.parametrize(
    ("board", "name"),
    [
        pytest.param(
            board, name, marks=() if (board, name) in SHORT else pytest.mark.long,
            id=f"{board}-{name}",
        )
        for board in dispatch_mock.BOARDS
        for name in golden_texts.NAMES
    ],
)  # fmt: skip
def test_a_golden_kernel_is_enqueued(board, name):
    dispatch_mock.enqueue(board, name)


@pytest.mark.parametrize(
    "board",
    [
        pytest.param(board, marks=() if board == "n150" else pytest.mark.long)
        for board in dispatch_mock.BOARDS
    ],
)
def test_l1_ends_where_a_plan_says_that_it_does(board):
    """The last byte that a kernel plan may take is the last that TT-metal gives."""
    room = DeviceSpec.preset(board).l1_bank_size
    dispatch_mock.enqueue_with(board, room)
    with pytest.raises(BackendError, match="beyond max L1 size"):
        dispatch_mock.enqueue_with(board, room + 16)


def test_a_plan_takes_l1_to_its_last_byte_and_no_further():
    from dataclasses import replace

    from tilelang.tt import describe
    from tilelang.tt.codegen.generate import generate

    program, device = kernel_list.LIST["copy"], DeviceSpec.preset("n150")
    schedule = describe.schedule_tiles(program.launches[0].grid, device)
    least = generate(program, schedule, device).l1_bytes // 2  # room for one block, not for two
    assert generate(program, schedule, replace(device, l1_bank_size=least)).l1_bytes == least
    with pytest.raises(NotImplementedError, match=f"takes {least} bytes of L1, of {least - 1}"):
        generate(program, schedule, replace(device, l1_bank_size=least - 1))
