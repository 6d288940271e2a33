"""What generated kernels give on a device, beside the interpreter's numbers."""

from __future__ import annotations

from tilelang.tt import reference
from tilelang.tt.enclosure import KINDS, bound_of, compare, enclose, scalars, tensors
from tilelang.tt.runtime.checked import checked_launch
from tilelang.tt.runtime.running import RUN, kernel_plans


def shown(session, program, kinds=KINDS, plan=None, numbers=None, launched=checked_launch):
    """How each output compares, on numbers of each kind: an Agreement by (output, kind).

    ``plan`` is that of the launch, or a tuple of those of all launches; by default as planned.
    ``launched`` makes the launch of one, by default as for users, with the protocol checked."""
    plans = plan or kernel_plans(program, session.spec)
    plans = plans if isinstance(plans, tuple) else (plans,)
    launches, numbers, out = tuple(map(launched, plans)), numbers or scalars(program), {}
    for kind in kinds:
        arrays = tensors(program, kind, seed=0)
        expected = reference(program)(**arrays, **numbers)
        expected = expected if isinstance(expected, tuple) else (expected,)
        intervals = enclose(plans, program, arrays, numbers, independent=True)
        found = session.call(RUN, launches, arrays, numbers, timeout=300)
        for (name, interval), want in zip(intervals.items(), expected, strict=True):
            assert found[name].dtype == want.dtype
            out[name, kind] = compare(found[name], want, bound_of(want, interval))
    return out


def assert_right(found):
    assert {key: each for key, each in found.items() if not each.agrees} == {}
