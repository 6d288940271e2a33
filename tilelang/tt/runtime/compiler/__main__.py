"""What TT-metal runs as its compiler: ``python -BSE <this folder> ROOT GCC-ARGUMENTS...``

The folder is run as a script, without site-packages, since TT-metal starts it for every
object of every kernel; so it imports nothing but the standard library and this package.
"""

from __future__ import annotations

import importlib
import os
import sys

if __name__ == "__main__":
    folder = os.path.dirname(os.path.abspath(__file__))
    # Last, so that a module beside this package can't stand before one of the standard library.
    sys.path.remove(sys.path[0])
    sys.path.append(os.path.dirname(folder))
    driver = importlib.import_module(f"{os.path.basename(folder)}.driver")
    sys.exit(driver.main(sys.argv[1], sys.argv[2:]))
