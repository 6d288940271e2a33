"""A device that is open in a process of its own (parent.py), which runs jobs on it (worker.py)."""
