"""The demonstration campaign: made once by manage.py, its logins shown at every start."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from synanno_server.local.crew import Crew
from synanno_server.local.errors import StartError
from synanno_server.local.homes import Home, last_lines
from synanno_server.local.programs import manage_program


@dataclass(frozen=True)
class Login:
    """Somebody who can log in to the demonstration."""

    role: str
    username: str
    password: str


def make_demo(home: Home, settings: Mapping[str, str], crew: Crew) -> list[Login]:
    """Make the demonstration, or find it made, and give its logins.

    Raises StartError if it cannot be made.
    """
    program = manage_program(home, settings, "make_demo", "--judged", "--quiet")
    status = crew.run(program)
    if status != 0:
        raise StartError(
            f"The demonstration could not be made (status {status}). {program.log} ends with:\n"
            f"{last_lines(program.log)}"
        )
    return read_logins(home)


def read_logins(home: Home) -> list[Login]:
    """The logins that the demonstration keeps in the home folder."""
    kept = json.loads(home.demo_logins.read_text(encoding="utf-8"))
    return [Login(one["role"], one["username"], one["password"]) for one in kept["logins"]]
