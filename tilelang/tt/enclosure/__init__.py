"""Between which numbers the elements of a generated kernel's results lie: its error's bound.

A tile program is gone through as its interpreter does, but each value is an interval: the least and
the largest that a device may have there, which follow from where the kernel plan rounds to which
format, from how long sums are, and from how exact the device's functions are (docs/evidence.md).
The numbers that a result is held to stay the interpreter's: the bound of an element is the most
that an end of its interval is away from them.

>>> interval = enclose(plan, program, arrays, scalars)["C"]
>>> wanted = reference(program)(**arrays, **scalars)
>>> compare(found, wanted, bound_of(wanted, interval)).agrees
"""

from __future__ import annotations

from .compare import Agreement as Agreement
from .compare import bound_of as bound_of
from .compare import compare as compare
from .compare import errors as errors
from .compare import part_of_bound as part_of_bound
from .inputs import KINDS as KINDS
from .inputs import scalars as scalars
from .inputs import tensors as tensors
from .interval import Interval as Interval
from .run import enclose as enclose
