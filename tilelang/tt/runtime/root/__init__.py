"""The folder that TT-metal runs from (folder.py), and where it and all else is kept (cache.py)."""
