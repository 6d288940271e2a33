"""What limits a launch: bytes by bank and link, operations, and cycles bound by each. No TVM, no
ttnn, and nothing of generated kernels but how they run a schedule (running.py) and what they spread
(codegen/ways.py)."""

from __future__ import annotations

from .flows import Moved as Moved
from .flows import bytes_of_page as bytes_of_page
from .limits import Limits as Limits
from .limits import limits_of as limits_of
from .model import FIDELITY as FIDELITY
from .model import RESOURCES as RESOURCES
from .model import Bounds as Bounds
from .model import bounds_of as bounds_of
