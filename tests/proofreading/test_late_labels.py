"""What comes late stands behind what the same person said in time, wherever votes are read."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Item, Lease, Membership, Page
from apps.campaigns.services.holding import StaleLeaseError
from apps.campaigns.services.leasing import lease_page
from apps.campaigns.services.life import change_status
from apps.evaluation.domain.votes import LABELS
from apps.evaluation.services.reading import read_gold, read_votes
from apps.proofreading.domain import Label, Rule
from apps.proofreading.models import AnnotatorRates, GoldPolicy, Settlement, SettlingPolicy
from apps.proofreading.selectors import items_of_lease, settled_items
from apps.proofreading.selectors.gold import Tally, gold_report, training_score
from apps.proofreading.selectors.overturns import overturns
from apps.proofreading.services.asking import ask_where_needed
from apps.proofreading.services.handing import hand_page
from apps.proofreading.services.measuring import measure_people
from apps.proofreading.services.settling import count_submitted
from apps.proofreading.services.verdicts import NewVerdict, record_verdicts
from tests.support.paper import always, judge, paper_campaign, work
from tests.support.people import Team
from tests.support.work import client_of, post, verdict

pytestmark = pytest.mark.django_db

C, I = Label.CORRECT, Label.INCORRECT  # noqa: E741 - short in tables of labels
ROLE = Membership.Role


def take(campaign: Campaign, user: User) -> Lease:
    handed = lease_page(campaign, user, timezone.now()).lease
    assert handed is not None
    return handed


def say_late(lease: Lease, items: Iterable[Item], label: Label) -> None:
    now = timezone.now()
    said = [NewVerdict(uuid.uuid4(), item.pk, label, now) for item in items]
    with pytest.raises(StaleLeaseError):
        record_verdicts(lease, said, now)


def states() -> list[tuple[str, str, int]]:
    return list(Settlement.objects.order_by("pk").values_list("state", "label", "votes"))


def roles_of(team: Team) -> dict[User, Membership.Role]:
    annotators = dict.fromkeys([team.anna, team.ben], ROLE.ANNOTATOR)
    return {team.manager: ROLE.MANAGER} | annotators


def test_who_reads_the_answers_of_a_training_cannot_pass_with_them(
    tmp_path: Path, team: Team
) -> None:
    gold = dict.fromkeys(range(8), I)
    campaign = paper_campaign(
        tmp_path, roles_of(team), instances=14, gold=gold, needs_training=True
    )
    GoldPolicy.objects.create(
        campaign=campaign, training_items=8, pass_mark=0.8, gives_feedback=True
    )
    browser = client_of(team.anna)

    def submit(label: str) -> tuple[str, Any]:
        held = hand_page(campaign, team.anna, timezone.now(), Random(1)).lease
        assert held is not None
        verdicts = [verdict(item.pk, label) for item in items_of_lease(held)]
        body = {"verdicts": verdicts, "labels": {one["item"]: label for one in verdicts}}
        answer = post(browser, f"/api/leases/{held.token}/submit", body)
        assert answer.status_code == 200, answer.content
        return str(held.token), answer.json()

    token, told = submit("correct")
    truths = [verdict(one["item"], one["truth"]) for one in told["feedback"]]
    late = post(browser, f"/api/leases/{token}/verdicts", {"verdicts": truths})
    assert late.status_code == 409
    _, told = submit("incorrect")
    assert (told["training"]["right"], told["training"]["passed"]) == (2, False)
    assert not Membership.objects.filter(user=team.anna, qualified_at__isnull=False).exists()
    assert gold_report(campaign).people[team.anna.pk][I] == Tally(shown=8, judged=8, right=2)
    last = Lease.objects.filter(user=team.anna).latest("pk")
    score = training_score(last)
    assert score is not None
    assert score.right == 2
    answers = read_gold(campaign)
    assert np.count_nonzero(answers.said == answers.truth) == 2


def test_ones_own_late_labels_change_no_figure(tmp_path: Path, team: Team) -> None:
    campaign = paper_campaign(tmp_path, roles_of(team), instances=6, passes=2)
    SettlingPolicy.objects.update_or_create(
        campaign=campaign, defaults={"rule": Rule.DAWID_SKENE, "most_votes": 2}
    )
    held = take(campaign, team.anna)
    judge(held, always(C))
    work(campaign, team.ben, always(C))
    count_submitted(timezone.now())
    measure_people(timezone.now())
    rates = dict(AnnotatorRates.objects.values_list("user", "rates"))
    settled = states()

    say_late(held, items_of_lease(held), I)

    assert count_submitted(timezone.now()) == 1
    measure_people(timezone.now())
    assert dict(AnnotatorRates.objects.values_list("user", "rates")) == rates
    assert states() == settled
    assert {LABELS[label] for label in read_votes(campaign).label} == {C}
    assert {one.label for one in settled_items(campaign)} == {C}


def test_a_late_decision_of_an_expert_decides_and_overturns_nothing(
    tmp_path: Path, team: Team
) -> None:
    roles = roles_of(team) | {team.outsider: ROLE.EXPERT}
    campaign = paper_campaign(tmp_path, roles, instances=6, passes=2)
    work(campaign, team.anna, always(C))
    work(campaign, team.ben, lambda item: I if item.position < 2 else C)
    count_submitted(timezone.now())
    slow = take(campaign, team.outsider)
    assert slow.page.kind == Page.Kind.ADJUDICATION
    second = User.objects.create(username="ella")
    Membership.objects.create(campaign=campaign, user=second, role=ROLE.EXPERT)
    Page.objects.filter(pk=slow.page_id).update(held_until=timezone.now())
    judge(take(campaign, second), always(C))
    say_late(slow, items_of_lease(slow), I)
    count_submitted(timezone.now())
    assert set(Settlement.objects.filter(by_expert=True).values_list("label", flat=True)) == {C}
    (told,) = overturns(campaign)
    assert set(told.decisions) == {(Label.UNSURE, C)}


def test_what_is_archived_stays_as_it_is(tmp_path: Path, team: Team) -> None:
    campaign = paper_campaign(tmp_path, roles_of(team), instances=6, passes=1)
    slow = take(campaign, team.anna)
    Page.objects.update(held_until=timezone.now())
    judge(take(campaign, team.ben), always(Label.UNSURE))
    for status in (Campaign.Status.CLOSED, Campaign.Status.ARCHIVED):
        change_status(campaign, status, team.manager, timezone.now())
    assert count_submitted(timezone.now()) == 1, "it was submitted before"
    settled = states()
    assert len(settled) == 6
    say_late(slow, items_of_lease(slow), I)
    assert count_submitted(timezone.now()) == 0
    assert ask_where_needed() == 0
    assert states() == settled


def test_a_late_label_on_gold_counts_where_nothing_was_said_in_time(
    tmp_path: Path, team: Team
) -> None:
    campaign = paper_campaign(
        tmp_path, roles_of(team), instances=8, gold=dict.fromkeys(range(2), I)
    )
    GoldPolicy.objects.create(campaign=campaign, rate=0.25, floor=0.25)
    slow = hand_page(campaign, team.anna, timezone.now(), Random(1)).lease
    assert slow is not None
    Page.objects.update(held_until=timezone.now())
    judge(take(campaign, team.ben), always(C))
    say_late(slow, [one for one in items_of_lease(slow) if one.sheet is None], I)
    assert gold_report(campaign).people[team.anna.pk][I] == Tally(shown=2, judged=2, right=2)
