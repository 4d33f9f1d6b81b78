"""Make the Python environment of this checkout from its lock file.

Runs on a bare Python 3.11 or newer, also on one for which the packages are not built: it uses the
standard library alone and no other module of this project. It reads ``uv.lock``, fetches the uv
that is locked there (by its address, checked against its hash), and lets uv install the locked
packages into ``.venv``. A stamp in ``.venv`` makes the next start skip all of that.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import io
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parents[2]
DOWNLOAD_TIMEOUT_S = 60
# The Pythons for which the locked packages are built; the last is fetched where none is there.
PYTHONS = ((3, 11), (3, 12), (3, 13))
NODES = "20.19 or a later 20, or 22.12 or newer"  # as Vite asks
# Settings of uv that would send the packages somewhere else than into our own environment.
FOREIGN_SETTINGS = ("UV_PROJECT", "UV_PROJECT_ENVIRONMENT", "UV_PYTHON", "VIRTUAL_ENV")


class SetupError(Exception):
    """The environment cannot be made; the message says why and what to do."""


@dataclass(frozen=True)
class Machine:
    """What decides which binary runs here."""

    system: str  # "Linux", "Darwin"
    processor: str  # "x86_64", "aarch64", "arm64"
    libc: str  # "glibc" or "musl"; "" where the system is not Linux
    version: tuple[int, int]  # of the libc, or of macOS


@dataclass(frozen=True)
class Wheel:
    """One locked file: where it is and what it must hash to (``sha256:…``)."""

    url: str
    hash: str

    @property
    def file_name(self) -> str:
        return self.url.rsplit("/", 1)[-1]


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


# ── which uv ──────────────────────────────────────────────────────────────────────────────────


def this_machine() -> Machine:
    """The machine that this Python runs on."""
    system, processor = platform.system(), platform.machine()
    if system == "Darwin":
        return Machine(system, processor, "", _two_numbers(platform.mac_ver()[0]))
    libc, version = platform.libc_ver()
    if libc == "glibc":
        return Machine(system, processor, "glibc", _two_numbers(version))
    # Python up to 3.12 does not name musl; every musl since 1.1 runs the files marked 1_1.
    return Machine(system, processor, "musl", (1, 2))


def _two_numbers(version: str) -> tuple[int, int]:
    numbers = [int(part) for part in re.findall(r"\d+", version)[:2]]
    major, minor = (*numbers, 0, 0)[:2]
    return major, minor


def choose_wheel(wheels: Sequence[Wheel], machine: Machine) -> Wheel:
    """The newest of `wheels` that runs on `machine`.

    Raises SetupError if none does.
    """
    fitting: list[tuple[tuple[int, int], Wheel]] = []
    for wheel in wheels:
        tags = wheel.file_name.removesuffix(".whl").rsplit("-", 1)[-1].split(".")
        versions = [version for tag in tags if (version := _needed_version(tag, machine))]
        fitting += [(version, wheel) for version in versions if version <= machine.version]
    if not fitting:
        raise SetupError(
            f"There is no uv for {machine.system} on {machine.processor} {machine.libc}".rstrip()
            + " in uv.lock. Put uv on the PATH (see docs.astral.sh/uv) and start again."
        )
    return max(fitting, key=lambda pair: pair[0])[1]


def _needed_version(tag: str, machine: Machine) -> tuple[int, int] | None:
    """The oldest libc or macOS that a platform tag asks for; None if the tag is for another."""
    family = {"glibc": "manylinux", "musl": "musllinux", "": "macosx"}[machine.libc]
    found = re.fullmatch(rf"{family}_(\d+)_(\d+)_{re.escape(machine.processor)}", tag)
    return (int(found[1]), int(found[2])) if found else None


def locked_uv(lock: Path) -> tuple[str, list[Wheel]]:
    """The version and the files of the uv that the lock file names.

    Raises SetupError if it names none.
    """
    packages = tomllib.loads(lock.read_text(encoding="utf-8"))["package"]
    for package in packages:
        if package["name"] == "uv":
            return package["version"], [Wheel(w["url"], w["hash"]) for w in package["wheels"]]
    raise SetupError(f"{lock.name} does not list uv: the checkout is damaged, run `git status`.")


# ── fetching it ───────────────────────────────────────────────────────────────────────────────


def fetch_uv(root: Path, machine: Machine) -> Path:
    """The locked uv, below ``.tools``; downloaded if it is not there yet.

    Raises SetupError if it can be had neither from the lock file's address nor from the PATH.
    """
    version, wheels = locked_uv(root / "uv.lock")
    binary = root / ".tools" / f"uv-{version}" / "uv"
    if binary.exists():
        return binary
    try:
        _unpack(_verified(choose_wheel(wheels, machine)), binary)
    except SetupError:
        on_path = shutil.which("uv")
        if on_path is None:
            raise
        return Path(on_path)
    return binary


def _verified(wheel: Wheel) -> bytes:
    """The bytes of a wheel, checked against its hash."""
    content = _download(wheel.url)
    found = "sha256:" + hashlib.sha256(content).hexdigest()
    if found != wheel.hash:
        raise SetupError(
            f"What came from {wheel.url} is not the file of uv.lock ({found} instead of "
            f"{wheel.hash}). Something between changed it, perhaps a proxy. "
            "Try another network, or put uv on the PATH."
        )
    return content


def _download(url: str) -> bytes:
    try:
        # The address is one of uv.lock, and the hash decides what is used.
        with urllib.request.urlopen(url, timeout=DOWNLOAD_TIMEOUT_S) as answer:  # noqa: S310
            content: bytes = answer.read()
            return content
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        return _download_with_curl(url, error)


def _download_with_curl(url: str, first_error: Exception) -> bytes:
    """Python as installed on macOS often has no certificates, where curl uses the system's."""
    curl = shutil.which("curl")
    reason = str(first_error)
    if curl is not None:
        limit = str(DOWNLOAD_TIMEOUT_S)
        done = subprocess.run(
            [curl, "-fsSL", "--connect-timeout", limit, url], capture_output=True, check=False
        )
        if done.returncode == 0:
            return done.stdout
        reason += f"; {done.stderr.decode(errors='replace').strip()}"
    raise SetupError(
        f"uv could not be fetched from {url} ({reason}). The first start needs the network: "
        "check it (and HTTPS_PROXY behind a proxy), or put uv on the PATH, and start again."
    )


def _unpack(wheel: bytes, binary: Path) -> None:
    """Write the program ``uv`` of a wheel to `binary`, whole or not at all."""
    binary.parent.mkdir(parents=True, exist_ok=True)
    half_done = binary.with_name("uv.part")
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".data/scripts/uv"))
        half_done.write_bytes(archive.read(name))
    half_done.chmod(0o755)
    half_done.rename(binary)


# ── Node ──────────────────────────────────────────────────────────────────────────────────────


def usable_node() -> str:
    """The Node of this machine if it has npm and is new enough to build the front end, else ''."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return ""
    done = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    return node if builds_frontend(_two_numbers(done.stdout)) else ""


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
    _say("Setting up: fetching uv ...")
    uv = fetch_uv(root, this_machine())
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
    paths = [str(root), *filter(None, [os.environ.get("PYTHONPATH")])]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    os.execve(python, [python, "-P", "-m", "synanno_server.local", *words], environ)  # noqa: S606


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
