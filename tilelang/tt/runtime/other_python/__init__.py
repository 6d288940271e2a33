"""Devices of another interpreter's environment (foreign.py), and how one is made (setup.py)."""
