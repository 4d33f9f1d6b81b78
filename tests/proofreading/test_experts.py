"""Experts judge blind; how often they overturn a majority is told by kind of error."""

from __future__ import annotations

import uuid
from pathlib import Path
from random import Random

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Item, Membership, Page
from apps.campaigns.services.leasing import lease_page
from apps.proofreading.domain import Label
from apps.proofreading.models import GoldPolicy
from apps.proofreading.page_frames import as_held, page_frame
from apps.proofreading.selectors import items_of_lease
from apps.proofreading.selectors.overturns import overturns
from apps.proofreading.services.handing import hand_page
from apps.proofreading.services.settling import count_submitted
from apps.proofreading.services.verdicts import NewVerdict, submit_page
from apps.voxels.frames import decode_frames
from tests.support.paper import paper_campaign
from tests.support.people import Team

pytestmark = pytest.mark.django_db

C, I, U = Label.CORRECT, Label.INCORRECT, Label.UNSURE  # noqa: E741 - short in tables of labels
ROLE = Membership.Role
Answer = tuple[Label, tuple[str, ...]]


@pytest.fixture
def judges(team: Team) -> list[User]:
    return [team.anna, team.ben, team.outsider]


@pytest.fixture
def expert(team: Team) -> User:
    return User.objects.create(username="ella")


@pytest.fixture
def disputed(tmp_path: Path, team: Team, judges: list[User], expert: User) -> Campaign:
    """Six instances, three votes on each, and an expert who has been asked about all."""
    roles = {team.manager: ROLE.MANAGER, expert: ROLE.EXPERT} | dict.fromkeys(
        judges, ROLE.ANNOTATOR
    )
    campaign = paper_campaign(tmp_path, roles, instances=6, passes=3)
    table: list[list[Answer]] = [
        [(I, ("badFit",)), (I, ("badFit",)), (C, ())],  # upheld
        [(I, ("badFit",)), (I, ()), (C, ())],  # overturned
        [(C, ()), (C, ()), (I, ("falsePositive",))],  # overturned, the expert names another
        [(C, ()), (C, ()), (U, ())],  # upheld, no kind
        [(I, ("falsePositive",)), (C, ()), (U, ())],  # nothing to overturn
        [(C, ()), (C, ()), (C, ())],  # upheld
    ]
    for number, judge in enumerate(judges):
        say(campaign, judge, [votes[number] for votes in table])
    Page.objects.create(
        campaign=campaign, number=90, rank=-1, kind=Page.Kind.ADJUDICATION
    ).items.set(Item.objects.filter(campaign=campaign))
    return campaign


def say(campaign: Campaign, user: User, answers: list[Answer]) -> None:
    lease = lease_page(campaign, user, timezone.now()).lease
    assert lease is not None
    now = timezone.now()
    verdicts = [
        NewVerdict(uuid.uuid4(), item.pk, label, now, categories=kinds)
        for item, (label, kinds) in zip(items_of_lease(lease), answers, strict=True)
    ]
    submit_page(lease, verdicts, {one.item_id: one.label for one in verdicts}, now)


def decide(campaign: Campaign, expert: User) -> None:
    decisions: list[Answer] = [
        (I, ("badFit",)),
        (C, ()),
        (I, ("polaritySwitch",)),
        (C, ()),
        (I, ("falsePositive",)),
        (C, ()),
    ]
    say(campaign, expert, decisions)


def test_overturns_are_counted_by_kind_of_error(disputed: Campaign, expert: User) -> None:
    assert overturns(disputed) == []
    decide(disputed, expert)
    found = {one.kind: one for one in overturns(disputed)}
    figures = {
        kind: (one.instances, one.overturned, one.undecided, one.rate)
        for kind, one in found.items()
    }
    assert figures == {
        "falsePositive": (1, 0, 1, None),
        "badFit": (2, 1, 0, 0.5),
        "polaritySwitch": (1, 1, 0, 1.0),
        "": (2, 0, 0, 0.0),
    }
    assert found["badFit"].decisions == {(I, I): 1, (I, C): 1}
    assert found["badFit"].title == "Mask does not fit"


def test_an_expert_who_is_unsure_overturns_nobody(disputed: Campaign, expert: User) -> None:
    decisions: list[Answer] = [(U, ()), (C, ()), (U, ()), (C, ()), (U, ()), (U, ())]
    say(disputed, expert, decisions)
    found = {one.kind: (one.overturned, one.undecided, one.rate) for one in overturns(disputed)}
    assert found == {
        "badFit": (1, 1, 1.0),  # of two, one could not be told
        "falsePositive": (0, 2, None),
        "": (0, 1, 0.0),
    }


def test_an_expert_sees_no_votes(disputed: Campaign, expert: User) -> None:
    GoldPolicy.objects.create(campaign=disputed, rate=0.5, floor=0.5)
    handed = hand_page(disputed, expert, timezone.now(), Random(1))
    assert handed.lease is not None
    items = items_of_lease(handed.lease)
    keys = [str(item.pk) for item in items]
    frame = next(decode_frames(page_frame(disputed, handed.lease, items, keys, as_held(handed))))
    tiles = frame.header["tiles"]
    assert set(tiles[0]) == {
        *("item", "position", "cutout", "label", "judged", "verdict", "locked", "source_id"),
        *("categories", "note"),
    }
    assert [(tile["categories"], tile["note"]) for tile in tiles] == [([], "")] * len(tiles)
    assert {(t["label"], t["judged"], t["verdict"], t["locked"]) for t in tiles} == {
        ("correct", False, None, None)
    }
    said = str(frame.header)
    for name in ("anna", "ben", "outsider", "votes", "settle", "p_correct"):
        assert name not in said


def test_what_the_expert_says_settles(disputed: Campaign, expert: User) -> None:
    decide(disputed, expert)
    count_submitted(timezone.now())
    settled = [item.settlement for item in disputed.items.order_by("position")]
    assert [(one.label, one.by_expert) for one in settled] == [
        (label, True) for label in (I, C, I, C, I, C)
    ]
