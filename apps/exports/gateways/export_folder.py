"""The folder of an export: parts while it is written, then the files that people fetch.

What has a name here is whole: it was written beside, brought to the disk, and renamed.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.core.errors import SynAnnoError, UnavailableError

KEPT_FREE = 512 * 2**20  # bytes of the disk that are left to others, as to the database
_PARTS = ".parts"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class FilesError(SynAnnoError):
    """The files of an export cannot be written, or are not there any more; says why."""

    code = "files"


GONE = "Its files are gone from the folder of exports; make it again."
FULL = "The disk with the folder of exports is full; make room there, and make it again."


class NoRoomError(UnavailableError):
    """The disk has too little room for what is to be written next; some may be made."""

    code = "no_room"


def no_room(file_name: str, needed: int, missing: int) -> NoRoomError:
    """What is told where a file would take so many bytes, and so many of them are missing."""
    return NoRoomError(
        f"The disk with the folder of exports has too little room: putting {file_name} together "
        f"takes up to {_megabytes(needed)}, of which {_megabytes(missing)} are missing. It goes on "
        "when room is made there."
    )


def _megabytes(size: int) -> str:
    return f"{-(-size // 10**6):,} MB"


@dataclass(frozen=True)
class FileFacts:
    """A file that people fetch; `path` is relative to the folder, `notes` are of its format."""

    path: str
    size: int
    sha256: str
    notes: Mapping[str, Any]


@contextmanager
def told() -> Iterator[None]:
    """Has what the disk refuses told as a FilesError."""
    try:
        yield
    except FileNotFoundError as error:
        raise FilesError(GONE) from error
    except OSError as error:
        raise FilesError(sentence_of(error)) from error


def sentence_of(error: OSError) -> str:
    """Why files cannot be written, for whoever asked for them; without the place on the disk."""
    if error.errno in _FULL:
        return FULL
    why = error.strerror or type(error).__name__
    return f"The folder of exports cannot be used: {why}."


class ExportFolder:
    """The folder at `path`. What it cannot do it tells as an OSError; see `told`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def make(self) -> None:
        """Have it, with a place for parts; nobody else on this machine may look into it."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self.path / _PARTS).mkdir(exist_ok=True, mode=0o700)

    def names(self) -> list[str]:
        """Of what lies in it, sorted; none where it is not there. What is hidden is left out."""
        if not self.path.exists():
            return []
        return sorted(one.name for one in self.path.iterdir() if not one.name.startswith("."))

    def part(self, number: int, form: str) -> Path:
        """Where a part of a format lies; they count from 0."""
        return self.path / _PARTS / f"{number:06d}.{form}"

    def piece(self, form: str, number: int) -> Path:
        """Where a piece of a format lies, which is made of all parts; they count from 0."""
        return self.path / _PARTS / f"{form}-{number:02d}"

    def parts(self, form: str, count: int) -> list[Path]:
        """The first so many parts of a format. Raises FileNotFoundError if one is not there."""
        parts = [self.part(number, form) for number in range(count)]
        missing = next((part for part in parts if not part.exists()), None)
        if missing is not None:
            raise FileNotFoundError(errno.ENOENT, "a part is missing", str(missing))
        return parts

    @contextmanager
    def new(self, target: Path) -> Iterator[Path]:
        """A place beside `target`, whose file or folder takes its name when the block ends. A
        folder is named without the suffix."""
        draft = target.with_name(f".{target.name}.new")
        remove(draft)
        yield draft
        if draft.is_dir():
            target = target.with_suffix("")
            remove(target)
        _bring_to_disk(draft)
        draft.replace(target)
        _sync(target.parent)

    def facts_of(self, file_name: str, notes_name: str) -> FileFacts:
        """Of the file, which lies in a folder of its name where it came with more."""
        file, own = self.path / file_name, (self.path / file_name).with_suffix("")
        notes = own / notes_name
        if own.is_dir():
            file = own / file_name
        told = json.loads(notes.read_text()) if notes.is_file() else {}
        path = file.relative_to(self.path).as_posix()
        return FileFacts(path, file.stat().st_size, sha256_of(file), told)

    def missing_room(self, needed: int = 0) -> int:
        """How many bytes the disk has too few for so many, beside what is left to others; 0 where
        it has them."""
        return max(0, needed + KEPT_FREE - shutil.disk_usage(self.path).free)

    def has_parts(self, forms: Iterable[str], count: int) -> bool:
        """Whether the first so many parts of all these formats are there, and a place for more."""
        parts = (self.part(number, form) for form in forms for number in range(count))
        return (self.path / _PARTS).is_dir() and all(part.exists() for part in parts)

    def remove_parts(self) -> None:
        remove(self.path / _PARTS)

    def remove(self) -> None:
        """All of it; what is not there is fine."""
        remove(self.path)


def size_of(paths: Iterable[Path]) -> int:
    """The bytes of files, and of those in folders, together."""
    each = (path.rglob("*") if path.is_dir() else (path,) for path in paths)
    return sum(one.stat().st_size for some in each for one in some if one.is_file())


def sha256_of(path: Path) -> str:
    """The checksum of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remove(path: Path) -> None:
    """A file or a folder with all in it, if it is there."""
    if path.is_dir() and not path.is_symlink():
        with suppress(FileNotFoundError):
            shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _bring_to_disk(path: Path) -> None:
    """So that a machine that loses its power has what Postgres says that it has."""
    for one in path.rglob("*"):
        _sync(one)
    _sync(path)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
