"""`./synanno manage`: a command of manage.py, with the database and Redis up."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Mapping, Sequence

from synanno_server.env import Environment
from synanno_server.local.crew import guarded_crew
from synanno_server.local.errors import StartError
from synanno_server.local.foreground import run_in_front
from synanno_server.local.homelock import Holder, current_holder, hold_home, read_running
from synanno_server.local.homes import Home
from synanno_server.local.progress import Progress
from synanno_server.local.services import start_services
from synanno_server.local.stopping import StopSwitch

COMING_WITHIN_S = 60.0


def run_manage(arguments: Sequence[str], environment: Environment) -> int:
    """Run manage.py with `arguments` on this terminal and give its exit status.

    It uses the servers of the copy that runs on this home folder. If there is none, they are
    started for the time of the command. Raises StartError if they cannot be.
    """
    stop = StopSwitch()
    stop.listen()
    home = Home(environment.home)
    home.make()
    command = [sys.executable, "-m", "synanno_server.local.django_commands", *arguments]
    if environment.database_url and environment.redis_url:
        return run_in_front(command, stop)
    if current_holder(home) is not None:
        return run_in_front(command, stop, _running_settings(home, stop))
    quiet = Progress(io.StringIO())
    with contextlib.ExitStack() as stack:
        holder = Holder(os.getpid(), "manage", address="")
        lock = stack.enter_context(hold_home(home, holder, Progress(sys.stderr), stop))
        home.close()
        crew = stack.enter_context(guarded_crew(home.log("guard"), stop, (lock.descriptor,)))
        services = start_services(home, environment, crew, quiet)
        settings = {"SYNANNO_HOME": str(home.folder), **services.as_settings()}
        return run_in_front(command, stop, settings)


def _running_settings(home: Home, stop: StopSwitch) -> Mapping[str, str]:
    """The settings of the running copy; one that is just starting gets time to be there."""
    stop.wait_until(lambda: read_running(home) is not None, COMING_WITHIN_S)
    running = read_running(home)
    if running is None:
        raise StartError(
            f"A copy holds {home.folder}, but its servers do not come up. Look at its terminal, "
            "or end it and try again."
        )
    return {"SYNANNO_HOME": str(home.folder), **running.services}
