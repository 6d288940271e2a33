"""``tilelang.tt.run(kernel, A, out=C)``: results in tensors of the caller's."""

import kernel_list
import numpy as np
import pytest

import tilelang.tt as tt
from tilelang.tt.runtime.session.parent import Session

X = np.arange(64 * 64, dtype=np.float32).reshape(64, 64)
READ_ONLY = np.zeros((64, 64), np.float32)
READ_ONLY.flags.writeable = False


class Numpy(Session):
    """A session that asks numpy."""

    def __init__(self, program):
        self.spec, self.program = tt.DeviceSpec.preset("n150"), program

    def call(self, function, launches, tensors, scalars, timeout):
        found = tt.reference(self.program)(*tensors.values())
        (written,) = {each.name for each in launches[0].tensors} - {"X"}
        return {written: found}


def transposed(*args, **named):
    program = kernel_list.transpose(64, 64, dtype="float32")
    return tt.run(program, *args, device=Numpy(program), **named)


@pytest.mark.parametrize("wrapped", [lambda out: out, lambda out: (out,)])
def test_what_a_kernel_writes_is_in_the_array_that_was_given(wrapped):
    out = np.full((64, 64), 7, np.float32)
    assert transposed(X, out=wrapped(out)) is out
    assert np.array_equal(out, X.T)


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ((X, X), r"found 2 tensors as out; expected 1 \(Y\)"),
        (READ_ONLY, "out: Y: found a read-only array; expected a numpy array to write to"),
        ([1.0], "out: Y: found float; expected a numpy array to write to"),
    ],
)
def test_what_can_not_be_written_to_is_refused_before_the_kernel_runs(out, said):
    with pytest.raises(ValueError, match=said):
        transposed(X, out=out)
