"""Compiling a file for a TRISC, whose vectors live in floating-point registers until then.

headers/sfpi/vector/ has vectors as floats that only asm statements touch, so clang's register
allocator places them. The code goes through assembly, where the allocator's copies become the
vector unit's, and is assembled for a core without floating point. What would be one of RISC-V's
own floating-point instructions there (a spill to memory, a register beyond the eight, arithmetic
of a scalar float) is an error of the assembler's, and so never runs: code for the vector unit
either fits or is refused.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence

from .errors import Refused

# The assembler takes the architecture from this line rather than from its command line.
_ARCHITECTURE = re.compile(r'^\t\.attribute\t5, "[^"\n]*"$', re.MULTILINE)

# The copy of a register that the allocator adds: SFPMOV (0x7c) in all lanes (2), whichever are
# enabled, rotated as every Tensix instruction is. headers/ttinsn.h has the registers' numbers.
_COPY = """\
.macro fmv.s to, from
.4byte ((0x7c << 26) & 0xffffffff) | (lreg_\\from << 10) | (lreg_\\to << 6) | (2 << 2) | (0x7c >> 6)
.endm
"""

# What the assembler says of an instruction, or of a symbol that stands for a vector register.
_NO_FLOAT = re.compile(
    r"^<stdin>:(?P<line>\d+):\d+: error: [^\n]*?"
    r"(?:'F' \(Single-Precision Floating-Point\)|\blreg_\w+)",
    re.MULTILINE,
)

# A line's comment: the place, and those that it was inlined into ("a.h:1:2 @[ b.cc:3:4 ]").
_LOCATION = re.compile(r"^\t\.loc\t[^#\n]*# (?P<places>.*)$")
_PLACE = re.compile(r"(?P<file>[^\s:]+):(?P<line>\d+):\d+")
_OURS = "/sfpi/vector/"


def assemble(listing: str, command: Sequence[str], output: str) -> None:
    """Make the object of a listing that was compiled with floating-point registers.

    Raises Refused for one that needs them. ``command`` is clang's, for a core that has none.
    """
    plain, found = _ARCHITECTURE.subn("", listing)
    if found != 1:
        raise Refused(f"found {found} architectures in clang's assembly; expected 1")
    result = subprocess.run(
        [*command, "-x", "assembler", "-c", "-", "-o", output],
        input=_COPY + plain,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    if result.returncode:
        wrong = _NO_FLOAT.search(result.stderr)
        if not wrong:
            raise Refused(f"clang's assembler failed:\n{result.stderr}")
        raise DoesNotFit(int(wrong["line"]) - _COPY.count("\n"))


class DoesNotFit(Exception):
    """Vectors that can't all be in registers, or a scalar float."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        #: The first line of the listing that shows it, counted from 1.
        self.line = line


def source_of(listing: str, line: int) -> str | None:
    """``file:line`` of the source that a line of a listing comes from, if the listing says so.

    The innermost place outside of the headers of this package.
    """
    place = None
    for text in listing.splitlines()[:line]:
        if match := _LOCATION.match(text):
            for found in _PLACE.finditer(match["places"]):
                if _OURS not in found["file"] and found["line"] != "0":
                    place = f"{found['file'].rpartition('/')[2]}:{found['line']}"
                    break
    return place
