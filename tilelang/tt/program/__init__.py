"""The tile program: what a block of T.Kernel does, as data. docs/program.md has the meaning.

    >>> from tilelang.tt.program import Program, listing
    >>> program = Program.from_json(text)     # checked whole; a fault is a ValueError
    >>> print(listing(program))               # in TileLang's spelling
    >>> program.to_text() == text
    True

No TVM and no ttnn here, and nothing else of ours. numpy is wanted by the interpreter alone.
"""

from __future__ import annotations

from .access import Pages as Pages
from .access import PagesOfBlocks as PagesOfBlocks
from .access import block_of as block_of
from .access import pages_of_block as pages_of_block
from .access import spans as spans
from .dtypes import DTYPES as DTYPES
from .dtypes import NUMBERS as NUMBERS
from .expressions import OPERATIONS as OPERATIONS
from .expressions import ZERO as ZERO
from .expressions import Bits as Bits
from .expressions import Cast as Cast
from .expressions import Const as Const
from .expressions import Expr as Expr
from .expressions import Load as Load
from .expressions import Op as Op
from .expressions import Var as Var
from .expressions import children as children
from .expressions import dtype_of as dtype_of
from .expressions import nodes as nodes
from .lister import Line as Line
from .lister import listing as listing
from .lister import listing_lines as listing_lines
from .program import VERSION as VERSION
from .program import Buffer as Buffer
from .program import Launch as Launch
from .program import Program as Program
from .program import Scratch as Scratch
from .program import Tensor as Tensor
from .program import Variable as Variable
from .program import View as View
from .program import Workspace as Workspace
from .settle import Writers as Writers
from .settle import settle as settle
from .steps import Assign as Assign
from .steps import Atomic as Atomic
from .steps import AtomicStore as AtomicStore
from .steps import Barrier as Barrier
from .steps import Break as Break
from .steps import Continue as Continue
from .steps import Copy as Copy
from .steps import Fill as Fill
from .steps import Gemm as Gemm
from .steps import Let as Let
from .steps import Loop as Loop
from .steps import Map as Map
from .steps import MapLoop as MapLoop
from .steps import Opaque as Opaque
from .steps import Reduce as Reduce
from .steps import Region as Region
from .steps import Scan as Scan
from .steps import Step as Step
from .steps import Store as Store
from .steps import Transpose as Transpose
from .steps import When as When
from .steps import While as While
from .walk import bodies as bodies
from .walk import expressions_of as expressions_of
from .walk import reads as reads
from .walk import steps_of as steps_of
from .walk import writes as writes
