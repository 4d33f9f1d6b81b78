"""Result files on the local disk."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from apps.core.errors import InvalidInputError


def read_text(path: Path) -> str:
    """The content of a text file in UTF-8.

    Raises InvalidInputError where it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InvalidInputError(
            f"file: {path} cannot be read: {error.strerror}.", field="file"
        ) from error
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"file: {path.name} is not text in UTF-8.", field="file") from error


@contextmanager
def rows_as_file(rows: Iterable[Sequence[object]]) -> Iterator[Path]:
    """A CSV file of rows, the header first, that is there while the block runs."""
    with tempfile.TemporaryDirectory(prefix="synanno-rows-") as folder:
        path = Path(folder) / "records.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
        yield path


def write_pieces(path: Path, pieces: Iterable[str]) -> None:
    """Write a text file, whole or not at all; one that is there is replaced at the end.

    Raises InvalidInputError where it cannot be written.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        try:
            with unfinished.open("w", encoding="utf-8") as file:
                file.writelines(pieces)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise InvalidInputError(
            f"output: {path} cannot be written: {error.strerror}.", field="output"
        ) from error
