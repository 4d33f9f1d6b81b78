"""Campaigns without voxels, and people who judge their pages through the services."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Item, Lease, Membership
from apps.campaigns.services.campaigns import let_people_in
from apps.campaigns.services.leasing import lease_page
from apps.campaigns.services.paging import make_pages
from apps.proofreading.domain import Label
from apps.proofreading.selectors import items_of_lease
from apps.proofreading.services.campaigns import open_campaign
from apps.proofreading.services.gold import NewGold, add_gold
from apps.proofreading.services.verdicts import NewVerdict, submit_page
from tests.support.datasets import make_empty_dataset

Answer = Callable[[Item], Label]


def paper_campaign(
    folder: Path,
    roles: Mapping[User, Membership.Role],
    *,
    instances: int = 24,
    page_size: int = 6,
    name: str = "On paper",
    centers: Callable[[int], tuple[int, int, int]] = lambda n: (100 + 10 * n, 200, 300),
    gold: Mapping[int, Label] | None = None,
    **changes: Any,
) -> Campaign:
    """An open campaign; `changes` are put into its row before its pages are made, and before
    that the instances of `gold` become gold."""
    places = [_row(centers(number)) for number in range(instances)]
    table = make_empty_dataset(folder / name.replace(" ", "-"), places, name=name)
    campaign = open_campaign(name, table, roles, page_size=page_size)
    Campaign.objects.filter(pk=campaign.pk).update(**changes)
    if gold:
        Campaign.objects.filter(pk=campaign.pk).update(status=Campaign.Status.DRAFT)
        rows = [NewGold(f"row {n}", n, label, f"see {n}") for n, label in gold.items()]
        add_gold(campaign, rows, None, timezone.now())
        Campaign.objects.filter(pk=campaign.pk).update(status=Campaign.Status.PREPARING)
    make_pages(campaign.pk)
    let_people_in(campaign.pk)
    campaign.refresh_from_db()
    return campaign


def _row(center: tuple[int, int, int]) -> dict[str, int]:
    x, y, z = center
    points = {"pre_pt": (x - 5, y, z), "post_pt": (x + 5, y, z)}
    row = {f"{name}_{a}": v for name, at in points.items() for a, v in zip("xyz", at, strict=True)}
    return row | {"x": x, "y": y, "z": z, "pre_neuron_id": 1, "post_neuron_id": 2}


def always(label: Label) -> Answer:
    return lambda item: label


def judge(lease: Lease, answer: Answer, now: datetime | None = None) -> None:
    """Judge every item of a leased page and submit it."""
    at = now or timezone.now()
    verdicts = [
        NewVerdict(key=uuid.uuid4(), item_id=item.pk, label=answer(item), made_at=at)
        for item in items_of_lease(lease)
    ]
    submit_page(lease, verdicts, {one.item_id: one.label for one in verdicts}, at)


def work(campaign: Campaign, user: User, answer: Answer | None = None) -> int:
    """Lease and submit pages until there is none for this person; how many. All correct unless
    `answer` says otherwise."""
    done = 0
    while lease := lease_page(campaign, user, timezone.now()).lease:
        judge(lease, answer or always(Label.CORRECT))
        done += 1
    return done
