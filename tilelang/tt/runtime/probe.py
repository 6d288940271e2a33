"""The child process that opens a device, asks it, and writes its description to a file.

    python -m tilelang.tt.runtime.probe OUTPUT SOURCE [DEVICE_ID]
"""

from __future__ import annotations

import sys


def main(output: str, source: str, device_id: str = "0") -> None:
    import ttnn

    from .ttnn_device import describe

    device = ttnn.open_device(device_id=int(device_id))
    try:
        describe(device, source).save(output)
    finally:
        ttnn.close_device(device)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Exception as error:  # a line for the parent to pass on; the traceback is of no use there
        sys.exit(f"{type(error).__name__}: {str(error).strip().splitlines()[0]}")
