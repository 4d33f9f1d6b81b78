"""How much memory a Parquet, Feather or Arrow file takes at once, by what it says of itself.

Arrow unpacks a column of a batch in one piece, to the size that stands before its bytes, without
any limit: 15 KB can be 600 MB. Here only these numbers are read. Where they are is told by the
messages of the file, flatbuffers after `Message.fbs`, `Schema.fbs` and `File.fbs` of Arrow.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from apps.datasets.gateways.tables.files import TableError, unusable

LARGEST = 512 << 20  # bytes, unless the file itself has more
_LONGEST_MESSAGE = 2**26  # of a file with a million columns
_MAGIC = b"ARROW1"
_DICTIONARY, _BATCH = 2, 3
_BLOCK, _BUFFER = 24, 16
_VALUE = 8  # bytes of most values


def check_parquet(path: Path, file: Any, columns: Sequence[str] | None) -> None:
    """Raises TableError where a column of a group of rows is too large to be read."""
    metadata, most = file.metadata, _most(path)
    for group in range(metadata.num_row_groups):
        for number in range(metadata.num_columns):
            column = metadata.row_group(group).column(number)
            name = column.path_in_schema
            if columns is not None and not any(f"{name}.".startswith(f"{c}.") for c in columns):
                continue
            size = column.total_uncompressed_size
            if file.schema.column(number).max_repetition_level:  # a row may have any count of them
                size = max(size, column.num_values * _VALUE)
            if size > most:
                raise _too_large(path, "row groups", size)


def check_ipc(path: Path, *, is_stream: bool) -> None:
    """Raises TableError where a batch is too large to be read, and ArrowInvalid where the file is
    damaged."""
    most = _most(path)
    with path.open("rb") as file:
        try:
            for place in _streamed(file) if is_stream else _indexed(file):
                size = _unpacked_size(file, place)
                if size > most:
                    raise _too_large(path, "batches", size)
        except (struct.error, ValueError, OSError) as error:
            raise pa.ArrowInvalid("what it says of its batches is damaged") from error


def _most(path: Path) -> int:
    return max(LARGEST, path.stat().st_size)


def _too_large(path: Path, what: str, size: int) -> TableError:
    return unusable(
        f"{path.name} would take {size >> 20:,} MB in one piece, of {_most(path) >> 20:,} that it "
        f"may; save it in smaller {what}."
    )


@dataclass(frozen=True)
class _Place:
    """A message of a file, and where the bytes begin that it is about."""

    message: _Table
    body: int


def _indexed(file: IO[bytes]) -> Iterator[_Place]:
    """The messages that the end of a file names: its dictionaries and batches."""
    end = file.seek(0, 2) - len(_MAGIC) - 4
    length = struct.unpack("<i", _at(file, end, 4))[0]
    footer = _Table.root(_at(file, end - length, length))
    for start in (*footer.items(2, _BLOCK), *footer.items(3, _BLOCK)):
        at, before = struct.unpack_from("<qi", footer.content, start)
        begin, count = _head(file, at)
        yield _Place(_Table.root(_at(file, begin, count)), at + before)


def _streamed(file: IO[bytes]) -> Iterator[_Place]:
    """The messages of a file that has them one after the other; as far as they are there."""
    at, end = 0, file.seek(0, 2)
    while at + 8 <= end:
        begin, count = _head(file, at)
        if count == 0 or begin + count > end:
            return
        message = _Table.root(_at(file, begin, count))
        yield _Place(message, begin + count)
        length = message.number(3, "<q")
        if length < 0:
            raise ValueError(f"a batch of {length} bytes")
        at = begin + count + length


def _head(file: IO[bytes], at: int) -> tuple[int, int]:
    """Where a message begins, and its length. The oldest files have no mark before it."""
    mark, length = struct.unpack("<Ii", _at(file, at, 8))
    return (at + 8, length) if mark == 0xFFFFFFFF else (at + 4, mark)


def _at(file: IO[bytes], start: int, count: int) -> bytes:
    if start < 0 or not 0 <= count <= _LONGEST_MESSAGE:
        raise ValueError(f"{count} bytes at {start}")
    file.seek(start)
    return file.read(count)


def _unpacked_size(file: IO[bytes], place: _Place) -> int:
    """Bytes of all columns of a batch or a dictionary."""
    kind = place.message.number(1, "<B")
    if kind not in (_DICTIONARY, _BATCH):
        return 0
    batch = place.message.table(2)
    if batch is not None and kind == _DICTIONARY:
        batch = batch.table(1)
    if batch is None:
        return 0
    is_packed = batch.table(3) is not None
    size = 0
    for start in batch.items(2, _BUFFER):
        offset, length = struct.unpack_from("<qq", batch.content, start)
        if offset < 0 or length < 0:
            raise ValueError(f"a column of {length} bytes at {offset}")
        packed = _at(file, place.body + offset, 8) if is_packed and length else b""
        # -1: not packed after all. Where nothing stands any more, Arrow finds nothing either.
        told = struct.unpack("<q", packed)[0] if len(packed) == 8 else -1
        if told < -1:
            raise ValueError(f"a column unpacks to {told} bytes")
        size += length if told == -1 else told
    return size


@dataclass(frozen=True)
class _Table:
    """A table of a flatbuffer: its fields are found by a list of places before or after it."""

    content: bytes
    start: int

    @classmethod
    def root(cls, content: bytes) -> _Table:
        return cls(content, struct.unpack_from("<I", content)[0])

    def number(self, field: int, kind: str) -> int:
        """A number; 0 where there is none."""
        at = self._place(field)
        return 0 if at is None else int(struct.unpack_from(kind, self.content, at)[0])

    def table(self, field: int) -> _Table | None:
        at = self._place(field)
        return None if at is None else _Table(self.content, self._led_to(at))

    def items(self, field: int, size: int) -> range:
        """Where the structures of a list begin, each of `size` bytes."""
        at = self._place(field)
        if at is None:
            return range(0)
        first = self._led_to(at)
        count = struct.unpack_from("<I", self.content, first)[0]
        last = first + 4 + count * size
        if last > len(self.content):
            raise ValueError(f"a list of {count}")
        return range(first + 4, last, size)

    def _led_to(self, at: int) -> int:
        return at + int(struct.unpack_from("<I", self.content, at)[0])

    def _place(self, field: int) -> int | None:
        places = self.start - int(struct.unpack_from("<i", self.content, self.start)[0])
        if places < 0:
            raise ValueError(f"places at {places}")
        if 4 + 2 * field >= struct.unpack_from("<H", self.content, places)[0]:
            return None
        offset = struct.unpack_from("<H", self.content, places + 4 + 2 * field)[0]
        return self.start + offset if offset else None
