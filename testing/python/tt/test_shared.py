"""Memory that two processes see: it grows, what was there stays, and it is gone with its descriptor."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys

import pytest

from tilelang.tt.runtime.session import shared
from tilelang.tt.runtime.session.shared import ALIGNMENT, SharedMemory, aligned


@pytest.fixture
def memory():
    made = SharedMemory.made()
    yield made
    made.close()


def test_what_one_process_writes_the_other_reads(memory):
    program = (
        "import sys; from tilelang.tt.runtime.session.shared import of_worker\n"
        "view = of_worker(int(sys.argv[1])).view(2**21)\n"
        "assert view[2**20:2**20+3] == b'abc'; view[:3] = b'xyz'"
    )
    view = memory.view(2**21)
    view[2**20 : 2**20 + 3] = b"abc"
    subprocess.run(
        [sys.executable, "-c", program, str(memory.fileno())],
        pass_fds=[memory.fileno()], check=True,
    )  # fmt: skip
    assert view[:3] == b"xyz"


def test_it_grows_and_keeps_what_was_there(memory):
    small = memory.view(10)
    small[:2] = b"ab"
    large = memory.view(3 * 2**20)
    assert len(large) >= 3 * 2**20
    assert large[:2] == b"ab"
    large[:2] = b"cd"
    assert small[:2] == b"cd"
    assert memory.view(10) is large


def test_its_address_is_that_of_the_view(memory):
    for size in (100, 2**22):
        view = memory.view(size)
        view[:5] = b"right"
        assert ctypes.string_at(memory.address, 5) == b"right"


def test_more_than_there_is_is_a_memory_error(memory):
    with pytest.raises(MemoryError, match="bytes for a kernel's tensors"):
        memory.view(2**62)


def test_closing_it_again_is_no_error_and_closes_nothing_else(memory):
    number = memory.fileno()
    memory.close()
    other = os.open(os.devnull, os.O_RDONLY)
    assert other == number
    memory.close()
    os.fstat(other)
    os.close(other)


def test_tensors_begin_where_any_dtype_may():
    ends = (0, 1, 64, 65, 1000)
    assert [aligned(end) for end in ends] == [0, 64, 64, 128, 1024]
    assert all(aligned(end) % ALIGNMENT == 0 for end in ends)


def test_a_process_that_is_no_worker_has_none(monkeypatch):
    monkeypatch.setattr(shared, "_of_worker", None)
    with pytest.raises(AssertionError, match="no worker"):
        shared.of_worker()
