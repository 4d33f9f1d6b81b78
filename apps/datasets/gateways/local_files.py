"""Files of precomputed volumes on this machine, as a browser asks for them.

Only what belongs to a volume is found: names as the format has them, links followed, never a file
outside the folders that are allowed.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import stat
import weakref
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import brotli

from apps.core.errors import GoneError, NotFoundError
from apps.datasets.gateways.opened_files import open_to_read, place_of

# How CloudFiles marks compressed files, and what HTTP calls that.
_SUFFIXES = (("", ""), (".gz", "gzip"), (".br", "br"))
_BLOCK = 256 * 1024
# What is unpacked here lies in the memory of the web process. Chunks are (browsers mostly take them
# as they are stored), and parts are asked for of small files only: shards are not stored packed.
MOST_UNPACKED = 128 * 2**20
MOST_FOR_A_PART = 16 * 2**20
_LARGEST_INFO = 2**20  # real ones have kilobytes

_FOLDER = r"(?!\.)[\w.,+=-]+"  # of a scale, a mesh, a skeleton; never hidden, never `..`
_RANGE = r"-?\d+--?\d+"
_CHUNK = f"{_RANGE}_{_RANGE}_{_RANGE}"
_LAST = "|".join(
    (
        "info",
        _CHUNK,
        r"[0-9a-f]+\.(shard|index|data)",  # many chunks, meshes or skeletons
        r"\d+(\.index)?",  # a mesh, a skeleton, an annotation
        r"\d+:\d+(:[\w.:-]+)?",  # a mesh and its parts, as they were first stored
        r"\d+_\d+_\d+",  # a cell of annotations
    )
)
_NAME = re.compile(rf"({_FOLDER}/){{0,3}}({_LAST})")


class NoSuchFileError(NotFoundError):
    """A volume has no such file, or none that may be read."""


class ChunkGoneError(GoneError):
    """A volume that stores all its chunks lacks one. Neuroglancer takes a file that is not found
    for background, and what is gone for an error."""


@dataclass(frozen=True)
class StoredFile:
    """A file as it is stored: `encoding` is what HTTP calls its compression, or nothing.

    It is open as long as this object is there, so that what has been looked at is what is read.
    """

    path: Path
    encoding: str
    size: int
    etag: str
    descriptor: int

    def __post_init__(self) -> None:
        weakref.finalize(self, os.close, self.descriptor)


def find_file(
    folder: Path, name: str, roots: Sequence[Path], *, is_sparse: bool = True
) -> StoredFile:
    """The file `name` of the volume in `folder`, compressed or not.

    It must lie, links followed, under one of `roots`, or where there are none in the volume's own
    folder. Raises NoSuchFileError, and ChunkGoneError for a chunk of a volume that is not sparse.
    """
    if _NAME.fullmatch(name):
        allowed = tuple(roots) or (folder.resolve(),)
        for suffix, encoding in _SUFFIXES:
            found = _stored(folder / f"{name}{suffix}", encoding, allowed)
            if found is not None:
                return found
        if not is_sparse and re.search(rf"/{_CHUNK}$", name):
            raise ChunkGoneError("This part of the volume is missing.")
    raise NoSuchFileError("This volume has no such file.")


def _stored(path: Path, encoding: str, allowed: Sequence[Path]) -> StoredFile | None:
    try:
        descriptor = open_to_read(path)
    except OSError:
        return None
    facts = os.fstat(descriptor)
    etag = f'"{facts.st_mtime_ns:x}-{facts.st_size:x}"'
    file = StoredFile(path, encoding, facts.st_size, etag, descriptor)
    try:
        real = place_of(descriptor, path)
    except OSError:
        return None
    if not stat.S_ISREG(facts.st_mode) or not any(real.is_relative_to(root) for root in allowed):
        return None
    return file


def read_blocks(file: StoredFile, start: int, length: int) -> Iterator[bytes]:
    """`length` bytes from `start` as they are stored; fewer where the file has become shorter."""
    while length > 0 and (block := os.pread(file.descriptor, min(_BLOCK, length), start)):
        start += len(block)
        length -= len(block)
        yield block


def unpacked(file: StoredFile, most: int = MOST_UNPACKED) -> bytes:
    """The content of a compressed file.

    Raises NoSuchFileError where it is damaged, or has more than `most` bytes.
    """
    unpack = _gunzipped if file.encoding == "gzip" else _from_brotli
    try:
        with os.fdopen(os.dup(file.descriptor), "rb") as stream:
            stream.seek(0)
            content = unpack(stream, most + 1)
    except (OSError, EOFError, brotli.error, zlib.error) as error:
        raise NoSuchFileError("This file of the volume is damaged.") from error
    if len(content) > most:
        raise NoSuchFileError("This file of the volume is too large to be shown.")
    return content


def _gunzipped(stream: IO[bytes], most: int) -> bytes:
    with gzip.GzipFile(fileobj=stream) as packed:
        return packed.read(most)


def _from_brotli(stream: IO[bytes], most: int) -> bytes:
    decoder = brotli.Decompressor()
    content = bytearray()
    while len(content) < most and not decoder.is_finished():
        packed = stream.read(_BLOCK) if decoder.can_accept_more_data() else b""
        if not packed and decoder.can_accept_more_data():
            raise EOFError
        content += decoder.process(packed, output_buffer_limit=most - len(content))
    return bytes(content)


def read_info(folder: Path, roots: Sequence[Path]) -> Any:
    """The info of the volume in `folder`, as JSON has it. Raises NoSuchFileError."""
    file = find_file(folder, "info", roots)
    if file.size > _LARGEST_INFO:
        raise NoSuchFileError("This file of the volume is too large to be shown.")
    if file.encoding:
        content = unpacked(file, _LARGEST_INFO)
    else:
        content = b"".join(read_blocks(file, 0, file.size))
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise NoSuchFileError("The volume's info is not JSON.") from error
