"""Make the Python environment of this checkout from its lock file.

Runs on a bare Python 3.11 or newer, also on one for which the packages are not built: it uses the
standard library alone. It reads ``uv.lock``, fetches the uv
that is locked there (by its address, checked against its hash), and lets uv install the locked
packages into ``.venv``. A stamp in ``.venv`` makes the next start skip all of that.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from synanno_server.local.locked_uv import (
    SetupError,
    fetch_uv,
    this_machine,
    two_numbers,
)

ROOT = Path(__file__).resolve().parents[2]
# The Pythons for which the locked packages are built; the last is fetched where none is there.
PYTHONS = ((3, 11), (3, 12), (3, 13))
NODES = "20.19 or a later 20, or 22.12 or newer"  # as Vite asks
# Settings of uv that would send the packages somewhere else than into our own environment.
FOREIGN_SETTINGS = (
    *("UV_PROJECT", "UV_PROJECT_ENVIRONMENT", "UV_PYTHON", "VIRTUAL_ENV"),
    "PYTHONPATH",  # ours, of the start script
)


@dataclass(frozen=True)
class Stamp:
    """What an environment was made from."""

    lock_sha256: str
    groups: frozenset[str]
    root: str
    node: str  # the Node of the machine that was found, or "" for the one in the environment

    def as_json(self) -> str:
        return json.dumps(
            {
                "lock_sha256": self.lock_sha256,
                "groups": sorted(self.groups),
                "root": self.root,
                "node": self.node,
            },
            indent=1,
        )


# ── Node ──────────────────────────────────────────────────────────────────────────────────────


def usable_node() -> str:
    """The Node of this machine if it has npm and is new enough to build the front end, else ''."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return ""
    done = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    return node if builds_frontend(two_numbers(done.stdout)) else ""


def builds_frontend(node: tuple[int, int]) -> bool:
    """Whether this version of Node is one of NODES."""
    return (20, 19) <= node < (21, 0) or node >= (22, 12)


# ── the environment ───────────────────────────────────────────────────────────────────────────


def read_stamp(path: Path) -> Stamp | None:
    """What the environment was made from; None if that is not known."""
    if not path.exists():
        return None
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return Stamp(kept["lock_sha256"], frozenset(kept["groups"]), kept["root"], kept["node"])
    except (ValueError, KeyError, TypeError):
        return None  # Written by another version, or half: the environment is made anew.


def is_ready(stamp: Stamp | None, lock_sha256: str, groups: frozenset[str], root: Path) -> bool:
    """Whether the environment with this stamp has all of `groups` as the lock file says."""
    if stamp is None or not (root / ".venv" / "bin" / "python").exists():
        return False
    has_node = "node" in stamp.groups or Path(stamp.node or "/nonexistent").exists()
    same = stamp.lock_sha256 == lock_sha256 and stamp.root == str(root)
    return same and has_node and groups <= stamp.groups


def prepare(root: Path, groups: frozenset[str]) -> None:
    """Make or refresh ``.venv``; returns at once if nothing changed since.

    Raises SetupError with a sentence that says what to do.
    """
    stamp_path = root / ".venv" / "synanno-setup.json"
    lock_sha256 = hashlib.sha256((root / "uv.lock").read_bytes()).hexdigest()
    if is_ready(read_stamp(stamp_path), lock_sha256, groups, root):
        return
    with _alone(root / ".tools" / "setup.lock"):
        stamp = read_stamp(stamp_path)
        if is_ready(stamp, lock_sha256, groups, root):
            return  # The start that we waited for has done it.
        node = usable_node()
        wanted = groups | (stamp.groups if stamp else frozenset())
        wanted = wanted - {"node"} if node else wanted | {"node"}
        if stamp is not None and stamp.root != str(root):
            shutil.rmtree(
                root / ".venv"
            )  # A moved checkout: the scripts inside name the old place.
        _install(root, wanted)
        stamp_path.write_text(Stamp(lock_sha256, wanted, str(root), node).as_json(), "utf-8")


