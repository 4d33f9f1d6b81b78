"""Open a table file by what it holds, whatever its name."""

from __future__ import annotations

from pathlib import Path

from apps.datasets.gateways.tables.arrow_files import open_feather, open_parquet, open_stream
from apps.datasets.gateways.tables.csv_files import open_csv
from apps.datasets.gateways.tables.files import TableFile, unusable

_OTHERS = {
    b"\x1f\x8b": "is compressed with gzip; unpack it first",
    b"PK\x03\x04": "is a zip archive or a spreadsheet; save the table as CSV or Parquet",
    b"BZh": "is compressed with bzip2; unpack it first",
    b"\x28\xb5\x2f\xfd": "is compressed with zstd; unpack it first",
    b"\x89HDF": "is an HDF5 file; save the table as CSV or Parquet",
    b"FEA1": "is of the first version of Feather; save it in version 2",
    b"\xd0\xcf\x11\xe0": "is a spreadsheet; save the table as CSV",
    b"\x80\x04\x95": "is a pickle, which could run programs; save the table as CSV or Parquet",
}
_ENOUGH = 8


def open_table(path: Path) -> TableFile:
    """The table in a file of this machine.

    Raises TableError naming the file.
    """
    try:
        with path.open("rb") as file:
            start = file.read(_ENOUGH)
    except OSError as error:
        raise unusable(f"{path} cannot be read: {error.strerror}.") from error
    for mark, reason in _OTHERS.items():
        if start.startswith(mark):
            raise unusable(f"{path.name} {reason}.")
    if start.startswith(b"PAR1"):
        return open_parquet(path)
    if start.startswith(b"ARROW1"):
        return open_feather(path)
    if start.startswith(b"\xff\xff\xff\xff"):
        return open_stream(path)
    return open_csv(path)
