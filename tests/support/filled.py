"""A campaign on which a team has worked for weeks, without voxels: for figures and pictures.

Twenty simulated people of known quality and speed work on weekdays from eight to five; errors lie
in two clusters. Rows are written in bulk, as the services would have written them.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.db import connection

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Item, Lease, Membership, Page, Visit
from apps.campaigns.services.leasing import lease_page
from apps.proofreading.domain import CANNOT_JUDGE, Label
from apps.proofreading.models import (
    ErrorCategory,
    GoldAnswer,
    GoldExposure,
    Verdict,
    VerdictCategory,
)
from apps.proofreading.services.asking import request_more_votes
from apps.proofreading.services.settling import settle_items
from tests.support.paper import judge, paper_campaign

ROLE = Membership.Role
NAMES = (
    *("Ada Lovelace", "Ben Okafor", "Chiara Conti", "Dmitri Volkov", "Elif Demir"),
    *("Farah Haddad", "Goran Babić", "Hana Suzuki", "Ines Moreau", "Jonas Weber"),
    *("Keiko Tanaka", "Luis Ortega", "Mina Park", "Noor Khan", "Olga Nowak"),
    *("Pavel Novák", "Quynh Tran", "Rosa Silva", "Sven Lind", "Tariq Aziz"),
)
CLUSTERS = ((260, 300, 300), (760, 640, 800))  # voxels
RADIUS = 240
WORK_A_WEEK = 5 * 9 / (7 * 24)
_SETTLED_WHEN_VOTED = """
UPDATE proofreading_settlement s SET settled_at = voted.at FROM (
    SELECT v.item_id, max(l.ended_at) AS at FROM proofreading_verdict v
    JOIN campaigns_lease l ON l.id = v.lease_id
    JOIN campaigns_item i ON i.id = v.item_id
    WHERE i.campaign_id = %s AND l.ended_at IS NOT NULL GROUP BY v.item_id
) voted WHERE s.item_id = voted.item_id
"""


@dataclass
class Worker:
    """A simulated annotator; rates are how often a class is seen as what it is."""

    user: User
    sensitivity: float  # of what is incorrect
    specificity: float  # of what is correct
    seconds: float  # for a decision
    worsens: bool  # after two thirds of the time
    clock: datetime  # when they can begin their next page
    visited: set[int] = field(default_factory=set)
    tested: set[int] = field(default_factory=set)  # the gold that they have been shown


@dataclass
class Filled:
    campaign: Campaign
    manager: User
    expert: User
    workers: list[Worker]
    truth: Mapping[int, Label]  # by item


def fill_campaign(
    folder: Path,
    *,
    now: datetime,
    instances: int = 1200,
    people: int = 20,
    passes: int = 3,
    days: int = 24,
    done: float = 0.86,
    page_size: int = 12,
    name: str = "Hippocampus CA3, first pass",
    seed: int = 7,
) -> Filled:
    """The campaign; `done` is the share of its pages that are submitted by `now`."""
    dice = random.Random(seed)
    manager, expert = _user("manager", "Maria Rossi"), _user("expert", "Erik Holm")
    users = [_user(f"person{n}", NAMES[n % len(NAMES)]) for n in range(people)]
    roles = dict.fromkeys(users, ROLE.ANNOTATOR)
    centers = [_center(dice) for _ in range(instances)]
    campaign = paper_campaign(
        folder,
        {manager: ROLE.MANAGER, expert: ROLE.EXPERT} | roles,
        instances=instances,
        page_size=page_size,
        name=name,
        centers=lambda n: centers[n],
        passes=passes,
        order=Campaign.Order.SPATIAL,
    )
    begin = (now - timedelta(days=days)).replace(hour=8, minute=0, second=0, microsecond=0)
    workers = [_worker(user, n, begin, dice) for n, user in enumerate(users)]
    items = list(campaign.items.select_related("instance"))
    truth = {item.pk: _truth(item, dice) for item in items}
    _make_gold(campaign, truth, page_size)
    _work(campaign, workers, truth, begin, now, done, dice)
    filled = Filled(campaign, manager, expert, workers, truth)
    _settle(filled, now)
    _adjudicate(filled, now)
    for worker in dice.sample(workers, min(4, people)):
        lease_page(campaign, worker.user, now - timedelta(minutes=dice.randint(1, 9)))
    return filled


def _user(username: str, full_name: str) -> User:
    first, last = full_name.split(" ", 1)
    user, _ = User.objects.get_or_create(
        username=username, defaults={"first_name": first, "last_name": last}
    )
    return user


def _center(dice: random.Random) -> tuple[int, int, int]:
    x, y, z = (dice.randint(20, 1000) for _ in range(3))
    return x, y, z


def _worker(user: User, number: int, begin: datetime, dice: random.Random) -> Worker:
    is_poor = number % 10 == 9
    return Worker(
        user=user,
        sensitivity=0.62 if is_poor else dice.uniform(0.8, 0.96),
        specificity=0.85 if is_poor else dice.uniform(0.93, 0.99),
        seconds=dice.uniform(3.0, 11.0),
        worsens=number % 10 == 4,
        clock=_at_work(begin + timedelta(minutes=dice.randint(0, 120))),
    )


def _truth(item: Item, dice: random.Random) -> Label:
    center = (item.instance.center_x, item.instance.center_y, item.instance.center_z)
    near = any(
        sum((a - b) ** 2 for a, b in zip(center, cluster, strict=True)) < RADIUS**2
        for cluster in CLUSTERS
    )
    return Label.INCORRECT if dice.random() < (0.65 if near else 0.06) else Label.CORRECT


def _make_gold(campaign: Campaign, truth: Mapping[int, Label], page_size: int) -> None:
    """The last sheet becomes gold: its items are on no page of their own."""
    sheet = campaign.items.order_by("-sheet").values_list("sheet", flat=True)[0]
    campaign.pages.filter(sheets=[sheet]).delete()
    gold = list(campaign.items.filter(sheet=sheet)[:page_size])
    campaign.items.filter(sheet=sheet).update(sheet=None)
    GoldAnswer.objects.bulk_create(GoldAnswer(item=item, label=truth[item.pk]) for item in gold)


def _work(
    campaign: Campaign,
    workers: Sequence[Worker],
    truth: Mapping[int, Label],
    begin: datetime,
    now: datetime,
    done: float,
    dice: random.Random,
) -> None:
    """Whoever is free first takes the next page that they have not visited."""
    pages = list(campaign.pages.order_by("rank", "number").prefetch_related("items"))
    gold = list(campaign.items.filter(sheet=None).order_by("pk"))
    pages = pages[: int(len(pages) * done)]
    worked = (now - begin) * WORK_A_WEEK
    pause = 0.9 * worked * len(workers) / max(1, len(pages))
    leases, verdicts = [], []
    for page in pages:
        free = sorted(workers, key=lambda worker: worker.clock)
        worker = next(one for one in free if page.sheets[0] not in one.visited)
        worker.visited.add(page.sheets[0])
        at = worker.clock
        items = [*page.items.all(), *_gold_for(worker, gold, dice)]
        lease = Lease(page=page, user=worker.user, token=uuid.uuid4(), leased_at=at)
        said = list(_judge(lease, worker, items, truth, (at - begin) / (now - begin), dice))
        lease.ended_at, lease.ending = said[-1].made_at, Lease.Ending.SUBMITTED
        worker.clock = _after_work(lease.ended_at, pause * dice.expovariate(1.0))
        leases.append(lease)
        verdicts += said
    too_late = {id(lease) for lease in leases if lease.ended_at and lease.ended_at > now}
    leases = [lease for lease in leases if id(lease) not in too_late]
    verdicts = [verdict for verdict in verdicts if id(verdict.lease) not in too_late]
    _write(campaign, leases, verdicts, dice)


def _gold_for(worker: Worker, gold: Sequence[Item], dice: random.Random) -> list[Item]:
    """One now and then, and never the same for a person again."""
    new = [item for item in gold if item.pk not in worker.tested]
    if not new or dice.random() >= 0.15:
        return []
    chosen = dice.choice(new)
    worker.tested.add(chosen.pk)
    return [chosen]


def _at_work(at: datetime) -> datetime:
    """The next moment at which people work."""
    while at.weekday() >= 5 or not 8 <= at.hour < 17:
        at = (at + timedelta(hours=1)).replace(minute=at.minute // 7, second=at.second)
    return at


def _after_work(at: datetime, work: timedelta) -> datetime:
    """So much time of work later."""
    at = _at_work(at)
    evening = at.replace(hour=17, minute=0, second=0)
    while work > evening - at:
        work -= evening - at
        at = _at_work(evening)
        evening = at.replace(hour=17, minute=0, second=0)
    return at + work


def _judge(
    lease: Lease,
    worker: Worker,
    items: Sequence[Item],
    truth: Mapping[int, Label],
    time: float,
    dice: random.Random,
) -> Iterator[Verdict]:
    """What is not correct is clicked in passing; the rest is as it is when the page is done."""
    at, silent = lease.leased_at, []
    worse = 0.18 if worker.worsens and time > 0.66 else 0.0
    for item in items:
        at += timedelta(seconds=dice.expovariate(1 / worker.seconds) + 0.4)
        label = _label(truth[item.pk], worker, worse, dice)
        if label is Label.CORRECT:
            silent.append(item)
        else:
            yield _verdict(lease, item, label, at)
    if dice.random() < 0.06:
        at += timedelta(minutes=dice.randint(20, 40))  # lunch, with the page open
    at += timedelta(seconds=1)
    for item in silent:
        yield _verdict(lease, item, Label.CORRECT, at)
    if not silent:
        lease.ended_at = at


def _label(truth: Label, worker: Worker, worse: float, dice: random.Random) -> Label:
    if dice.random() < 0.03:
        return Label.UNSURE
    right = worker.sensitivity if truth is Label.INCORRECT else worker.specificity
    if dice.random() < right - worse:
        return truth
    return Label.CORRECT if truth is Label.INCORRECT else Label.INCORRECT


def _verdict(lease: Lease, item: Item, label: Label, at: datetime) -> Verdict:
    return Verdict(
        item=item, lease=lease, user=lease.user, key=uuid.uuid4(), label=label, made_at=at
    )


def _write(
    campaign: Campaign, leases: list[Lease], verdicts: list[Verdict], dice: random.Random
) -> None:
    Lease.objects.bulk_create(leases)
    pages = []
    for lease in leases:
        lease.page.lease, lease.page.submitted_at = lease, lease.ended_at
        pages.append(lease.page)
    Page.objects.bulk_update(pages, ["lease", "submitted_at"], batch_size=500)
    Visit.objects.bulk_create(
        Visit(campaign=campaign, user=lease.user, sheet=lease.page.sheets[0]) for lease in leases
    )
    rows = Verdict.objects.bulk_create(verdicts, batch_size=5000)
    GoldExposure.objects.bulk_create(
        GoldExposure(lease=row.lease, item=row.item, user=row.user, place=campaign.page_size)
        for row in rows
        if row.item.sheet is None
    )
    kinds = list(ErrorCategory.objects.filter(campaign=campaign).exclude(key=CANNOT_JUDGE))
    VerdictCategory.objects.bulk_create(
        VerdictCategory(verdict=row, category=_kind(row.item_id, kinds, dice))
        for row in rows
        if row.label == Label.INCORRECT and dice.random() < 0.93
    )


def _kind(item: int, kinds: Sequence[ErrorCategory], dice: random.Random) -> ErrorCategory:
    """The same for most who look at an item."""
    usual = kinds[(0, 0, 0, 1, 1, 2)[item % 6]]
    return usual if dice.random() < 0.85 else dice.choice(kinds)


def _settle(filled: Filled, now: datetime) -> None:
    """As the jobs would have done page by page; then each at the time of its last vote."""
    campaign = filled.campaign
    items = set(
        campaign.items.filter(sheet__isnull=False, verdicts__isnull=False).values_list(
            "pk", flat=True
        )
    )
    settle_items(campaign.pk, items, now)
    campaign.pages.filter(submitted_at__isnull=False).update(counted_at=now)
    with connection.cursor() as cursor:
        cursor.execute(_SETTLED_WHEN_VOTED, [campaign.pk])
    request_more_votes(campaign.pk)


def _adjudicate(filled: Filled, now: datetime) -> None:
    """The expert decides half of the pages of disputed items."""
    campaign = filled.campaign
    waiting = campaign.pages.filter(kind=Page.Kind.ADJUDICATION, submitted_at=None)
    for _ in range((waiting.count() + 1) // 2):
        at = now - timedelta(hours=2)
        lease = lease_page(campaign, filled.expert, at).lease
        if lease is None or lease.page.kind != Page.Kind.ADJUDICATION:
            break
        judge(lease, lambda item: filled.truth[item.pk], at + timedelta(minutes=1))
        settle_items(campaign.pk, set(lease.page.items.values_list("pk", flat=True)), now)
        campaign.pages.filter(pk=lease.page_id).update(counted_at=now)


AT = datetime(2026, 5, 22, 15, 30, tzinfo=UTC)  # a Friday, on which tests look at it
