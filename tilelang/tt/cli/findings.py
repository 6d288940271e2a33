"""What was examined of the environment: one line each, with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that was examined; no kernel can be planned where what is needed is not ok."""

    subject: str
    ok: bool
    answer: str
    advice: str = ""
    needed: bool = False
