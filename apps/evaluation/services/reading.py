"""Read the verdicts of a campaign into arrays: some tens of bytes a verdict, so that millions fit
into the memory of a worker. Rows come through a cursor of the server, a part at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from apps.campaigns.models import Campaign, Page
from apps.evaluation.domain.pace import Events
from apps.evaluation.domain.votes import LABELS, STATES, Ints, Items, Votes
from apps.evaluation.selectors import decided_at
from apps.proofreading.domain import Label
from apps.proofreading.models import GoldAnswer, Verdict, VerdictCategory
from apps.proofreading.selectors.votes import counting_verdicts, latest_of_each

_PART = 20_000
_LABEL = {label: number for number, label in enumerate(LABELS)}
_STATE = {state: number for number, state in enumerate(STATES)}
_NOT_VOTES = (Page.Kind.ADJUDICATION, Page.Kind.TRAINING)


@dataclass(frozen=True)
class GoldVotes:
    """The answers of people on gold items, with the answer that is right; label indices."""

    person: Ints
    truth: Ints
    said: Ints


def read_votes(campaign: Campaign) -> Votes:
    """The votes of annotators: what experts adjudicated, gold and training are none."""
    votes = counting_verdicts().filter(item__campaign=campaign, item__sheet__isnull=False)
    latest = latest_of_each(votes.exclude(lease__page__kind__in=_NOT_VOTES))
    rows = latest.values_list("pk", "item_id", "user_id", "label", decided_at())
    array = _array(
        (
            (pk, item, user, _LABEL[label], at.timestamp())
            for pk, item, user, label, at in _in(rows)
        ),
        "i8 i8 i8 i8 f8",
    )
    return Votes(*_columns(array))


def read_items(campaign: Campaign) -> Items:
    """Every item that is no gold, with where it stands."""
    rows = (
        campaign.items.filter(sheet__isnull=False)
        .order_by("pk")
        .values_list(
            "pk",
            "settlement__state",
            "settlement__label",
            "settlement__votes",
            "settlement__by_expert",
            "settlement__settled_at",
            "instance__center_x",
            "instance__center_y",
            "instance__center_z",
        )
    )
    array = _array(map(_item, _in(rows)), "i8 i8 i8 i8 ? f8 f8 f8 f8")
    item, state, label, votes, by_expert, settled_at, x, y, z = _columns(array)
    resolution = campaign.table.resolution
    nm = np.stack([x, y, z], axis=1) * (resolution.x, resolution.y, resolution.z)
    return Items(item, state, label, votes, by_expert, settled_at, nm)


def _item(row: tuple[Any, ...]) -> tuple[Any, ...]:
    pk, state, label, votes, by_expert, settled_at, *center = row
    if state is None:
        return (pk, _STATE["unjudged"], -1, 0, False, np.nan, *center)
    at = settled_at.timestamp()
    return (pk, _STATE[state], _LABEL[label], votes, by_expert, at, *center)


def read_events(campaign: Campaign) -> Events:
    """Every verdict that was ever made, gold and adjudication too: all of it is work."""
    rows = Verdict.objects.filter(item__campaign=campaign).values_list(
        "user_id", "lease_id", "item_id", "pk", decided_at(), "lease__leased_at"
    )
    array = _array(
        ((*ids, at.timestamp(), since.timestamp()) for *ids, at, since in _in(rows)),
        "i8 i8 i8 i8 f8 f8",
    )
    return Events(*_columns(array))


def read_named(campaign: Campaign) -> dict[int, list[str]]:
    """The keys of the kinds of error that each verdict names, by its id."""
    rows = VerdictCategory.objects.filter(category__campaign=campaign)
    named: dict[int, list[str]] = {}
    for verdict, key in _in(rows.order_by("pk").values_list("verdict_id", "category__key")):
        named.setdefault(verdict, []).append(key)
    return named


def read_decisions(campaign: Campaign) -> dict[int, int]:
    """The verdicts by which experts called items incorrect, by item; the latest of each item."""
    decided = counting_verdicts().filter(
        item__campaign=campaign, lease__page__kind=Page.Kind.ADJUDICATION
    )
    rows = latest_of_each(decided).values_list("pk", "item_id", "label")
    latest = {item: (pk, label) for pk, item, label in sorted(_in(rows))}
    return {item: pk for item, (pk, label) in latest.items() if label == Label.INCORRECT}


def read_gold(campaign: Campaign) -> GoldVotes:
    """The latest answers of each person on each gold item."""
    answers = dict(
        GoldAnswer.objects.filter(item__campaign=campaign).values_list("item_id", "label")
    )
    latest = latest_of_each(counting_verdicts().filter(item__in=list(answers)))
    rows = latest.values_list("user_id", "item_id", "label")
    array = _array(
        ((user, _LABEL[answers[item]], _LABEL[label]) for user, item, label in _in(rows)),
        "i8 i8 i8",
    )
    return GoldVotes(*_columns(array))


def read_submitted(campaign: Campaign) -> tuple[int, Any, Any]:
    """How many pages there are; of those submitted, when (seconds since 1970) and by whom. Training
    is no progress, here as wherever pages are counted."""
    pages = campaign.pages.exclude(kind=Page.Kind.TRAINING)
    done = pages.filter(submitted_at__isnull=False).order_by("submitted_at")
    rows = done.values_list("submitted_at", "lease__user_id")
    array = _array(((at.timestamp(), user) for at, user in _in(rows)), "f8 i8")
    return pages.count(), *_columns(array)


def _in(rows: Any) -> Iterator[Any]:
    """The rows of a query, a part at a time."""
    return iter(rows.iterator(chunk_size=_PART))


def _array(rows: Iterable[tuple[Any, ...]], kinds: str) -> Any:
    """Rows as an array with a field a column, without a list of them in between."""
    dtype = np.dtype([(f"c{n}", kind) for n, kind in enumerate(kinds.split())])
    return np.fromiter(rows, dtype=dtype)


def _columns(array: Any) -> list[Any]:
    return [np.ascontiguousarray(array[name]) for name in array.dtype.names]
