"""Rows of a layer of annotations on the disk, between the parts and the layer."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from apps.exports.domain.annotations import ROW, Rows


def write_rows(path: Path, rows: Rows) -> None:
    """A part: the rows as they lie in memory."""
    path.write_bytes(rows.tobytes())


@contextmanager
def all_rows(parts: Sequence[Path], folder: Path) -> Iterator[Rows]:
    """The rows of all parts, in a file of `folder` that is gone afterwards: they may be more than
    fit into memory."""
    with tempfile.TemporaryFile(dir=folder) as file:
        for part in parts:
            with part.open("rb") as opened:
                shutil.copyfileobj(opened, file)
        file.flush()
        if not file.tell():
            yield np.zeros(0, ROW)
            return
        yield np.memmap(file, ROW, mode="r")
