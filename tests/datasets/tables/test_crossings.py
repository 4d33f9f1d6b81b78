"""Annotations that several cells have are told apart from others by little of each."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from apps.datasets.gateways.tables import TableError
from apps.datasets.gateways.tables.annotations_decoding import Crossings, Piece
from apps.datasets.gateways.tables.annotations_info import Info, parse_info
from tests.support.annotations import spread, write_annotations

MANY = 5_000


@pytest.fixture
def info(tmp_path: Path) -> Info:
    """Of lines with a hundred properties, in four cells."""
    names = {f"property_{n}": "float32" for n in range(100)}
    folder = tmp_path / "lines"
    line = {"point_a": (0, 0, 0), "point_b": (99, 99, 99), "id": 1} | dict.fromkeys(names, 0.5)
    write_annotations(folder, "line", [line], properties=names)
    spread(folder, [(4, 1, 1)])
    return parse_info(json.loads((folder / "info").read_text()), "lines")


def pieces(info: Info) -> Piece:
    records = np.zeros(MANY, info.record)
    records["at"][:, 1] = 90
    ids = np.arange(MANY, dtype=np.uint64)
    return Piece("0_0_0", records, ids, np.arange(MANY))


def test_little_is_kept_of_each(info: Info) -> None:
    piece, crossings = pieces(info), Crossings(info, "lines")
    tracemalloc.start()
    try:
        assert len(next(crossings.new(iter([piece]))).ids) == MANY
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < piece.records.nbytes / 2


def test_they_come_once_and_are_the_same_everywhere(info: Info) -> None:
    piece, crossings = pieces(info), Crossings(info, "lines")
    found = list(crossings.new(iter([piece, piece])))
    assert [len(one.ids) for one in found] == [MANY, 0]
    piece.records["at"][7, 1] = 91
    with pytest.raises(TableError, match="annotation 8 has the id 7, which another"):
        list(crossings.new(iter([piece])))
