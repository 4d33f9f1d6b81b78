"""`manage.py set_skeletons`: where the skeletons of a dataset's neurons come from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from apps.connectome.twigs import TWIG_NM
from apps.core.commands import SentenceCommand
from apps.core.errors import NotFoundError
from apps.datasets.domain.skeletons import SkeletonKind, SkeletonSettings
from apps.datasets.models import Dataset
from apps.datasets.services.skeleton_checks import set_files, set_source
from apps.datasets.services.skeleton_sources import forget_source
from apps.datasets.services.skeletons import skeleton_of


class Command(SentenceCommand):
    help = (
        "Say where the skeletons of a dataset's neurons come from. What was read of another source "
        "before is forgotten."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dataset", help="its name")
        kinds = parser.add_mutually_exclusive_group(required=True)
        kinds.add_argument(
            "--precomputed",
            metavar="ADDRESS",
            help="a precomputed source of skeletons, or a volume that names one",
        )
        kinds.add_argument(
            "--swc",
            metavar="FOLDER_OR_ZIP",
            help="a folder (path or address) with a file ROOT_ID.swc a neuron, which stays "
            "where it is, or a zip archive of such files, which are taken over",
        )
        kinds.add_argument(
            "--kimimaro", action="store_true", help="make them of the neuron volume when needed"
        )
        kinds.add_argument("--none", action="store_true", help="from nowhere")
        parser.add_argument("--secret", default="", metavar="NAME", help="that opens the address")
        parser.add_argument(
            "--nm-per-unit",
            type=float,
            default=1.0,
            metavar="NM",
            help="of SWC files: 1000 where they are in µm; default: 1",
        )
        parser.add_argument(
            "--twigs",
            type=float,
            default=TWIG_NM,
            metavar="NM",
            help=f"take twigs off that are shorter; default: {TWIG_NM:g}",
        )
        parser.add_argument(
            "--try", dest="root_id", type=int, metavar="ROOT_ID", help="read this neuron at once"
        )

    def run(self, options: Mapping[str, Any]) -> None:
        name = options["dataset"]
        dataset = Dataset.objects.filter(name=name).first()
        if dataset is None:
            raise NotFoundError(f"dataset: there is no dataset {name!r}.", field="dataset")
        if options["none"]:
            forget_source(dataset, None)
            self.stdout.write(f"Dataset {name!r} has no skeletons now.")
            return
        given = _settings(options)
        if given.kind == SkeletonKind.FILES:
            files = set_files(dataset, Path(options["swc"]), given).files.count()
            self.stdout.write(f"{files} SWC files are the skeletons of dataset {name!r} now.")
        else:
            source = set_source(dataset, given)
            where = source.address or "the neuron volume"
            self.stdout.write(f"Skeletons of dataset {name!r} come from {where} now.")
        if options["root_id"] is not None:
            tree = skeleton_of(dataset, options["root_id"])
            self.stdout.write(
                f"Neuron {options['root_id']}: {len(tree):,} vertices, "
                f"{tree.length_nm / 1000:,.1f} µm, "
                + ("soma known." if tree.soma is not None else "soma not known.")
            )


def _settings(options: Mapping[str, Any]) -> SkeletonSettings:
    lengths = {"nm_per_unit": options["nm_per_unit"], "twig_nm": options["twigs"]}
    if options["precomputed"]:
        kind, address = SkeletonKind.PRECOMPUTED, options["precomputed"]
    elif options["kimimaro"]:
        kind, address = SkeletonKind.KIMIMARO, ""
    elif Path(options["swc"]).is_file():
        kind, address = SkeletonKind.FILES, ""
    else:
        kind, address = SkeletonKind.SWC, _address(options["swc"])
    return SkeletonSettings(kind, address, options["secret"], **lengths)


def _address(folder: str) -> str:
    return folder if "://" in folder else f"file://{Path(folder).absolute()}"
