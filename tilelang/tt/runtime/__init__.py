"""Devices through ttnn. The only folder that knows ttnn; it is imported on demand.

Device work runs in a child process (child.py), since ttnn reads its environment once a
process. root.py makes the folder ttnn runs from, mock.py opens a mock cluster, live.py
the device of this machine, and ttnn_device.py asks an open device for its description.
"""


class BackendError(RuntimeError):
    """A device could not be opened, or its process failed; says why, with its last output."""
