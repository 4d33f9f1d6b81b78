"""Fetch the uv that is locked in ``uv.lock``, by its address, checked against its hash.

Like `bootstrap` it uses the standard library alone.
"""

from __future__ import annotations

import hashlib
import io
import platform
import re
import shutil
import subprocess
import tomllib
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

DOWNLOAD_TIMEOUT_S = 60


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


def this_machine() -> Machine:
    """The machine that this Python runs on."""
    system, processor = platform.system(), platform.machine()
    if system == "Darwin":
        return Machine(system, processor, "", two_numbers(platform.mac_ver()[0]))
    libc, version = platform.libc_ver()
    if libc == "glibc":
        return Machine(system, processor, "glibc", two_numbers(version))
    # Python up to 3.12 does not name musl; every musl since 1.1 runs the files marked 1_1.
    return Machine(system, processor, "musl", (1, 2))


def two_numbers(version: str) -> tuple[int, int]:
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


def fetch_uv(root: Path, machine: Machine, announce: Callable[[], None] = lambda: None) -> Path:
    """The locked uv, below ``.tools``; downloaded if it is not there yet, which is announced.

    Raises SetupError if it can be had neither from the lock file's address nor from the PATH.
    """
    version, wheels = locked_uv(root / "uv.lock")
    binary = root / ".tools" / f"uv-{version}" / "uv"
    if binary.exists():
        return binary
    announce()
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