def _install(root: Path, groups: frozenset[str]) -> None:
    started = time.monotonic()
    uv = fetch_uv(root, this_machine(), lambda: _say("Setting up: fetching uv ..."))
    _say("Setting up: installing the locked packages into .venv (minutes, the first time) ...")
    command = [str(uv), "sync", "--frozen", "--no-progress", "--extra", "embedded"]
    for group in sorted(groups):
        command += ["--group", group]
    if (root / ".venv" / "bin" / "python").exists():
        command += ["--no-python-downloads"]
    else:
        command += choose_python(sys.version_info[:2])
    done = subprocess.run(
        command,
        cwd=root,
        env=_environment(os.environ, root),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SetupError(
            f"{done.stdout.strip()}\n\nuv could not install the locked packages (above is what "
            f"it says). {_advice(done.stdout)}"
        )
    _say(f"Setting up: done in {time.monotonic() - started:.0f} s.")


def choose_python(running: tuple[int, int]) -> list[str]:
    """How uv is told which Python the environment gets: the running one if it is one of PYTHONS."""
    if running in PYTHONS:
        own = getattr(sys, "_base_executable", "") or sys.executable
        return ["--no-python-downloads", "--python", own]
    wanted = _dotted(PYTHONS[-1])
    _say(
        f"Setting up: the packages are not built for Python {_dotted(running)}, the only one on "
        f"the PATH; uv fetches Python {wanted} ..."
    )
    return ["--python", wanted]


def _advice(said: str) -> str:
    """What to do about what uv says."""
    if "python-build-standalone" in said or "No interpreter found" in said:
        known = ", ".join(_dotted(version) for version in PYTHONS)
        return f"Install one of Python {known} and start again."
    if "certificate" in said.lower():
        return (
            "Behind a proxy with a certificate of its own, set UV_SYSTEM_CERTS=1 (or "
            "SSL_CERT_FILE to that certificate), and start again."
        )
    return "Check the network and the free disk space, and start again."


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


def _environment(environ: Mapping[str, str], root: Path) -> dict[str, str]:
    """What uv gets to see: our own places for packages and Python, a cache that can be written."""
    kept = {name: value for name, value in environ.items() if name not in FOREIGN_SETTINGS}
    kept.setdefault("UV_PYTHON_INSTALL_DIR", str(root / ".tools" / "python"))
    if "UV_CACHE_DIR" not in kept and not os.access(Path("~").expanduser(), os.W_OK):
        kept["UV_CACHE_DIR"] = str(root / ".tools" / "uv-cache")
    return kept


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Hold the set-up lock of this checkout; wait, saying so, while another start holds it."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("Another start is setting up this checkout; waiting until it is done ...")
            fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _end_with_children(number: int, _frame: FrameType | None) -> None:
    """End by an exception: `subprocess.run` then ends the program that it waits for."""
    raise SystemExit(128 + number)


def _become(root: Path, words: Sequence[str]) -> None:
    """Go on as the command line itself, in the environment; the process stays the same."""
    python = str(root / ".venv" / "bin" / "python")
    environ = command_environment(os.environ, root)
    os.execve(python, [python, "-P", "-m", "synanno_server.local", *words], environ)  # noqa: S606


def command_environment(environ: Mapping[str, str], root: Path) -> dict[str, str]:
    """What the command line and all its children get to see.

    Where Python is told to leave no bytecode beside its sources, ours is kept in ``.tools``:
    without any, each process would compile a thousand modules, which takes longer than its start.
    """
    kept = {**environ, "PYTHONPATH": str(root)}
    if kept.get("PYTHONDONTWRITEBYTECODE") and not kept.get("PYTHONPYCACHEPREFIX"):
        del kept["PYTHONDONTWRITEBYTECODE"]
        kept["PYTHONPYCACHEPREFIX"] = str(root / ".tools" / "bytecode")
    return kept


def main(arguments: Sequence[str]) -> int:
    """Prepare the environment, then run what stands behind `--` in it.

    Gives 1, with a sentence, if the environment cannot be made.
    """
    own, words = _split(arguments)
    parser = argparse.ArgumentParser(
        usage="bootstrap.py [--group GROUP] [-- COMMAND ...]",
        description="Make .venv from uv.lock, and run a command of ./synanno in it.",
    )
    parser.add_argument("--group", action="append", default=[], help="a dependency group to add")
    groups = frozenset(parser.parse_args(own).group)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end_with_children)
    try:
        prepare(ROOT, groups)
    except SetupError as error:
        _say(str(error))
        return 1
    except PermissionError as error:
        _say(f"{error.filename} cannot be written: start as the user who owns this checkout.")
        return 1
    if words:
        _become(ROOT, words)
    return 0


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """What stands before the first `--`, and what behind it."""
    words = list(arguments)
    place = words.index("--") if "--" in words else len(words)
    return words[:place], words[place + 1 :]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
