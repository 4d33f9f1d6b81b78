"""Zip files that are made in parts: each part is one, and they are joined without unpacking.

What the parts hold is copied as it is stored; the list at the end is written beside it meanwhile,
so that a million entries take no memory. No entry has a time: made again, a file is the same.
"""

from __future__ import annotations

import shutil
import struct
import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

_EPOCH = (1980, 1, 1, 0, 0, 0)
_DATE, _TIME = 33, 0  # the same, as the format tells it
_MODE = 0o644 << 16
_UTF8 = 0x800
_LOCAL, _LISTED = b"PK\3\4", b"PK\1\2"
_END, _END_64, _WHERE_64 = b"PK\5\6", b"PK\6\6", b"PK\6\7"
_VERSION, _VERSION_64 = 20, 45
_LOCAL_HEAD = struct.Struct("<4s5H3L2H")
_MOST_16, _MOST_32 = 2**16 - 1, 2**32 - 1
_BLOCK = 1 << 20


@dataclass(frozen=True)
class PartZip:
    """A zip file that is being written."""

    zipped: ZipFile

    def add(self, name: str, content: bytes, *, packed: bool = True) -> None:
        """An entry; what is compressed already is stored as it is."""
        info = ZipInfo(name, _EPOCH)
        info.compress_type = ZIP_DEFLATED if packed else ZIP_STORED
        info.external_attr = _MODE
        self.zipped.writestr(info, content)

    def note(self, text: str) -> None:
        """Words that the part keeps for whoever joins it."""
        self.zipped.comment = text.encode()


@contextmanager
def part_zip(path: Path) -> Iterator[PartZip]:
    """A new zip file at this path."""
    with ZipFile(path, "w") as zipped:
        yield PartZip(zipped)


def note_of(path: Path) -> str:
    """What was noted in a part."""
    with ZipFile(path) as zipped:
        return zipped.comment.decode()


def places_in(path: Path) -> Iterator[tuple[str, int, int]]:
    """Of each entry of a part its name, and where what is stored of it begins and how long it is:
    so it is read without the list of all."""
    with ZipFile(path) as zipped:
        for info in zipped.infolist():
            head = _LOCAL_HEAD.size + len(info.filename.encode())  # parts have no more in it
            yield info.filename, info.header_offset + head, info.compress_size


def unpacked(stored: bytes) -> bytes:
    """What is stored of an entry that was compressed."""
    return zlib.decompress(stored, -zlib.MAX_WBITS)


def join_zips(
    target: Path, parts: Sequence[Path], name_of: Callable[[int, str], str] | None = None
) -> int:
    """One zip file of all parts; how many entries it has. One part's list is held at a time.

    `name_of` gives an entry its name in the whole, from the number of its part and its name there.
    """
    with (
        target.open("wb") as file,
        tempfile.TemporaryFile(dir=target.parent) as listed,
    ):
        joined = JoinedZip(file, listed)
        for number, part in enumerate(parts):
            with ZipFile(part) as zipped, part.open("rb") as opened:
                for info in zipped.infolist():
                    name = info.filename if name_of is None else name_of(number, info.filename)
                    joined.add(info, name, opened)
        joined.finish()
        return joined.count


def zip_folder(target: Path, folder: Path, *, top: str, go_on: Callable[[], None]) -> None:
    """All files of a folder, under the name `top`, as they are stored; sorted by their names.
    `go_on` is called before each."""
    with ZipFile(target, "w", ZIP_STORED) as zipped:
        for path in sorted(folder.rglob("*")):
            go_on()
            if path.is_file():
                info = ZipInfo(f"{top}/{path.relative_to(folder).as_posix()}", _EPOCH)
                info.external_attr = _MODE
                with path.open("rb") as source, zipped.open(info, "w") as entry:
                    shutil.copyfileobj(source, entry, _BLOCK)


class JoinedZip:
    """A zip file whose entries come from others, from where `file` stands. `listed` takes the list
    of them meanwhile."""

    def __init__(self, file: IO[bytes], listed: IO[bytes]) -> None:
        self._file, self._listed = file, listed
        self._at = file.tell()
        self.count = 0

    def add(self, info: ZipInfo, name: str, source: IO[bytes]) -> None:
        """Copy an entry of another zip file."""
        called = name.encode()
        numbers = (_UTF8, info.compress_type, _TIME, _DATE, info.CRC)
        sizes = (info.compress_size, info.file_size)
        head = _LOCAL_HEAD.pack(_LOCAL, _VERSION, *numbers, *sizes, len(called), 0)
        start = self._at
        self._write(head + called)
        self._write(_stored(info, source))
        extra = b""
        if start >= _MOST_32:
            extra, start = struct.pack("<2HQ", 1, 8, start), _MOST_32
        version = _VERSION_64 if extra else _VERSION
        made_by = 3 << 8 | version  # Unix, for the mode
        lengths = (len(called), len(extra), 0)
        row = struct.pack(
            "<4s6H3L5H2L",
            *(_LISTED, made_by, version, *numbers, *sizes, *lengths, 0, 0, _MODE, start),
        )
        self._listed.write(row + called + extra)
        self.count += 1

    def finish(self) -> None:
        """The list, and where it is."""
        start, size = self._at, self._listed.tell()
        self._listed.seek(0)
        shutil.copyfileobj(self._listed, self._file, _BLOCK)
        count = self.count
        if count >= _MOST_16 or start >= _MOST_32 or size >= _MOST_32:
            versions = (_VERSION_64, _VERSION_64)
            whole = (count, count, size, start)
            self._file.write(struct.pack("<4sQ2H2L4Q", _END_64, 44, *versions, 0, 0, *whole))
            self._file.write(struct.pack("<4sLQL", _WHERE_64, 0, start + size, 1))
        few, short = min(count, _MOST_16), (min(size, _MOST_32), min(start, _MOST_32))
        self._file.write(struct.pack("<4s4H2LH", _END, 0, 0, few, few, *short, 0))

    def _write(self, content: bytes) -> None:
        self._file.write(content)
        self._at += len(content)


def _stored(info: ZipInfo, source: IO[bytes]) -> bytes:
    """The bytes of an entry as they are stored, behind its head."""
    source.seek(info.header_offset)
    *_, name, extra = _LOCAL_HEAD.unpack(source.read(_LOCAL_HEAD.size))
    source.seek(name + extra, 1)
    return source.read(info.compress_size)
