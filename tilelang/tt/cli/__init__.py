"""The command line ``tilelang-tt``.

Bad input gives one line on stderr and exit code 2. app.py has the command and how errors reach the
user, commands/ what it does, options.py what several of them take; ask.py has the devices that
options mean, kernel_file.py finds kernels in a Python file, show.py draws, doctor.py examines the
environment.
"""

from __future__ import annotations


def main() -> None:
    """The console script."""
    try:
        from .app import run
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    run()
