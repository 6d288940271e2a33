"""Whether kernels keep to TT-metal's protocol, told from their text alone.

Simulators move data at once and run a core's kernels one call after another, so that a barrier or
a wait that is missing leaves their numbers as they are; on a card it is a race. This reads the text
of the three kernels as it goes to the compiler, and shares no code with what wrote it.

>>> faults(sources, buffers, slots=4)      # [] if there are none
"""

from __future__ import annotations

from .actions import Buffer as Buffer
from .actions import Fault as Fault
from .check import ProtocolError as ProtocolError
from .check import faults as faults
from .check import needless as needless
from .check import require as require
from .check import require_groups as require_groups
