"""Lines that tell a person what a command is doing, and how long each step took."""

from __future__ import annotations

import contextlib
import io
import sys
import time
from collections.abc import Iterator
from typing import TextIO

from synanno_server.local.errors import StopRequested

WIDTH = 52


class Progress:
    """A line for each step, on one stream."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream if stream is not None else sys.stdout
        self._line_is_open = False

    @contextlib.contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Name a step while it runs; add its time, or that it failed, when it is over."""
        self._end_line()
        self._write(f"  {text} ".ljust(WIDTH, "."))
        self._line_is_open = True
        started = time.monotonic()
        outcome = "failed"
        try:
            yield
            outcome = f"{time.monotonic() - started:5.1f} s"
        except StopRequested:
            outcome = "interrupted"
            raise
        finally:
            self._write(f" {outcome}\n" if self._line_is_open else f"  {text}: {outcome}\n")
            self._line_is_open = False

    def say(self, text: str = "") -> None:
        """A line of its own."""
        self._end_line()
        self._write(f"{text}\n")

    def _end_line(self) -> None:
        if self._line_is_open:
            self._write("\n")
            self._line_is_open = False

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except BrokenPipeError:
            # Whoever read along (`| head`) has gone; the work goes on without them.
            self._stream = io.StringIO()
