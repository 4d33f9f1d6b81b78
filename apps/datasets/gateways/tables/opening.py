"""Open a table by its address, or a file by what it holds, whatever its name."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

from apps.datasets.domain.secrets import Credentials, check_opens
from apps.datasets.gateways.fetching import PROTOCOLS
from apps.datasets.gateways.tables.arrow_files import open_feather, open_parquet, open_stream
from apps.datasets.gateways.tables.csv_files import open_csv
from apps.datasets.gateways.tables.files import TableFile, unusable

# What addresses begin with, and the module and function that open them. Loaded where they are used:
# the libraries below take 100 MB each.
_SOURCES = {
    "precomputed://": ("annotations", "open_annotations"),
    "cave://": ("cave", "open_cave_table"),
}
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


def path_or_address(given: str) -> Path | str:
    """A table as a person names it: a file of this machine, an address of a source, or of a file
    that is to be fetched first."""
    return given if given.startswith((*_SOURCES, *PROTOCOLS)) else Path(given)


def table_stem(given: Path | str) -> str:
    """What a table is called of which only its path or address is known."""
    if isinstance(given, Path):
        return given.stem
    parts = urlsplit(given.removeprefix("precomputed://"))
    return parts.path.rstrip("/").rpartition("/")[2] or parts.netloc


def open_table(given: Path | str, credentials: Credentials | None = None) -> TableFile:
    """The table in a file of this machine, or at an address of a source, which `credentials` open.

    Raises TableError naming the file or the source, InvalidInputError for credentials of another
    kind, PlaceForbiddenError where nothing may be read.
    """
    if isinstance(given, Path):
        return _open_file(given)
    for start, (module, name) in _SOURCES.items():
        if given.startswith(start):
            source = import_module(f"apps.datasets.gateways.tables.{module}")
            if credentials is not None:
                check_opens(credentials.kind, given, "table")
            table: TableFile = getattr(source, name)(given, credentials)
            return table
    known = ", ".join(_SOURCES)
    raise unusable(f"{given!r} is no address of a table; it must begin with one of {known}.")


def _open_file(path: Path) -> TableFile:
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
