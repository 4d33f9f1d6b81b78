"""`manage.py open_campaign`: a campaign over a dataset's table, for some people."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser

from apps.accounts.selectors import users_named
from apps.campaigns.domain import Assignment
from apps.campaigns.domain.neurons import (
    EITHER,
    WHICH,
    NeuronChoice,
    read_neurons,
    with_neurons,
)
from apps.campaigns.models import PAGE_SIZES, Campaign
from apps.campaigns.services.campaigns import DEFAULT_CROP, combine_roles
from apps.core.commands import SentenceCommand
from apps.datasets.management.selection_options import (
    add_selection_options,
    ids_of,
    number_of,
    selection_from,
)
from apps.datasets.selectors import count_instances, find_table
from apps.proofreading.domain import CLASSES, Redundancy, Rule
from apps.proofreading.services.campaigns import open_campaign
from apps.proofreading.services.policies import make_policy
from apps.voxels.geometry import Point

PATIENCE_S = 600
_LOOK_AGAIN_S = 0.5
_WORK = fields(Assignment)
_POLICY = ("redundancy", "rule", "most_votes", *(f"threshold_{label}" for label in CLASSES))
_PREPARING = "being prepared by the workers of the running server, or as soon as one is started"


def _add_work(parser: CommandParser) -> None:
    """How pages are made and handed out, and how verdicts are settled."""
    parser.add_argument(
        "--passes", type=int, default=1, help="how many people judge each instance; default: 1"
    )
    parser.add_argument("--order", choices=Campaign.Order.values, default="table")
    parser.add_argument("--order-seed", type=int, default=0, help="of the random order")
    parser.add_argument(
        "--open-pages-cap", type=int, default=1, help="pages a person may hold at once; default: 1"
    )
    parser.add_argument(
        "--deadline", type=_time, help="no page is handed out after it: 2030-05-01T12:00, in UTC"
    )
    parser.add_argument(
        "--needs-training", action="store_true", help="training comes before real pages"
    )
    parser.add_argument("--redundancy", choices=[one.value for one in Redundancy])
    parser.add_argument("--rule", choices=[one.value for one in Rule])
    parser.add_argument("--most-votes", type=int, help="under adaptive redundancy")
    for label in CLASSES:
        parser.add_argument(
            f"--threshold-{label}", type=float, help=f"from which probability {label} is certain"
        )


def _add_neurons(parser: CommandParser) -> None:
    """The neurons along which the campaign goes."""
    group = parser.add_argument_group("neurons", "with --order neuron: go along these")
    group.add_argument(
        "--neurons", nargs="+", metavar="ID", help="in the order of the walk; @FILE for a file"
    )
    group.add_argument(
        "--synapses", choices=WHICH, default=EITHER, help="which of theirs; default: either"
    )
    group.add_argument(
        "--root-point",
        nargs=4,
        action="append",
        default=[],
        metavar=("ID", "X", "Y", "Z"),
        help="where the walk of a neuron begins, in nm; may be given again",
    )


def _neurons_from(options: Mapping[str, Any]) -> NeuronChoice | None:
    """Raises InvalidInputError naming the option's part."""
    if options["neurons"] is None:
        return None
    roots = [
        {"root_id": root_id, "position_nm": [number_of(one, "root-point") for one in at]}
        for root_id, *at in options["root_point"]
    ]
    ids = ids_of(options["neurons"], "neurons")
    return read_neurons({"ids": ids, "synapses": options["synapses"], "roots": roots})


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


class Command(SentenceCommand):
    help = "Open a campaign over a synapse table, or a part of it; a worker prepares it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--dataset", required=True, help="name of the dataset")
        parser.add_argument("--table", help="name of its table, where it has several")
        for role, is_needed in (("manager", True), ("annotator", False)):
            parser.add_argument(
                f"--{role}",
                nargs="+",
                required=is_needed,
                default=[],
                metavar="USER",
                help="may be given again" if is_needed else "managers may annotate, too",
                action="extend",
            )
        parser.add_argument(
            "--page-size",
            type=int,
            default=12,
            help=f"one of {', '.join(map(str, PAGE_SIZES))}; default: 12",
        )
        parser.add_argument(
            "--crop",
            type=int,
            nargs=3,
            default=DEFAULT_CROP,
            metavar=("X", "Y", "Z"),
            help="voxels of the cleft volume around each instance; default: "
            + " ".join(map(str, DEFAULT_CROP)),
        )
        parser.add_argument("--instructions", default="", help="what the annotators are told")
        add_selection_options(parser)
        _add_neurons(parser)
        _add_work(parser)
        parser.add_argument(
            "--draft", action="store_true", help="wait until it is started from the web"
        )
        parser.add_argument(
            "--wait",
            action="store_true",
            help=f"return when the campaign is open; fail after {PATIENCE_S} s",
        )

    def run(self, options: Mapping[str, Any]) -> None:
        managers = users_named(options["manager"], "manager")
        annotators = users_named(options["annotator"], "annotator")
        table = find_table(options["dataset"], options["table"])
        selection, neurons = selection_from(options), _neurons_from(options)
        chosen = {name: options[name] for name in _POLICY if options[name] is not None}
        campaign = open_campaign(
            options["name"],
            table,
            combine_roles(managers, annotators),
            selection=selection,
            page_size=options["page_size"],
            crop=Point(*options["crop"]),
            instructions=options["instructions"],
            assignment=Assignment(**{field.name: options[field.name] for field in _WORK}),
            neurons=neurons,
            policy=make_policy(options["passes"], chosen) if chosen else None,
            created_by=managers[0],
            as_draft=options["draft"],
        )
        if neurons is not None:
            selection = with_neurons(selection, neurons)
        told = f"{count_instances(table, selection)} synapses of {table}"
        if campaign.status == Campaign.Status.DRAFT:
            self.stdout.write(f"Campaign {campaign.pk}, {campaign.name!r}: a draft with {told}.")
            return
        if options["wait"]:
            self.stdout.write("Waiting for a worker of the running server to prepare it …")
            self._wait(campaign)
        state = "open" if campaign.status == Campaign.Status.OPEN else _PREPARING
        self.stdout.write(f"Campaign {campaign.pk}, {campaign.name!r}: {state}. It has {told}.")

    def _wait(self, campaign: Campaign) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while campaign.status == Campaign.Status.PREPARING:
            if time.monotonic() >= deadline:
                raise CommandError(
                    f"Campaign {campaign.pk} is still being prepared after {PATIENCE_S} s "
                    f"({campaign.placed:,} of {campaign.to_place or 0:,} instances are on pages, "
                    f"{campaign.prepared} of {campaign.to_prepare} cutouts are stored). "
                    "Is a worker running?"
                )
            time.sleep(_LOOK_AGAIN_S)
            campaign.refresh_from_db()
        if campaign.status == Campaign.Status.DRAFT:
            raise CommandError(f"The preparation of campaign {campaign.pk} was cancelled.")
        if campaign.status == Campaign.Status.FAILED:
            raise CommandError(f"Campaign {campaign.pk} cannot be prepared: {campaign.failure}")
