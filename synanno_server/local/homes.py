"""The folder that holds all data of one copy, and what lies where in it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from synanno_server.local.errors import StartError

LARGEST_LOG = 10_000_000  # bytes
KEPT_LOGS = 3


@dataclass(frozen=True)
class Home:
    """SYNANNO_HOME."""

    folder: Path

    @property
    def run(self) -> Path:
        return self.folder / "run"

    @property
    def lock(self) -> Path:
        return self.run / "lock"

    @property
    def running(self) -> Path:
        return self.run / "services.json"

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def demo_logins(self) -> Path:
        return self.folder / "demo-logins.json"

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def make(self) -> None:
        """Make the folders that are missing, for their owner alone. Those that are there stay as
        they are: SYNANNO_HOME may name a folder that others use, too, or one of a running copy.

        Raises StartError if they cannot be made.
        """
        try:
            for folder in (self.folder, self.run, self.logs):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StartError(
                f"The folder {self.folder} cannot be used ({error.strerror}). "
                "Choose another with SYNANNO_HOME."
            ) from error
        if not os.access(self.run, os.W_OK):
            raise StartError(
                f"The folder {self.folder} belongs to somebody else. Start as its owner, or "
                "choose another with SYNANNO_HOME."
            )

    def close(self) -> None:
        """Let nobody else into the folders of ours that an earlier version left open to all. For
        whoever holds the lock."""
        for folder in (self.run, self.logs):
            if folder.stat().st_uid == os.geteuid():
                folder.chmod(0o700)

    def rotate_logs(self) -> None:
        """Set logs that have grown large aside, and drop the oldest."""
        for log in sorted(self.logs.glob("*.log")):
            if log.stat().st_size > LARGEST_LOG:
                for number in range(KEPT_LOGS, 1, -1):
                    earlier = log.with_suffix(f".log.{number - 1}")
                    if earlier.exists():
                        earlier.replace(log.with_suffix(f".log.{number}"))
                log.replace(log.with_suffix(".log.1"))


def last_lines(log: Path, count: int = 15) -> str:
    """The end of a log, indented, for a message to a person."""
    if not log.exists():
        return ""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:]
    return "\n".join(f"    {line}" for line in lines)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    half_done = path.with_name(f"{path.name}.part")
    half_done.unlink(missing_ok=True)
    half_done.touch(mode=0o600, exist_ok=False)
    half_done.write_text(text, encoding="utf-8")
    half_done.replace(path)
