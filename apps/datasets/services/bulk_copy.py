"""Copy rows into the new table of a synapse table, as they are made."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from django.db import DatabaseError, connection

from apps.datasets.domain.copying import COPIED_COLUMNS, END, START
from apps.datasets.services.partitions import partition_name


def copy_rows(table_id: int, pieces: Iterator[bytes]) -> int:
    """Copy rows in COPY's binary form into the new table; how many.

    FREEZE: nobody else can see the new table, so its rows need no later clean-up.
    """
    names = ", ".join(COPIED_COLUMNS)
    stream = _Stream(pieces)
    with connection.cursor() as cursor:
        try:
            with connection.wrap_database_errors:
                cursor.copy_expert(
                    f"COPY {partition_name(table_id)} ({names}) FROM STDIN "
                    "WITH (FORMAT binary, FREEZE)",
                    stream,
                    1 << 20,
                )
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
