"""Claims are examined here before anything runs: what is malformed, and what could do harm.

A descriptor or a schedule that is refused is a verdict of its own case, with the place, what was
expected and what was found; nothing of it reaches the device. What is left for the levels is well
formed: of the right types and in range, in agreement with itself, and within its own tensor.
"""

from .schedule import MOST_ARGS, OWN_ARGS, schedule_contradiction, schedule_fault, schedule_harm
from .tensor import tensor_fault

__all__ = [
    "MOST_ARGS",
    "OWN_ARGS",
    "schedule_contradiction",
    "schedule_fault",
    "schedule_harm",
    "tensor_fault",
]
