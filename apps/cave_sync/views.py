"""The page of what a campaign delivers to CAVE. What is done there goes through the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.accounts.http import PersonRequest
from apps.campaigns.models import Campaign
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import campaign_for, may
from apps.cave_sync.domain.deliveries import USUAL, USUAL_SCHEMA, USUAL_WORDS, Kind, Source, Taken
from apps.cave_sync.models import Delivery, RootPull
from apps.cave_sync.selectors import (
    Counts,
    counts_of,
    deliveries_of,
    delivery_of,
    failed_rows,
    latest_pull,
    latest_run,
)
from apps.datasets.selectors.secrets import cave_secrets_for
from apps.proofreading.managing_views import sections_of
from apps.proofreading.selectors import categories_of

GLOBAL_SERVER = "https://global.daf-apis.com"
_FAILED_SHOWN = 10
# The schemas that the page offers, with the fields that are filled; the API takes others as well.
_SCHEMAS: Mapping[Kind, Mapping[str, tuple[str, ...]]] = {
    Kind.SYNAPSES: {
        "synapse": ("size",),
        "nocleft_synapse": ("score",),
        "nocenter_synapse": ("size",),
        "fly_synapse": ("connection_score", "cleft_score"),
    },
    Kind.VERDICTS: {"reference_synapse_valid": (), "reference_tag": (), "reference_integer": ()},
    Kind.CATEGORIES: {"reference_tag": ()},
}
_SAID_IN = {"reference_tag": "tag", "reference_integer": "value"}
_SOURCES = {
    Source.SIZE: "the table's size",
    Source.SCORE: "the table's score",
    Source.P_CORRECT: "how sure it is to be correct",
    Source.VOTES: "the number of votes",
    Source.CONSTANT: "always the same",
}
_TAKEN = {
    Taken.MENDED: "that were mended",
    Taken.FINE: "that revisers found to be fine",
    Taken.CORRECT: "that were judged correct",
    Taken.ADDED: "that people added",
}
_TITLES = {Kind.SYNAPSES: "Synapses", Kind.VERDICTS: "Verdicts", Kind.CATEGORIES: "Errors"}


@dataclass(frozen=True)
class Shown:
    """A delivery as its card shows it."""

    delivery: Delivery
    title: str
    counts: Counts
    run: Any
    failed: list[Any]
    pull: RootPull | None
    columns: list[str]
    rows: list[list[str]]


@require_safe
@never_cache
@login_required
def cave(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """The deliveries of a campaign; `?new=KIND` shows the form of a new one, `?change=ID` that of
    one that is there."""
    campaign = campaign_for(request.user, campaign_id, Action.EXPORT)
    deliveries = [shown(one) for one in deliveries_of(campaign)]
    manages = may(request.user, campaign, Action.MANAGE)
    context = {
        "campaign": campaign,
        "sections": sections_of(campaign).items() if manages else (),
        "section": "cave",
        "deliveries": deliveries,
        "kinds": _TITLES.items(),
        "manages": manages,
        "form": _form(request, campaign) if manages else None,
        "may_keep_tokens": manages and (request.user.is_staff or request.user.is_superuser),
        "server": GLOBAL_SERVER,
        "teams": request.user.teams.order_by("name") if manages else [],
    }
    return render(request, "cave_sync/cave.html", context)


def shown(delivery: Delivery) -> Shown:
    """With its counts and its last run."""
    counts = counts_of(delivery)
    failed = list(failed_rows(delivery, _FAILED_SHOWN)) if counts.failed else []
    title = _TITLES[Kind(delivery.kind)]
    columns, rows = _found_rows(delivery)
    run, pull = latest_run(delivery), latest_pull(delivery)
    return Shown(delivery, title, counts, run, failed, pull, columns, rows)


def _found_rows(delivery: Delivery) -> tuple[list[str], list[list[str]]]:
    """The rows that a dry run shows, with the names of their columns."""
    rows = delivery.found.get("rows", [])
    names = list(rows[0]["values"]) if rows else []
    cells = [
        [str(row["source_id"]), row["state"], *(_cell(row["values"][name]) for name in names)]
        for row in rows
    ]
    return ["Synapse", "Is", *names], cells


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else f"{value}"


def _form(request: PersonRequest, campaign: Campaign) -> dict[str, Any] | None:
    """What the form shows; None where none is wanted."""
    delivery, text = None, request.GET.get("change", "")
    if text.isascii() and text.isdigit() and len(text) < 19:
        delivery = delivery_of(campaign, int(text))
    word = delivery.kind if delivery is not None else request.GET.get("new", "")
    if word not in list(Kind):
        return None
    kind = Kind(word)
    names = [*cave_secrets_for(request.user).values_list("name", flat=True)]
    if delivery is not None and delivery.secret.name not in names:
        names.append(delivery.secret.name)
    size = campaign.table.resolution
    return {
        "delivery": delivery,
        "kind": kind.value,
        "title": _TITLES[kind],
        "secrets": names,
        "server": delivery.server if delivery else GLOBAL_SERVER,
        "schema": delivery.schema if delivery else USUAL_SCHEMA[kind],
        "schemas": _schemas(kind, delivery),
        "resolution": zip("xyz", delivery.resolution if delivery else tuple(size), strict=True),
        "taken": [
            (one.value, words, delivery is None or one.value in delivery.taken)
            for one, words in _TAKEN.items()
        ],
        "sources": [(one.value, words) for one, words in _SOURCES.items()],
        "categories": _categories(campaign, kind, delivery),
    }


def _schemas(kind: Kind, delivery: Delivery | None) -> list[dict[str, Any]]:
    """Of each schema that is offered: its fields with what fills them, and the words of labels."""
    fillings = delivery.fillings if delivery is not None else {}
    given = delivery.words if delivery is not None else {}
    found = []
    for name, fields in _SCHEMAS[kind].items():
        usual = USUAL_WORDS.get(_SAID_IN.get(name, ""), {}) if kind is Kind.VERDICTS else {}
        found.append(
            {
                "name": name,
                "fields": [(field, *_filling(fillings.get(field), field)) for field in fields],
                "words": [(label, given.get(label, word)) for label, word in usual.items()],
                "is_number": name == "reference_integer",
            }
        )
    return found


def _filling(given: dict[str, Any] | None, field: str) -> tuple[str, Any]:
    if given is not None:
        return given["source"], given.get("otherwise")
    return USUAL[field].source.value, USUAL[field].otherwise


def _categories(
    campaign: Campaign, kind: Kind, delivery: Delivery | None
) -> list[tuple[str, str, str]]:
    """Key, title and tag of each category that the campaign offers."""
    if kind is not Kind.CATEGORIES:
        return []
    words = delivery.words if delivery is not None else {}
    return [(one.key, one.title, words.get(one.key, one.key)) for one in categories_of(campaign)]
