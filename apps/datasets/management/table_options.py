"""What the commands that load tables share."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentTypeError
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from django.conf import settings
from django.core.management.base import CommandParser

from apps.core.errors import InvalidInputError
from apps.datasets.domain.layouts import Unit
from apps.datasets.gateways.tables import table_stem
from apps.datasets.models import SynapseTable
from apps.datasets.selectors.secrets import secret_named
from apps.datasets.services.fetching import FETCHING
from apps.datasets.services.loading import Progress
from apps.datasets.services.refusals import RefusalReport, RefusedRowsError, refusals_csv
from apps.datasets.services.tables import TableInput

TABLES = (
    "a file (CSV, Parquet, Feather), precomputed annotations (precomputed://file:///PATH, "
    "precomputed://gs://BUCKET/PATH), or a table of CAVE (cave://DATASTACK/TABLE)"
)


def add_table_options(parser: CommandParser, resolution: str = "--resolution") -> None:
    """The options of a table; `resolution` is the name of that option."""
    parser.add_argument(
        "--layout",
        choices=("synanno", "cave", "h01"),
        help="default: found by the names of the columns",
    )
    parser.add_argument(
        "--map",
        type=_mapping,
        metavar="JSON",
        help="""which column holds what, as '{"center": ["cx", "cy", "cz"], "id": "n"}', or a """
        "file with that",
    )
    parser.add_argument("--unit", choices=[unit.value for unit in Unit], help="default: voxels")
    parser.add_argument(
        resolution,
        type=float,
        nargs=3,
        metavar=("X", "Y", "Z"),
        dest="table_resolution",
        help="nm along x, y, z of a voxel of the table; default: what its source says, else that "
        "of the cleft volume",
    )
    parser.add_argument(
        "--skip-refused",
        action="store_true",
        help="load the other rows where some cannot be used (else: nothing is loaded)",
    )
    parser.add_argument(
        "--leave-out",
        nargs="+",
        metavar="COLUMN",
        help="columns that are not kept for people to look at beside those that are read; '*' for "
        "all (default: as in the version before, else none)",
    )
    parser.add_argument(
        "--refused",
        type=Path,
        metavar="PATH",
        help="where refused rows are written with the reasons; default: TABLE.refused.csv beside "
        "the table, of one at an address in SYNANNO_HOME",
    )
    parser.add_argument(
        "--table-secret", metavar="NAME", help="the secret that opens the address of the table"
    )


def table_input(
    path: Path | str, options: Mapping[str, Any], name: str | None = None
) -> TableInput:
    """The table that the options describe."""
    return TableInput(
        path,
        name=name,
        layout=options["layout"],
        mapping=options["map"],
        unit=Unit(options["unit"]) if options["unit"] else None,
        resolution=options["table_resolution"],
        skip_refused=options["skip_refused"],
        leave_out=options["leave_out"],
        secret=secret_named(options["table_secret"]) if options["table_secret"] else None,
    )


@contextmanager
def refused_rows_written(path: Path | str, options: Mapping[str, Any]) -> Iterator[None]:
    """Where rows are refused, write them to a file and say so in the error."""
    try:
        yield
    except RefusedRowsError as error:
        target = _refused_path(path, options)
        _write(target, error.report.as_csv())
        raise InvalidInputError(
            f"{error.sentence} {_told(error.report)} {target}; nothing was loaded.", field="table"
        ) from error


def told_table(table: SynapseTable, path: Path | str, options: Mapping[str, Any]) -> str:
    """What was loaded, in a sentence or two; writes refused rows to a file."""
    told = f"{table.row_count:,} instances."
    if table.layout != "synanno" or table.unit != Unit.VOXELS:
        told += f" Layout: {table.layout}, in {table.unit}."
    refused = getattr(table, "refused", None)
    if refused is not None:
        target = _refused_path(path, options)
        _write(target, refusals_csv(table))
        told += f" {refused.count:,} rows were refused; the first {refused.kept:,} are in {target}."
    return told


def _told(report: RefusalReport) -> str:
    few = len(report.rows) < report.count
    return f"The first {len(report.rows):,} are in" if few else "They are in"


def _refused_path(path: Path | str, options: Mapping[str, Any]) -> Path:
    given: Path | None = options["refused"]
    # Beside a file; commands run where the server is installed, and nobody looks there.
    folder = path.parent if isinstance(path, Path) else settings.ENVIRONMENT.home
    return (given or folder / f"{table_stem(path)}.refused.csv").resolve()


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise InvalidInputError(
            f"refused: {path} cannot be written: {error.strerror}.", field="refused"
        ) from error


def progress_line(stream: TextIO | None = None) -> Progress:
    """Tells the rows so far (of a file that is fetched, the MB) on one line of a terminal;
    elsewhere nothing. Without a stream, on that of errors."""
    stream = stream or sys.stderr
    if not stream.isatty():
        return lambda _stage, _rows: None

    def tell(stage: str, rows: int) -> None:
        stream.write(f"\r{stage}: {rows:,} {'MB' if stage == FETCHING else 'rows'}\x1b[K")
        stream.write("\n" if stage == "indexing" else "")
        stream.flush()

    return tell


def _mapping(given: str) -> dict[str, Any]:
    """JSON, or the path of a file with it."""
    try:
        text = given if given.lstrip().startswith("{") else Path(given).read_text(encoding="utf-8")
        found = json.loads(text)
    except (OSError, ValueError) as error:
        raise ArgumentTypeError(f"neither JSON nor a file with it: {error}") from error
    if not isinstance(found, dict):
        raise ArgumentTypeError("it must be an object: {…}")
    return found
