"""Files of few bytes that would take all memory are refused before they are unpacked."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from apps.datasets.gateways.tables import arrow_files, arrow_sizes
from apps.datasets.gateways.tables.files import TableError
from tests.datasets.tables.conftest import ROW, Load
from tests.datasets.tables.test_bad_files import refused

pytestmark = pytest.mark.django_db


def _write_stream(table: pa.Table, path: Path, compression: str, rows: int) -> None:
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with pa.ipc.new_stream(path, table.schema, options=options) as stream:
        stream.write_table(table, max_chunksize=rows)


def _write_feather(table: pa.Table, path: Path, compression: str, rows: int) -> None:
    feather.write_feather(table, path, compression=compression, chunksize=rows)


def _write_parquet(table: pa.Table, path: Path, compression: str, rows: int) -> None:
    parquet.write_table(
        table, path, compression=compression, row_group_size=rows, use_dictionary=False
    )


def _points(count: int) -> pa.Array:
    places = pa.array(np.arange(0, 3 * count + 1, 3, dtype=np.int32))
    return pa.ListArray.from_arrays(places, pa.array(np.zeros(3 * count, np.int64)))


WIDE: dict[str, Callable[[int], pa.Array]] = {
    "number": lambda count: pa.array(np.zeros(count, np.int64)),
    "text": lambda count: pa.array(["a" * 8] * count),
    "points": _points,
    "dictionary": lambda count: pa.DictionaryArray.from_arrays(
        pa.array(np.zeros(count, np.int64)), pa.array(["a" * 8] * count)
    ),
}


@pytest.mark.parametrize("kind", WIDE)
@pytest.mark.parametrize("compression", ["zstd", "lz4"])
@pytest.mark.parametrize("write_table", [_write_parquet, _write_feather, _write_stream])
def test_a_file_that_would_unpack_to_more_than_may_be(
    load: Load,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    write_table: Any,
    compression: str,
    kind: str,
) -> None:
    """Some thousand bytes can be gigabytes; Arrow is not asked for them."""
    monkeypatch.setattr(arrow_sizes, "LARGEST", 2**20)
    path = tmp_path / "bomb"
    columns = {name: WIDE["number"](200_000) for name in ROW}
    columns[next(iter(ROW))] = WIDE[kind](200_000)
    write_table(pa.table(columns), path, compression, 200_000)
    assert path.stat().st_size < 2**20
    told = refused(load, path)
    assert told.startswith("table: bomb would take ")
    assert "MB in one piece, of 1 that it may; save it in smaller" in told


@pytest.mark.parametrize("compression", ["zstd", "lz4", "uncompressed"])
@pytest.mark.parametrize("write_table", [_write_parquet, _write_feather, _write_stream])
def test_large_files_in_small_pieces_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write_table: Any, compression: str
) -> None:
    monkeypatch.setattr(arrow_sizes, "LARGEST", 2**20)
    path = tmp_path / "large"
    table = pa.table({name: make(100_000) for name, make in WIDE.items() if name != "dictionary"})
    packing: str | None = compression
    if compression == "uncompressed" and write_table is not _write_feather:
        packing = None if write_table is _write_stream else "none"
    write_table(table, path, packing, 5_000)
    source: Any = {
        _write_parquet: arrow_files.open_parquet,
        _write_feather: arrow_files.open_feather,
        _write_stream: arrow_files.open_stream,
    }[write_table](path)
    assert sum(batch.count for batch in source.batches()) == 100_000


def test_changed_bytes_of_a_file_are_an_error_of_arrow_or_none(tmp_path: Path) -> None:
    path, table = tmp_path / "t", pa.table({"text": pa.array(["a", "b"]).dictionary_encode()})
    for is_stream, write_table in ((False, _write_feather), (True, _write_stream)):
        write_table(table, path, "zstd", 2)
        whole = path.read_bytes()
        for place in range(len(whole)):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
            with contextlib.suppress(pa.ArrowInvalid, TableError):
                arrow_sizes.check_ipc(path, is_stream=is_stream)
