"""Where a file lies that has been opened, whatever its name leads to by now."""

from __future__ import annotations

import os
from pathlib import Path

_OPEN_FILES = Path("/proc/self/fd")


def open_to_read(path: str | Path) -> int:
    """The descriptor of a file; a named pipe without a writer does not hold up. Raises OSError."""
    return os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)


def place_of(descriptor: int, path: str | Path) -> Path:
    """Where the file lies that was opened by the name `path`, links followed.

    The system says so of the file itself: a name, looked up again, may lead elsewhere than when the
    file was opened. Where it does not, the name must lead to the same file. Raises OSError where
    it leads to another one.
    """
    try:
        return (_OPEN_FILES / str(descriptor)).readlink()
    except OSError:  # no Linux, or without /proc
        real = Path(os.path.realpath(path))
        if not os.path.samestat(real.lstat(), os.fstat(descriptor)):
            raise FileNotFoundError(f"{path} leads to another file by now") from None
        return real
