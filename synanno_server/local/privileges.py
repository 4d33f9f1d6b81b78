"""Under which account the embedded servers run, and what ends them with their parent.

PostgreSQL refuses to run as root. Started by root, it therefore runs as `nobody`, or as whoever
owns its data already. Linux' `setpriv` gives that account the one right it needs besides, to pass
through folders that belong to root; and it asks the kernel to end a child with its parent.
"""

from __future__ import annotations

import functools
import os
import pwd
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from synanno_server.local.errors import StartError


@dataclass(frozen=True)
class Account:
    """Whom a server runs as."""

    uid: int
    gid: int


def server_account(data: Path) -> Account | None:
    """The account for the server that owns `data`; None means: run it as ourselves.

    Raises StartError where the data belong to somebody whom we cannot become, or where this
    user has no name (PostgreSQL needs one).
    """
    owner = data.stat() if data.exists() else None
    if os.geteuid() == 0:
        if owner is not None and owner.st_uid != 0:
            return Account(owner.st_uid, owner.st_gid)
        nobody = pwd.getpwnam("nobody")
        return Account(nobody.pw_uid, nobody.pw_gid)
    if owner is not None and owner.st_uid != os.geteuid():
        raise StartError(
            f"The database in {data} belongs to {_name(owner.st_uid)}, and this is "
            f"{_name(os.geteuid())}. Start as that user or as root, or choose another folder "
            "with SYNANNO_HOME."
        )
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        raise StartError(
            f"User {os.geteuid()} has no name on this machine (no line in /etc/passwd), and "
            "PostgreSQL needs one. Start as a user with a name, or set DATABASE_URL to a server."
        ) from None
    return None


def _name(uid: int) -> str:
    try:
        return f"user {pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return f"user {uid}"


def with_death_signal(
    command: tuple[str, ...], death_signal: signal.Signals, account: Account | None
) -> tuple[tuple[str, ...], int | None, int | None]:
    """How to start a command: its words, and the user and group for `subprocess.Popen`.

    On Linux the kernel sends `death_signal` to the child when its parent dies. Elsewhere the
    guard alone ends it.
    """
    end_with_parent = ("--pdeathsig", death_signal.name.removeprefix("SIG"))
    if account is None:
        if not _setpriv_can(end_with_parent):
            return command, None, None
        return ("setpriv", *end_with_parent, "--", *command), None, None
    if not can_pass_folders(account):
        return command, account.uid, account.gid
    return ("setpriv", *_demotion(account), *end_with_parent, "--", *command), None, None


def can_pass_folders(account: Account) -> bool:
    """Whether a server under this account gets the right to use folders that belong to root."""
    return _setpriv_can(_demotion(account))


def _demotion(account: Account) -> tuple[str, ...]:
    return (
        "--securebits=+no_setuid_fixup",
        f"--reuid={account.uid}",
        f"--regid={account.gid}",
        "--clear-groups",
        "--inh-caps=+dac_override",
        "--ambient-caps=+dac_override",
    )


@functools.cache
def _setpriv_can(arguments: tuple[str, ...]) -> bool:
    """Whether this machine's setpriv knows these arguments and is allowed to do what they say."""
    if sys.platform != "linux" or shutil.which("setpriv") is None:
        return False
    done = subprocess.run(["setpriv", *arguments, "--", "true"], capture_output=True, check=False)
    return done.returncode == 0
