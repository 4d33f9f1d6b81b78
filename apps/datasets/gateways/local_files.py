"""Files of precomputed volumes on this machine, as a browser asks for them.

Only what belongs to a volume is found: names as the format has them, links followed, never a file
outside the folders that are allowed.
"""

from __future__ import annotations

import gzip
import json
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import brotli

from apps.core.errors import NotFoundError

# How CloudFiles marks compressed files, and what HTTP calls that.
_SUFFIXES = (("", ""), (".gz", "gzip"), (".br", "br"))
_BLOCK = 256 * 1024
_MOST_UNPACKED = 512 * 2**20  # no chunk that can be shown is larger

_FOLDER = r"(?!\.)[\w.,+=-]+"  # of a scale, a mesh, a skeleton; never hidden, never `..`
_RANGE = r"-?\d+--?\d+"
_LAST = "|".join(
    (
        "info",
        f"{_RANGE}_{_RANGE}_{_RANGE}",  # a chunk
        r"[0-9a-f]+\.(shard|index|data)",  # many chunks, meshes or skeletons
        r"\d+(\.index)?",  # a mesh, a skeleton
        r"\d+:\d+(:[\w.:-]+)?",  # a mesh and its parts, as they were first stored
    )
)
_NAME = re.compile(rf"({_FOLDER}/){{0,3}}({_LAST})")


class NoSuchFileError(NotFoundError):
    """A volume has no such file, or none that may be read."""


@dataclass(frozen=True)
class StoredFile:
    """A file as it is stored: `encoding` is what HTTP calls its compression, or nothing."""

    path: Path
    encoding: str
    size: int
    etag: str


def find_file(folder: Path, name: str, roots: Sequence[Path]) -> StoredFile:
    """The file `name` of the volume in `folder`, compressed or not.

    It must lie, links followed, under one of `roots`, or where there are none in the volume's own
    folder. Raises NoSuchFileError.
    """
    if _NAME.fullmatch(name):
        allowed = tuple(roots) or (folder.resolve(),)
        for suffix, encoding in _SUFFIXES:
            found = _stored(folder / f"{name}{suffix}", encoding, allowed)
            if found is not None:
                return found
    raise NoSuchFileError("This volume has no such file.")


def _stored(path: Path, encoding: str, allowed: Sequence[Path]) -> StoredFile | None:
    try:
        real = path.resolve(strict=True)
        facts = real.stat()
    except (OSError, RuntimeError):  # the latter for a link that leads to itself
        return None
    if not stat.S_ISREG(facts.st_mode) or not any(real.is_relative_to(root) for root in allowed):
        return None
    etag = f'"{facts.st_mtime_ns:x}-{facts.st_size:x}"'
    return StoredFile(real, encoding, facts.st_size, etag)


def read_blocks(file: StoredFile, start: int, length: int) -> Iterator[bytes]:
    """`length` bytes from `start` as they are stored; fewer where the file has become shorter."""
    with file.path.open("rb") as stream:
        stream.seek(start)
        while length > 0 and (block := stream.read(min(_BLOCK, length))):
            length -= len(block)
            yield block


def unpacked(file: StoredFile) -> bytes:
    """The content of a compressed file. Raises NoSuchFileError where it is damaged."""
    try:
        if file.encoding == "gzip":
            with gzip.open(file.path) as stream:
                content = stream.read(_MOST_UNPACKED + 1)
        else:
            content = brotli.decompress(file.path.read_bytes())
    except (OSError, EOFError, brotli.error) as error:
        raise NoSuchFileError("This file of the volume is damaged.") from error
    if len(content) > _MOST_UNPACKED:
        raise NoSuchFileError("This file of the volume is too large to be shown.")
    return content


def read_info(folder: Path, roots: Sequence[Path]) -> Any:
    """The info of the volume in `folder`, as JSON has it. Raises NoSuchFileError."""
    file = find_file(folder, "info", roots)
    if file.size > 2**20:
        raise NoSuchFileError("This file of the volume is too large to be shown.")
    content = unpacked(file) if file.encoding else file.path.read_bytes()
    try:
        return json.loads(content)
    except ValueError as error:
        raise NoSuchFileError("The volume's info is not JSON.") from error
