"""The interpreter: a tile program run in numpy, block by block. It is what other ways are held to.

It shares no code with what generates kernels. What is exact in it, and what is not, is said in
docs/program.md.
"""

from __future__ import annotations

from .call import MAX_STEPS as MAX_STEPS
from .call import Reference as Reference
from .call import program_of as program_of
from .call import reference as reference
