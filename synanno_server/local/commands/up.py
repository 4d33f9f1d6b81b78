"""`./synanno up` and `./synanno demo`: run a whole copy until somebody ends it."""

from __future__ import annotations

import dataclasses
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from socket import socket

from synanno_server.env import Environment
from synanno_server.local.crew import Crew, guarded_crew
from synanno_server.local.errors import StartError, StopRequested
from synanno_server.local.frontend import Frontend, build_frontend
from synanno_server.local.homelock import Holder, HomeLock, Running, hold_home, write_running
from synanno_server.local.homes import Home, last_lines
from synanno_server.local.keeper import Keeper
from synanno_server.local.programs import (
    beat_program,
    manage_program,
    web_program,
    worker_program,
)
from synanno_server.local.progress import Progress
from synanno_server.local.services import start_services
from synanno_server.local.stopping import StopSwitch
from synanno_server.local.webport import address_of, is_healthy, open_port

READY_WITHIN_S = 120.0
LOOK_EVERY_S = 0.25


@dataclasses.dataclass(frozen=True)
class Copy:
    """One copy while it runs: who holds it, where it listens, its children."""

    home: Home
    environment: Environment
    holder: Holder
    listener: socket
    crew: Crew
    progress: Progress


def run_copy(command: str, environment: Environment, port: int | None) -> int:
    """Run a copy until it is asked to end; `command` is 'up' or 'demo'.

    Gives the exit status: 0 after an ordered end. Raises StartError with what to do if the copy
    cannot start or cannot go on.
    """
    stop, progress = StopSwitch(), Progress()
    stop.listen()
    home = Home(environment.home)
    home.make()
    home.rotate_logs()
    holder = Holder(os.getpid(), command, "")
    try:
        with hold_home(home, holder, progress, stop) as lock:
            wanted = environment.port if port is None else port
            with open_port(environment.bind, wanted) as listener:
                _run_held(Copy(home, environment, holder, listener, _no_crew(), progress), lock)
    except StopRequested:
        progress.say("SynAnno Server has ended.")
    return 0
