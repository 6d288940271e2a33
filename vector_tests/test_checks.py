"""Kernels run under TT-metal's own checks, and a kernel that breaks one is noticed.

KERNELS are one of the vector unit's functions by itself, and every golden generated kernel.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import golden_texts
import numpy as np
import pytest
from compared import assert_right, shown
from vector_errors import errors, inputs, statements

from tilelang.tt.runtime import BackendError
from tilelang.tt.runtime.backends.devices import open_device


def _exp(session: Any) -> None:
    arrays = [bits[:2048] for bits in inputs("exp", "bfloat16", "wormhole")]
    (found,) = session.call("vector_jobs:apply", [statements("exp", "bfloat16")], [arrays])
    assert errors("exp", "bfloat16", arrays, found).ulps < 1


def _generated(name: str) -> Callable[[Any], None]:
    """A generated kernel, whose numbers the checks don't change."""

    def run(session: Any) -> None:
        program = golden_texts.EVERY[name]
        plans = golden_texts.plans(program, name, device=session.spec)
        assert_right(shown(session, program, ["mixed"], plan=plans))

    return run


KERNELS: dict[str, Callable[[Any], None]] = {
    "exp": _exp,
    **{name: _generated(name) for name in golden_texts.NAMES},
}

# Not here: the watcher on Wormhole, whose own NCRISC firmware is larger than its 2 KiB as clang
# compiles it (SFPI's fits), so that no device opens.
CHECKS = [("asserts", "wormhole"), ("asserts", "blackhole"), ("watcher", "blackhole")]

# Kernels that don't run so, and why: docs/vector_unit.md. That which never ends isn't tried.
TOO_LARGE = {("asserts", "attention_causal"), ("asserts", "attention_shared")}
ENDS_NEVER = {("watcher", "attention_causal")}


@pytest.fixture(scope="module", params=CHECKS, ids=["-".join(case) for case in CHECKS])
def checked(request, tt_device) -> Any:
    """A device whose kernels are checked; tt_device says on which backend."""
    checks, arch = request.param
    backend = tt_device.backend.name
    if tt_device.spec.arch.removesuffix("_b0") != arch:
        pytest.skip(f"a case of --tt-arch {arch}")
    with open_device(backend, arch, timeout=300, checks=checks) as session:
        yield checks, session


@pytest.mark.parametrize(
    ("checked", "name"),
    [(case, name) for case in CHECKS for name in KERNELS if (case[0], name) not in ENDS_NEVER],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
    indirect=["checked"],
)
def test_a_kernel_runs_under_checks(name: str, checked) -> None:
    checks, session = checked
    if (checks, name) in TOO_LARGE:
        with pytest.raises(BackendError, match="too large for kernel config buffer"):
            KERNELS[name](session)
    else:
        KERNELS[name](session)


def test_a_kernel_that_breaks_one_ends(checked) -> None:
    _, session = checked
    broken = ([], "ASSERT(tiles == 77)")
    with pytest.raises(BackendError):
        session.call("vector_jobs:apply", [broken], [[np.zeros(1024, np.uint16)]], timeout=60)
