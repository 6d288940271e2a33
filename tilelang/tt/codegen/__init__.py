"""Kernels from tile programs: choices first, text last. No TVM and no ttnn.

>>> plan = generate(program, schedule, device)     # a KernelPlan, or an error with a reason
>>> sources(plan)["compute"]                       # C++ for the three kernels
>>> launch(plan)                                   # what a host gives ttnn, as plain values
"""

from __future__ import annotations

from .emit import sources as sources
from .export import export as export
from .fuse import FUSIONS as FUSIONS
from .generate import generate as generate
from .generate import generate_all as generate_all
from .launch import Launch as Launch
from .launch import launch as launch
from .plan import KernelPlan as KernelPlan
from .refusal import Unsupported as Unsupported
