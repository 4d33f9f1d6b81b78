"""Requests to stop: noted when they come, acted on where it is safe."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from types import FrameType

from synanno_server.local.errors import StopRequested

POLL_S = 0.05


class StopSwitch:
    """Notes Ctrl-C, SIGTERM and SIGHUP instead of dying of them.

    A handler that raised could do so between starting a child and noting its number. So the
    signal is kept, and whoever waits asks `check`.
    """

    def __init__(self) -> None:
        self._signals: list[int] = []

    def listen(self) -> None:
        """From now on note the signals. A SIGHUP that was ignored (nohup) stays ignored."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self._note)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._signals.append(number)

    def check(self) -> None:
        """Raise StopRequested if somebody asked to stop."""
        if self._signals:
            raise StopRequested(self._signals[0])

    def is_repeated(self) -> bool:
        """Whether somebody asked more than once, and so is in a hurry."""
        return len(self._signals) > 1

    def wait_until(self, is_done: Callable[[], bool], limit_s: float | None = None) -> bool:
        """Wait until `is_done()`, at most `limit_s` seconds; say whether it came true.

        Raises StopRequested as soon as somebody asks to stop.
        """
        deadline = None if limit_s is None else time.monotonic() + limit_s
        while not is_done():
            self.check()
            if deadline is not None and time.monotonic() > deadline:
                return False
            time.sleep(POLL_S)
        return True
