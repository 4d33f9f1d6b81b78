"""`manage.py open_data`: look at data, show five synapses of it, and make a dataset."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentTypeError
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from django.core.management.base import CommandParser
from rest_framework.exceptions import ValidationError

from apps.core.api import validated
from apps.core.commands import SentenceCommand
from apps.core.errors import InvalidInputError
from apps.core.errors_http import handle_exception
from apps.datasets.domain.plan_settings import Settings, changed, first_settings
from apps.datasets.gateways.tables import path_or_address
from apps.datasets.management.table_options import progress_line, refused_rows_written, told_table
from apps.datasets.models import Dataset
from apps.datasets.serializers import PlanSettings
from apps.datasets.services.datasets import create_dataset
from apps.datasets.services.planning_examination import Examination, examine
from apps.datasets.services.planning_inputs import (
    Source,
    refs_of,
    table_input,
    volume_inputs,
)
from apps.datasets.services.preview_pictures import draw_pictures
from apps.datasets.services.previewing import Preview, draw_preview
from apps.datasets.services.tables import find_dataset, load_table, on_this_machine

_LARGEST_FILE = 2**20


class Command(SentenceCommand):
    help = (
        "Make a dataset of a description in YAML or JSON, as the wizard in the web page does: look "
        "at its volumes and its table, tell what was found, draw five synapses, then load it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", type=Path, help="what POST /api/dataset-plans takes, as YAML or JSON"
        )
        parser.add_argument(
            "--set",
            type=_part,
            nargs="+",
            action="extend",
            default=[],
            metavar="NAME=VALUE",
            help="in place of what the file says, as --set table.path=/data/new.csv seed=3",
        )
        parser.add_argument("--dry-run", action="store_true", help="look, and make nothing")
        parser.add_argument(
            "--pictures", type=Path, metavar="FOLDER", help="write the five synapses there, as PNG"
        )
        parser.add_argument(
            "--refused",
            type=Path,
            metavar="PATH",
            help="where refused rows are written with the reasons; default: TABLE.refused.csv "
            "beside the table, of one at an address in SYNANNO_HOME",
        )

    def run(self, options: Mapping[str, Any]) -> None:
        said = _read(options["file"], options["set"])
        name = said.pop("dataset", None)
        dataset = None if name is None else find_dataset(str(name))
        settings = changed(first_settings(), _checked(said))
        # A file at an address is fetched once, for all that is done with it.
        with on_this_machine(
            table_input(settings, _source(settings)), progress_line(sys.stderr)
        ) as here:
            self._open(settings, here.path, dataset, options)

    def _open(
        self,
        settings: Settings,
        source: Source,
        dataset: Dataset | None,
        options: Mapping[str, Any],
    ) -> None:
        found = examine(settings, source, {}, dataset)
        self._tell(found)
        if found.problems:
            raise InvalidInputError("\n".join(found.problems.values()))
        table = found.table or {}
        refs = refs_of(settings, found.volumes, None, dataset)
        given = table_input(settings, source, table)
        preview = draw_preview(settings, given, refs, table)
        self._show(preview, options["pictures"])
        if options["dry_run"]:
            self.stdout.write("Nothing was made: --dry-run.")
            return
        named = _source(settings)  # beside what was fetched nobody would find it
        with refused_rows_written(named, options):
            if dataset is not None:
                made = load_table(dataset, given, on_progress=progress_line(sys.stderr))
            else:
                made = create_dataset(
                    settings["name"],
                    volume_inputs(settings, None),
                    given,
                    on_progress=progress_line(sys.stderr),
                )
        self.stdout.write(
            f"Dataset {made.dataset.name!r} with table {made.name!r}, version {made.version}: "
            f"{told_table(made, named, options)}"
        )

    def _tell(self, found: Examination) -> None:
        for kind, one in found.volumes.items():
            if "dtype" in one:
                lo, hi = one["bounds"]["lo"], one["bounds"]["hi"]
                self.stdout.write(
                    f"{kind}: {one['dtype']}, {_sizes(one['resolution_nm'])} nm, {lo} to {hi}"
                )
            for scale in one["scales"]:
                told = f"{_sizes(scale['resolution_nm'])} nm, {_sizes(scale['size'])} voxels"
                self.stdout.write(f"  mip {scale['mip']}: {told}, {scale['encoding']}")
        table = found.table
        if table is None:
            return
        self.stdout.write(f"table: {table['name']}, layout {table['layout']}")
        for meaning in table.get("meanings", []):
            is_taken = (meaning["unit"], meaning["resolution_nm"]) == (
                table["unit"],
                table["resolution_nm"],
            )
            self.stdout.write(
                f"  {'→' if is_taken else ' '} in {meaning['unit']} of "
                f"{_sizes(meaning['resolution_nm'])} nm: {meaning['usable']:,} of the first "
                f"{table['looked_at']:,} can be used"
            )
        for fault in table.get("faults", []):
            self.stdout.write(f"    {fault}")

    def _show(self, preview: Preview, folder: Path | None) -> None:
        whole = "all" if preview.is_whole else "the first"
        self.stdout.write(f"preview: drawn from {whole} {preview.rows:,} rows")
        for picture in draw_pictures(preview, folder):
            self.stdout.write(f"  {picture}")


def _sizes(values: Sequence[float]) -> str:
    return " × ".join(f"{value:g}" for value in values)


def _part(text: str) -> tuple[str, Any]:
    """`table.path=/data/x.csv`; the value is read as YAML."""
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    try:
        return name, yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise ArgumentTypeError(f"{text!r}: {error}") from error


def _read(path: Path, parts: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """The description, with parts of it put in place; `-` reads it from the standard input."""
    try:
        with sys.stdin.buffer if str(path) == "-" else path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
        if len(content) > _LARGEST_FILE:
            raise InvalidInputError(f"file: {path} is larger than 1 MB.", field="file")
        said = yaml.safe_load(content)  # JSON is YAML, too
        said = json.loads(json.dumps(said))
    except OSError as error:
        raise InvalidInputError(
            f"file: {path} cannot be read: {error.strerror}.", field="file"
        ) from error
    except (yaml.YAMLError, TypeError, ValueError, RecursionError) as error:
        first = str(error).partition("\n")[0]
        raise InvalidInputError(f"file: {path} is no YAML or JSON: {first}.", field="file") from (
            error
        )
    if not isinstance(said, dict):
        raise InvalidInputError(f"file: {path} must be an object with a name.", field="file")
    for name, value in parts:
        *outer, last = name.split(".")
        place = said
        for each in outer:
            if not isinstance(place.get(each), dict):
                place[each] = {}
            place = place[each]
        place[last] = value
    return said


def _checked(said: dict[str, Any]) -> dict[str, Any]:
    """As the API checks it. Raises InvalidInputError naming the field."""
    try:
        return validated(PlanSettings(data=said))
    except ValidationError as error:
        answer = handle_exception(error, {})
        told = answer.data["error"] if answer is not None and answer.data else {}
        raise InvalidInputError(
            told.get("sentence", str(error)), field=told.get("field")
        ) from error


def _source(settings: Settings) -> Source:
    path = settings["table"]["path"]
    if not path:
        raise InvalidInputError("table: give its path.", field="table")
    return path_or_address(path.removeprefix("file://"))
