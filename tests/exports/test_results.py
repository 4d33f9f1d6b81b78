"""What an export says of instances that were judged more than once, or no longer are."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Lease, Membership
from apps.campaigns.services.assigning import judge_named, take_back_page
from apps.campaigns.services.holding import skip_page
from apps.campaigns.services.leasing import lease_page
from apps.exports.services.writing import synanno_pieces
from apps.proofreading.domain import Label
from apps.proofreading.selectors import items_of_lease, unjudged_count
from apps.proofreading.services.reopening import reopen_page
from apps.proofreading.services.settling import count_submitted
from apps.proofreading.services.verdicts import NewVerdict, record_verdicts, submit_page
from tests.support.paper import paper_campaign
from tests.support.people import Team

pytestmark = pytest.mark.django_db

C, I, U = Label.CORRECT, Label.INCORRECT, Label.UNSURE  # noqa: E741 - short in tables of labels
ROLE = Membership.Role
Answer = tuple[Label, tuple[str, ...], str]


@pytest.fixture
def carl(team: Team) -> User:
    return User.objects.create(username="carl")


def one_page(tmp_path: Path, team: Team, carl: User, passes: int = 1) -> Campaign:
    annotators = dict.fromkeys([team.anna, team.ben, carl], ROLE.ANNOTATOR)
    roles = {team.manager: ROLE.MANAGER, team.outsider: ROLE.EXPERT} | annotators
    return paper_campaign(tmp_path, roles, instances=6, passes=passes)


def take(campaign: Campaign, user: User) -> Lease:
    lease = lease_page(campaign, user, timezone.now()).lease
    assert lease is not None
    return lease


def verdicts_of(lease: Lease, said: Mapping[int, Answer]) -> list[NewVerdict]:
    """Of the instances by their position; the others are correct."""
    now = timezone.now()
    answers = [(item, said.get(item.position, (C, (), ""))) for item in items_of_lease(lease)]
    return [
        NewVerdict(uuid.uuid4(), item.pk, label, now, categories, note)
        for item, (label, categories, note) in answers
    ]


def say(campaign: Campaign, user: User, said: Mapping[int, Answer]) -> None:
    lease = take(campaign, user)
    verdicts = verdicts_of(lease, said)
    submit_page(lease, verdicts, {v.item_id: v.label for v in verdicts}, timezone.now())


def exported(campaign: Campaign) -> list[tuple[str, str]]:
    """The label and the description of the error of each instance."""
    records: list[dict[str, Any]] = json.loads("".join(synanno_pieces(campaign)))["Metadata"]
    return [(record["Label"], record["Error_Description"]) for record in records]


BAD_FIT: Answer = (I, ("badFit",), "torn")
SWAPPED: Answer = (I, ("polaritySwitch",), "")


def test_what_was_said_of_a_reopened_page_is_in_no_export(
    tmp_path: Path, team: Team, carl: User
) -> None:
    campaign = one_page(tmp_path, team, carl)
    say(campaign, team.anna, dict.fromkeys(range(6), BAD_FIT))
    count_submitted(timezone.now())
    assert exported(campaign) == [("incorrect", "badFit: torn")] * 6
    assert unjudged_count(campaign) == 0
    reopen_page(campaign, 1, None, team.manager, timezone.now())
    assert exported(campaign) == [("correct", "None")] * 6
    assert unjudged_count(campaign) == 6
    say(campaign, team.ben, {0: (I, (), "")})
    count_submitted(timezone.now())
    assert exported(campaign) == [("incorrect", "None")] + [("correct", "None")] * 5
    assert unjudged_count(campaign) == 0


def test_the_same_person_may_judge_a_reopened_page_otherwise(
    tmp_path: Path, team: Team, carl: User
) -> None:
    campaign = one_page(tmp_path, team, carl)
    say(campaign, team.anna, {0: BAD_FIT})
    count_submitted(timezone.now())
    anna = judge_named(campaign, "anna")
    reopen_page(campaign, 1, anna, team.manager, timezone.now())
    say(campaign, team.anna, {0: SWAPPED})
    count_submitted(timezone.now())
    assert exported(campaign)[0] == ("incorrect", "polaritySwitch")


@pytest.mark.parametrize("how", ["skipped", "taken back"])
def test_what_was_said_of_a_page_that_was_given_up_is_in_no_export(
    tmp_path: Path, team: Team, carl: User, how: str
) -> None:
    campaign, now = one_page(tmp_path, team, carl), timezone.now()
    lease = take(campaign, team.anna)
    record_verdicts(lease, verdicts_of(lease, {0: BAD_FIT}), now)
    assert exported(campaign)[0] == ("incorrect", "badFit: torn"), "so far"
    assert unjudged_count(campaign) == 0
    if how == "skipped":
        skip_page(lease, "", now)
    else:
        take_back_page(campaign, 1, team.manager, now)
    assert exported(campaign)[0] == ("correct", "None")
    assert unjudged_count(campaign) == 6


def test_a_kind_of_error_is_named_by_most_of_those_who_name_one(
    tmp_path: Path, team: Team, carl: User
) -> None:
    campaign = one_page(tmp_path, team, carl, passes=3)
    no_kind: Answer = (I, (), "")
    both: Answer = (I, ("badFit", "polaritySwitch"), "torn")
    say(campaign, team.anna, {0: BAD_FIT, 1: BAD_FIT, 2: both, 3: BAD_FIT, 4: BAD_FIT})
    say(campaign, team.ben, {0: no_kind, 1: SWAPPED, 2: SWAPPED, 3: BAD_FIT, 4: (C, (), "")})
    say(campaign, carl, {3: SWAPPED, 4: (U, ("falsePositive",), "a shadow")})
    count_submitted(timezone.now())
    assert exported(campaign) == [
        ("incorrect", "badFit: torn"),  # who names no kind says nothing against one
        ("incorrect", "torn"),  # two kinds, neither by most
        ("incorrect", "polaritySwitch: torn"),
        ("incorrect", "badFit: torn"),
        ("unsure", "falsePositive: a shadow"),  # no two agree, and it is unsure that they are
        ("correct", "None"),
    ]


def test_what_an_expert_decided_is_told_by_the_expert_alone(
    tmp_path: Path, team: Team, carl: User
) -> None:
    campaign = one_page(tmp_path, team, carl, passes=2)
    say(campaign, team.anna, {0: BAD_FIT, 1: BAD_FIT})
    say(campaign, team.ben, {})
    count_submitted(timezone.now())
    say(campaign, team.outsider, {0: (I, ("falsePositive",), "a shadow")})
    count_submitted(timezone.now())
    assert exported(campaign)[:2] == [("incorrect", "falsePositive: a shadow"), ("correct", "None")]


def test_a_label_of_a_page_that_is_not_submitted_adds_nothing_to_what_was_counted(
    tmp_path: Path, team: Team, carl: User
) -> None:
    campaign = one_page(tmp_path, team, carl, passes=3)
    say(campaign, team.anna, {0: BAD_FIT})
    count_submitted(timezone.now())
    lease = take(campaign, team.ben)
    record_verdicts(lease, verdicts_of(lease, {0: (I, ("badFit",), "a draft")}), timezone.now())
    assert exported(campaign)[0] == ("incorrect", "badFit: torn")
