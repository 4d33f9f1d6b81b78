"""`manage.py create_dataset`: a dataset from precomputed volumes and a synapse table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser

from apps.core.commands import SentenceCommand
from apps.datasets.gateways.tables import path_or_address
from apps.datasets.management.table_options import (
    TABLES,
    add_table_options,
    progress_line,
    refused_rows_written,
    table_input,
    told_table,
)
from apps.datasets.models import Volume
from apps.datasets.selectors.secrets import secret_named
from apps.datasets.services.datasets import NEEDED_KINDS, VolumeInput, create_dataset


class Command(SentenceCommand):
    help = "Create a dataset from precomputed volumes and a synapse table; all of it or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        for kind in Volume.Kind:
            _add_volume(parser, kind, required=kind in NEEDED_KINDS)
        parser.add_argument(
            "--table", type=path_or_address, required=True, help=f"a synapse table: {TABLES}"
        )
        parser.add_argument(
            "--table-name", metavar="NAME", help="what it is called; default: as its file"
        )
        add_table_options(parser, "--table-resolution")

    def run(self, options: Mapping[str, Any]) -> None:
        volumes = [_volume(kind, options) for kind in Volume.Kind if options[kind.value]]
        path = options["table"]
        with refused_rows_written(path, options):
            table = create_dataset(
                options["name"],
                volumes,
                table_input(path, options, options["table_name"]),
                on_progress=progress_line(),
            )
        self.stdout.write(
            f"Dataset {table.dataset.name!r} with table {table.name!r}: "
            f"{told_table(table, path, options)}"
        )


def _add_volume(parser: CommandParser, kind: str, *, required: bool) -> None:
    parser.add_argument(
        f"--{kind}", metavar="ADDRESS", required=required, help=f"the {kind} volume, precomputed"
    )
    parser.add_argument(f"--{kind}-mip", type=int, default=0, metavar="N", help="default: 0")
    parser.add_argument(
        f"--{kind}-axis-order",
        default="xyz",
        metavar="XYZ",
        help="which physical axis each stored axis holds; default: xyz",
    )
    _add_resolution(parser, kind, "a voxel; default: what the volume says of itself")
    parser.add_argument(
        f"--{kind}-secret", metavar="NAME", help="the secret that opens its address"
    )
    if kind != Volume.Kind.IMAGE:
        parser.add_argument(
            f"--{kind}-sparse",
            action="store_true",
            help="chunks that are not stored are background (else: missing data)",
        )
        parser.add_argument(
            f"--{kind}-refused-is-absent",
            action="store_true",
            help=f"with --{kind}-sparse: a chunk that its server refuses (status 403) is one that "
            "is not stored (else: an error), as in buckets that may not be listed",
        )


def _add_resolution(parser: CommandParser, name: str, meaning: str) -> None:
    parser.add_argument(
        f"--{name}-resolution",
        type=float,
        nargs=3,
        metavar=("X", "Y", "Z"),
        help=f"nm along x, y, z of {meaning}",
    )


def _volume(kind: Volume.Kind, options: Mapping[str, Any]) -> VolumeInput:
    secret = options[f"{kind.value}_secret"]
    return VolumeInput(
        kind,
        options[kind.value],
        mip=options[f"{kind.value}_mip"],
        axis_order=options[f"{kind.value}_axis_order"],
        resolution=options[f"{kind.value}_resolution"],
        is_sparse=options.get(f"{kind.value}_sparse", False),
        refused_is_absent=options.get(f"{kind.value}_refused_is_absent", False),
        secret=secret_named(secret) if secret else None,
    )
