"""E7: a kernel's result, and kernels and results that are wrong on purpose."""
