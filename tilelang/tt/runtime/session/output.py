"""What a device's process printed, as one line of an error."""

from __future__ import annotations

import re
from pathlib import Path

_LAST_LINES = 3

# A fault as TT-metal logs it: "... TT_FATAL: the reason (file.cpp:129)".
_FAULT = re.compile(r"TT_(?:FATAL|THROW): (?P<reason>.*?)(?: \(\w+\.\w+:\d+\))?$", re.MULTILINE)


def last_output(log: Path) -> str:
    """The reason that TT-metal gave, if the log has one, else the log's last lines."""
    text = log.read_text(errors="replace")
    fault = _FAULT.search(text)
    if fault:
        return f"TT-metal says: {fault['reason']}"
    shown = [line.strip() for line in text.splitlines() if line.strip()][-_LAST_LINES:]
    return f"It printed last: {' / '.join(shown)}" if shown else "It printed nothing."
