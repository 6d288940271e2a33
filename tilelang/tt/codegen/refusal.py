"""What the generator can't do, said before any text exists."""

from __future__ import annotations

from ..program import Program, Step
from ..program.lister import listed_step

#: What a reader of the message can always do.
_ANYWAY = "tilelang.tt.reference runs it in numpy"


class Unsupported(NotImplementedError):
    """A step, or a kernel as a whole, that no kernels are generated for."""


class Refusals:
    """Makes errors that name the function, the step and the reason, with what to do."""

    def __init__(self, program: Program, function: str) -> None:
        self.program = program
        self.function = function

    def step(self, place: str, step: Step | None, reason: str, advice: str) -> Unsupported:
        """``place`` is as in ``launches[0].body[2]``."""
        shown = "" if step is None else f" {listed_step(self.program, step)}:"
        return Unsupported(f"{self.function}: {place}:{shown} {reason}; {advice}, or {_ANYWAY}")

    def kernel(self, reason: str, advice: str) -> Unsupported:
        return Unsupported(f"{self.function}: {reason}; {advice}, or {_ANYWAY}")
