"""`./synanno up` and `./synanno demo`: run a whole copy until somebody ends it."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shlex
import socket
import time
from dataclasses import dataclass

from apps.pipelines.services.refusals import file_problem
from synanno_server.env import Environment, read_environment
from synanno_server.local.crew import Crew, guarded_crew
from synanno_server.local.demo import Login, make_demo
from synanno_server.local.errors import StartError, StopRequested
from synanno_server.local.first_account import somebody_manages
from synanno_server.local.frontend import Frontend, build_frontend
from synanno_server.local.homelock import Holder, Running, hold_home, write_running
from synanno_server.local.homes import Home, last_lines
from synanno_server.local.keeper import Keeper
from synanno_server.local.programs import beat_program, manage_program, web_program, worker_program
from synanno_server.local.progress import Progress
from synanno_server.local.services import Services, start_services
from synanno_server.local.stopping import StopSwitch
from synanno_server.local.webport import address_of, is_healthy, open_port

READY_WITHIN_S = 120.0
LOOK_EVERY_S = 0.25


@dataclass(frozen=True)
class Copy:
    """What one running copy consists of."""

    home: Home
    environment: Environment
    holder: Holder
    listener: socket.socket
    crew: Crew
    progress: Progress

    def settings(self, services: Services) -> dict[str, str]:
        """What the children of this copy need to know."""
        port = str(self.listener.getsockname()[1])
        home = str(self.home.folder)
        return {"SYNANNO_HOME": home, "SYNANNO_PORT": port, **services.as_settings()}

    def publish(self, services: Services, *, ready: bool) -> None:
        """Tell other commands on this home folder what runs here."""
        children = self.crew.processes
        write_running(
            self.home, Running(self.holder, services.as_settings(), ready=ready, children=children)
        )


def run_copy(command: str, environment: Environment, port: int | None) -> int:
    """Run a copy until it is asked to end; `command` is 'up' or 'demo'.

    Gives the exit status, 0 after an ordered end. Raises StartError with what to do if the copy
    cannot start or cannot go on.
    """
    began = time.monotonic()
    stop, progress = StopSwitch(), Progress()
    stop.listen()
    home = Home(environment.home)
    home.make()
    with contextlib.ExitStack() as stack:
        holder = Holder(os.getpid(), command, address="")
        lock = stack.enter_context(hold_home(home, holder, progress, stop))
        home.close()
        wanted_port = environment.port if port is None else port
        listener = stack.enter_context(open_port(environment.bind, wanted_port))
        holder = dataclasses.replace(holder, address=address_of(listener))
        lock.name_holder(holder)
        home.rotate_logs()
        crew = stack.enter_context(guarded_crew(home.log("guard"), stop, (lock.descriptor,)))
        copy = Copy(home, environment, holder, listener, crew, progress)
        try:
            services, logins = _start(copy)
            _welcome(copy, services, logins, time.monotonic() - began)
            _keep(copy, services)
        except StopRequested:
            with progress.step("stopping"):
                crew.end_all()
    return 0


def _start(copy: Copy) -> tuple[Services, list[Login]]:
    """Start everything, in order; returns when the web server answers."""
    home, crew, progress = copy.home, copy.crew, copy.progress
    progress.say(f"SynAnno Server, data in {home.folder}")
    build_frontend(Frontend(), crew, home.log("frontend"), progress)
    services = start_services(home, copy.environment, crew, progress)
    settings = copy.settings(services)
    copy.publish(services, ready=False)
    with progress.step("database tables"):
        _manage(copy, settings, "migrate", "--no-input", "--verbosity", "1")
    logins = []
    if copy.holder.command == "demo":
        is_new = not home.demo_logins.exists()
        with progress.step("demonstration campaign" + (", about a minute" if is_new else "")):
            logins = make_demo(home, settings, crew)
    with progress.step("web server, worker, beat"):
        _start_processes(copy, settings)
    copy.publish(services, ready=True)
    problem = file_problem(copy.environment.depth_unet)
    if problem is not None:
        progress.say(problem)
    return services, logins


def _start_processes(copy: Copy, settings: dict[str, str]) -> None:
    home, environment, crew = copy.home, copy.environment, copy.crew
    web = crew.start(web_program(home, environment, settings, copy.listener.fileno()))
    crew.start(worker_program(home, environment, settings))
    crew.start(beat_program(home, environment, settings))
    hosts = environment.allowed_hosts
    crew.await_ready(web, lambda: is_healthy(copy.listener, hosts), READY_WITHIN_S)


def _manage(copy: Copy, settings: dict[str, str], *words: str) -> None:
    """Run a command of manage.py to its end. Raises StartError if it fails."""
    program = manage_program(copy.home, settings, *words)
    status = copy.crew.run(program)
    if status != 0:
        raise StartError(
            f"`manage.py {words[0]}` failed with status {status}. {program.log} ends with:\n"
            f"{last_lines(program.log)}"
        )


def _welcome(copy: Copy, services: Services, logins: list[Login], seconds: float) -> None:
    say = copy.progress.say
    say()
    say(f"SynAnno Server is ready at {copy.holder.address}  ({seconds:.1f} s)")
    for login in logins:
        say(f"    {login.role:<12}  {login.username:<14}  {login.password}")
    if not somebody_manages(services.database_url):
        say(f"    The first account: {_same_home(copy.home)}./synanno manage createsuperuser")
    say(f"Logs are in {copy.home.logs}. Ctrl-C ends it.")


def _same_home(home: Home) -> str:
    """What stands before a command in another terminal, so that it means this copy."""
    is_default = home.folder == Home(read_environment({}).home).folder
    return "" if is_default else f"SYNANNO_HOME={shlex.quote(str(home.folder))} "


def _keep(copy: Copy, services: Services) -> None:
    """Look after the children until somebody asks to stop."""
    keeper = Keeper(copy.crew, copy.progress)
    while True:
        if keeper.look():
            copy.publish(services, ready=True)
        copy.crew.stop.wait_until(lambda: False, LOOK_EVERY_S)
