"""A generated kernel as files that someone can carry on from by hand."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources

from .describe import render
from .emit import sources
from .plan import KernelPlan


def export(plans: Sequence[KernelPlan]) -> dict[str, str]:
    """The text of each file by its name: the kernels, kernel.json, and host.py, which runs them.

    Those of several launches are in folders, ``launch_0`` and so on.
    """
    out: dict[str, str] = {}
    for plan in plans:
        folder = f"launch_{plan.launch}/" if len(plans) > 1 else ""
        out |= {f"{folder}{role}.cpp": text for role, text in sources(plan).items()}
        out[f"{folder}kernel.json"] = render(plan.to_json()) + "\n"
    host = (resources.files(__package__) / "templates" / "host.py").read_text()
    return {**out, "host.py": host}
