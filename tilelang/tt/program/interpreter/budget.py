"""A limit on what a run does, so that none is without an end."""

from __future__ import annotations

POINTS_A_STEP = 4096
"""So many elements of a vectorised step count as a step more: about what they cost in time."""


class Budget:
    """Counts steps. ``most`` is how many there may be."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.left = most

    def charge(self, points: int = 0) -> None:
        """A step was run, on so many elements. Raises RuntimeError where that is one too many."""
        self.left -= 1 + points // POINTS_A_STEP
        if self.left < 0:
            raise RuntimeError(
                f"found more than {self.most} steps; expected a kernel that ends before, "
                "or max_steps= with a larger number"
            )
