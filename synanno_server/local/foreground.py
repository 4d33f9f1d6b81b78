"""Commands that a person sees and types into, run as a child in the same terminal."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from synanno_server.env import child_environment
from synanno_server.local.errors import StopRequested
from synanno_server.local.privileges import with_death_signal
from synanno_server.local.stopping import StopSwitch

POLL_S = 0.05


def run_in_front(
    command: Sequence[str],
    stop: StopSwitch,
    settings: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> int:
    """Run a command on this terminal and give its exit status (128 + n for signal n).

    Ctrl-C reaches it from the terminal; any other request to stop is handed on to it.
    """
    words, _, _ = with_death_signal(tuple(command), signal.SIGTERM, None)
    process = subprocess.Popen(words, cwd=folder, env=child_environment(**(settings or {})))
    handed_on = False
    while process.poll() is None:
        try:
            stop.check()
        except StopRequested as request:
            from_terminal = request.number == signal.SIGINT and sys.stdin.isatty()
            if not handed_on and not from_terminal:
                process.send_signal(request.number)
            handed_on = True
        time.sleep(POLL_S)
    return process.returncode if process.returncode >= 0 else 128 - process.returncode
