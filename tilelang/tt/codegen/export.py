"""A generated kernel as files that someone can carry on from by hand."""

from __future__ import annotations

from importlib import resources

from .describe import render
from .emit import sources
from .plan import KernelPlan


def export(plan: KernelPlan) -> dict[str, str]:
    """The text of each file by its name: the kernels, kernel.json, and host.py, which runs them."""
    kernels = {f"{role}.cpp": text for role, text in sources(plan).items()}
    host = (resources.files(__package__.rpartition(".")[0]) / "templates" / "host.py").read_text()
    return {**kernels, "kernel.json": render(plan.to_json()) + "\n", "host.py": host}
