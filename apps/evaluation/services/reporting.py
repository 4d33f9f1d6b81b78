"""Make the reports of a campaign. For workers: it needs numpy and loads every vote."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Count

from apps.campaigns.models import Campaign, Lease
from apps.evaluation.domain.accuracy import Share
from apps.evaluation.domain.agreement import measure_agreement
from apps.evaluation.domain.forecast import Forecast, ForecastState, forecast_end, votes_needed
from apps.evaluation.domain.kinds import count_kinds
from apps.evaluation.domain.pace import stretches_of
from apps.evaluation.domain.panels import Panel
from apps.evaluation.domain.places import clusters, density_maps
from apps.evaluation.domain.steps import DAY, WEEK, Steps, steps_over
from apps.evaluation.domain.votes import INCORRECT, SETTLED, Floats, Items, Votes
from apps.evaluation.models import Evaluation, Report
from apps.evaluation.selectors import people_of, state_of_verdicts
from apps.evaluation.services import bodies, reading
from apps.evaluation.services.asking import begin_making
from apps.evaluation.services.people import Work, annotators_body, pace_body
from apps.proofreading.models import AnnotatorRates
from apps.proofreading.selectors.overturns import overturns

# The forecast and the pace move on with time, also where nothing is submitted.
RENEWED_AFTER = timedelta(minutes=10)


@dataclass(frozen=True)
class _Read:
    """What the reports are made of."""

    campaign: Campaign
    people: list[dict[str, Any]]
    votes: Votes
    items: Items
    named: Mapping[int, list[str]]
    titles: Mapping[str, str]
    now: datetime


def make_reports(campaign_id: int, now: datetime) -> bool:
    """Make all reports of a campaign, unless they are as the verdicts are; whether they were made.

    Claimed in one transaction, computed outside any, written in another: two at once make them
    once, and making them again changes nothing.
    """
    campaign = Campaign.objects.select_related("table").filter(pk=campaign_id).first()
    if campaign is None or not begin_making(campaign_id, now):
        return False
    begun = time.monotonic()
    known = Evaluation.objects.get(pk=campaign_id)
    try:
        seen = state_of_verdicts(campaign)
        is_fresh = known.made_at is not None and now - known.made_at < RENEWED_AFTER
        if seen == known.seen and is_fresh:
            return False
        made = _bodies(campaign, now)
        _store(campaign, made, now, seen, time.monotonic() - begun)
    finally:
        Evaluation.objects.filter(pk=campaign_id, begun_at=now).update(begun_at=None)
    return True


@transaction.atomic
def _store(
    campaign: Campaign, made: Mapping[Panel, bodies.Body], now: datetime, seen: str, took_s: float
) -> None:
    Report.objects.bulk_create(
        [
            Report(campaign=campaign, kind=panel, made_at=now, body=body)
            for panel, body in made.items()
        ],
        update_conflicts=True,
        unique_fields=["campaign", "kind"],
        update_fields=["made_at", "body"],
    )
    Evaluation.objects.filter(pk=campaign.pk).update(made_at=now, took_s=took_s, seen=seen)


def _bodies(campaign: Campaign, now: datetime) -> dict[Panel, bodies.Body]:
    # Votes for what is no longer offered are shown, too: at the end.
    categories = sorted(campaign.error_categories.all(), key=lambda one: one.retired_at is not None)
    read = _Read(
        campaign=campaign,
        people=people_of(campaign),
        votes=reading.read_votes(campaign),
        items=reading.read_items(campaign),
        named=reading.read_named(campaign),
        titles={category.key: category.title for category in categories},
        now=now,
    )
    names = {person["user"]: person["name"] for person in read.people}
    return {
        Panel.PROGRESS: _progress(read),
        **_of_people(read),
        Panel.AGREEMENT: bodies.agreement_body(measure_agreement(read.votes), names),
        Panel.CATEGORIES: bodies.kinds_body(
            count_kinds(
                read.votes,
                read.items,
                read.named,
                read.titles,
                reading.read_decisions(campaign),
            ),
            read.titles,
        ),
        Panel.PLACES: _places(read),
        Panel.OVERTURNS: bodies.overturns_body(overturns(campaign)),
    }


def _progress(read: _Read) -> bodies.Body:
    pages, submitted, _ = reading.read_submitted(read.campaign)
    needed = votes_needed(read.items, read.campaign.passes)
    rng = np.random.default_rng(read.campaign.pk)  # the same votes give the same forecast
    now = read.now.timestamp()
    forecast = (
        forecast_end(read.votes.at, needed, now, rng)
        if len(read.items)
        else Forecast(ForecastState.EMPTY)
    )
    steps = steps_over(float(read.votes.at.min()), now) if len(read.votes) else None
    return bodies.progress_body(read.items, read.votes, submitted, pages, needed, forecast, steps)


def _of_people(read: _Read) -> dict[Panel, bodies.Body]:
    stretches = stretches_of(reading.read_events(read.campaign))
    _, _, submitters = reading.read_submitted(read.campaign)
    skips = Lease.objects.filter(page__campaign=read.campaign, ending=Lease.Ending.SKIPPED)
    rates = AnnotatorRates.objects.filter(campaign=read.campaign).values_list("user_id", "rates")
    work = Work(
        votes=read.votes,
        items=read.items,
        gold=reading.read_gold(read.campaign),
        stretches=stretches,
        pages=Counter(submitters.tolist()),
        skipped=Counter(dict(skips.values_list("user_id").annotate(n=Count("pk")))),
        rates=dict(rates),
    )
    return {
        Panel.PACE: pace_body(read.people, stretches, _days(stretches.at)),
        Panel.ANNOTATORS: annotators_body(read.people, work, _days_or_weeks(read.votes.at)),
    }


def _days(at: Floats) -> Steps | None:
    return steps_over(float(at.min()), float(at.max())) if len(at) else None


def _days_or_weeks(at: Floats) -> Steps | None:
    """Days for up to two weeks: figures of one person are few."""
    if not len(at):
        return None
    first, last = float(at.min()), float(at.max())
    return steps_over(first, last, DAY if last - first <= 14 * DAY else WEEK)


def _places(read: _Read) -> bodies.Body:
    items = read.items
    settled = items.state == SETTLED
    center_nm, is_error = items.center_nm[settled], items.label[settled] == INCORRECT
    return bodies.places_body(
        density_maps(center_nm, is_error, items.center_nm),
        clusters(center_nm, is_error),
        Share(int(is_error.sum()), int(settled.sum())),
        has_votes=len(read.votes) > 0,
    )
