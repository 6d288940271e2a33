"""The folder that TT-metal runs from (root.py), and where it and all else is kept (cache.py)."""
