"""Wait for what another process does, within bounds."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_for(is_so: Callable[[], bool], what: str = "it", seconds: float = 60) -> None:
    """Return once `is_so()` is true; fail after `seconds`, naming `what`."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"{what} did not come true in {seconds:.0f} s"
        time.sleep(0.05)
