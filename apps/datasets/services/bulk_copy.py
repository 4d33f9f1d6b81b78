"""Feed COPY the rows of a synapse table, as they are made."""

from __future__ import annotations

import struct
from collections.abc import Generator, Iterator

from django.db import DatabaseError, connection

from apps.datasets.domain.copying import COPIED_COLUMNS, END, START
from apps.datasets.gateways.tables import Block
from apps.datasets.models import ColumnBlock
from apps.datasets.services.partitions import partition_name

_BLOCK_COLUMNS = ("table_id", "number", "source_ids", "content")
_LENGTH = struct.Struct(">i")
_NOTHING = _LENGTH.pack(-1)


def copy_rows(table_id: int, pieces: Iterator[bytes]) -> int:
    """Copy rows in COPY's binary form into the new table; how many.

    FREEZE: nobody else can see the new table, so its rows need no later clean-up.
    """
    names = ", ".join(COPIED_COLUMNS)
    return _copy(f"{partition_name(table_id)} ({names})", "FORMAT binary, FREEZE", pieces)


def copy_blocks(table_id: int, blocks: Iterator[Block], *, with_ids: bool) -> int:
    """Copy the blocks of columns that are kept; how many. `with_ids`: with the rows' source ids."""
    names = ", ".join(_BLOCK_COLUMNS)
    pieces = (_encoded(table_id, block, with_ids=with_ids) for block in blocks)
    return _copy(f"{ColumnBlock._meta.db_table} ({names})", "FORMAT binary", pieces)


def _encoded(table_id: int, block: Block, *, with_ids: bool) -> bytes:
    ids = block.source_ids if with_ids else None
    return b"".join(
        (
            struct.pack(">hiqii", len(_BLOCK_COLUMNS), 8, table_id, 4, block.number),
            _NOTHING if ids is None else _LENGTH.pack(len(ids)) + ids,
            _LENGTH.pack(len(block.content)) + block.content,
        )
    )


def _copy(into: str, options: str, pieces: Iterator[bytes]) -> int:
    stream = _Stream(pieces)
    with connection.cursor() as cursor:
        try:
            with connection.wrap_database_errors:
                cursor.copy_expert(f"COPY {into} FROM STDIN WITH ({options})", stream, 1 << 20)
        except DatabaseError:
            if stream.failure is not None:
                raise stream.failure from None
            raise
        finally:
            stream.close()
        return int(cursor.rowcount)


class _Stream:
    """Pieces of bytes as a file; keeps what went wrong, which the driver does not hand on."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = self._framed(pieces)
        self._rest = memoryview(b"")
        self.failure: BaseException | None = None

    @staticmethod
    def _framed(pieces: Iterator[bytes]) -> Generator[bytes, None, None]:
        yield START
        yield from pieces
        yield END

    def close(self) -> None:
        """End whatever makes the pieces."""
        self._pieces.close()

    def read(self, size: int = -1) -> bytes:
        try:
            while not self._rest:
                self._rest = memoryview(next(self._pieces))
        except StopIteration:
            return b""
        except BaseException as error:
            self.failure = error
            raise
        taken = bytes(self._rest[:size])
        self._rest = self._rest[size:]
        return taken
