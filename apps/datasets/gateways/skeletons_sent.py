"""SWC files that somebody sends in a zip archive. The web process uses it, too."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import IO, NoReturn

from apps.core.errors import InvalidInputError
from apps.datasets.domain.skeletons import root_id_of

MOST_FILES = 10_000
# Of all files together, unpacked. The web process checks 15 MB a second, while others wait, and
# holds a file twice: its bytes and its text.
MOST_SENT = 32 * 2**20
MOST_BYTES = 2**30
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)


def read_archive(file: IO[bytes], most_bytes: int = MOST_BYTES) -> Iterator[tuple[int, str, bytes]]:
    """The root id, name and content of each SWC file in an archive; at least one, and together
    no more than so many bytes.

    Raises InvalidInputError naming `file`, also on the way.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            members = _members(archive, most_bytes)
            left = most_bytes
            for root_id, member in members.items():
                with archive.open(member) as stream:
                    content = stream.read(left + 1)  # what it says of its size may be a lie
                left -= len(content)
                if left < 0:
                    _too_much(most_bytes)
                yield root_id, PurePosixPath(member.filename).name, content
    except _DAMAGED as error:
        reason = str(error).strip() or type(error).__name__
        raise InvalidInputError(
            f"file: it cannot be read as a zip archive: {reason[:200]}.", field="file"
        ) from error


def _members(archive: zipfile.ZipFile, most_bytes: int) -> dict[int, zipfile.ZipInfo]:
    found: dict[int, zipfile.ZipInfo] = {}
    for member in archive.infolist():
        path = PurePosixPath(member.filename)
        if member.is_dir() or path.name.startswith(".") or path.parts[0] == "__MACOSX":
            continue
        root_id = root_id_of(path.name)
        if root_id in found:
            raise InvalidInputError(
                f"file: neuron {root_id} has two files, {found[root_id].filename} and {path}.",
                field="file",
            )
        found[root_id] = member
    if not found:
        raise InvalidInputError("file: the archive holds no SWC files.", field="file")
    if len(found) > MOST_FILES:
        raise InvalidInputError(
            f"file: the archive holds {len(found):,} files; at most {MOST_FILES:,} are taken. "
            "Name the folder that they lie in instead.",
            field="file",
        )
    if sum(member.file_size for member in found.values()) > most_bytes:
        _too_much(most_bytes)
    return found


def _too_much(most_bytes: int) -> NoReturn:
    raise InvalidInputError(
        f"file: the files have more than {most_bytes >> 20} MB together. Name the folder that they "
        "lie in instead.",
        field="file",
    )
