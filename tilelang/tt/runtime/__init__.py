"""Devices through ttnn. The only folder that knows ttnn; it is imported on demand.

backend.py says what a backend is: card.py, ttsim.py, wolfpine.py and mock.py are some, and
devices.py chooses one. session.py opens its device in a child process, where worker.py runs
jobs (jobs.py), which reach ttnn through bridge.py. root.py makes the folder that ttnn runs from.
"""


class BackendError(RuntimeError):
    """A device could not be opened, or its process failed; says why, with its last output.

    ``remedy`` is what would make the device ready, where that is known.
    """

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(f"{reason} ({remedy})" if remedy else reason)
        self.reason = reason
        self.remedy = remedy
