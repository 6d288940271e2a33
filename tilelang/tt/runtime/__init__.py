"""Devices through ttnn. The only folder that knows ttnn; it is imported on demand.

backends/ has the ways to open a device, and session/ a device that is open in a child process,
which runs jobs/. root/ makes the folder that ttnn runs from, with compiler/ in it, and
other_python/ finds ttnn in another interpreter. running.py is what users call.
"""


class BackendError(RuntimeError):
    """A device could not be opened, or its process failed; says why, with its last output.

    ``remedy`` is what would make the device ready, where that is known.
    """

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(f"{reason} ({remedy})" if remedy else reason)
        self.reason = reason
        self.remedy = remedy
