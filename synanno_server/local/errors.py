"""What stops a command, said so that a person knows what to do."""

from __future__ import annotations

import signal


class StartError(Exception):
    """Something cannot be started; the message is a sentence that says what to do."""


class StopRequested(Exception):  # noqa: N818 - a request, not an error
    """Somebody asked this process to end (Ctrl-C, SIGTERM, SIGHUP)."""

    def __init__(self, number: int) -> None:
        super().__init__(f"asked to stop by {signal.Signals(number).name}")
        self.number = number
