"""Kernels from tile programs: choices first, text last. No TVM and no ttnn.

>>> plan = generate(program, schedule, device)     # a KernelPlan, or an error with a reason
>>> sources(plan)["compute"]                       # C++ for the three kernels
>>> launch(plan)                                   # what a host gives ttnn, as plain values

generate.py makes plan.py's KernelPlan, emit/ its text, launch.py what the host needs beside it, and
refusal.py the errors. Nothing is imported here, so that each is reached without the rest.
"""
