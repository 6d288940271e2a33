"""Makes the kernel plan of a block: where each storage lives, and what each kernel does."""

from __future__ import annotations

from .blocks import Planner
from .places import ROLES, Choices, Spending

__all__ = ["ROLES", "Choices", "Planner", "Spending"]
