"""Nothing that annotators are sent tells which items are gold, unless the campaign tells them."""

from __future__ import annotations

import csv
import io
import uuid
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Lease, Membership, Page
from apps.campaigns.services.holding import StaleLeaseError
from apps.evaluation.models import Evaluation
from apps.evaluation.services.reporting import RENEWED_AFTER, make_reports
from apps.proofreading.domain import Label, Redundancy, Rule
from apps.proofreading.models import AnnotatorRates, GoldExposure, GoldPolicy, SettlingPolicy
from apps.proofreading.page_frames import as_held, page_frame
from apps.proofreading.selectors import items_of_lease, label_counts
from apps.proofreading.selectors.gold import Tally, gold_report, gold_shown_in
from apps.proofreading.selectors.mine import my_pages
from apps.proofreading.services.handing import hand_page
from apps.proofreading.services.measuring import measure_people
from apps.proofreading.services.reopening import reopen_page
from apps.proofreading.services.revising import revise_verdicts
from apps.proofreading.services.settling import count_submitted
from apps.proofreading.services.verdicts import NewVerdict, submit_page
from apps.voxels.frames import decode_frames
from tests.support.paper import always, judge, paper_campaign
from tests.support.people import Team
from tests.support.work import client_of

pytestmark = pytest.mark.django_db

C, I, U = Label.CORRECT, Label.INCORRECT, Label.UNSURE  # noqa: E741 - short in tables of labels
ROLE = Membership.Role


def with_gold(tmp_path: Path, team: Team, *, gold: int = 6, **policy: Any) -> Campaign:
    """Two pages of six instances, with two of gold on each."""
    roles = {team.manager: ROLE.MANAGER, team.anna: ROLE.ANNOTATOR, team.ben: ROLE.ANNOTATOR}
    campaign = paper_campaign(
        tmp_path, roles, instances=12 + gold, gold=dict.fromkeys(range(gold), I)
    )
    GoldPolicy.objects.create(campaign=campaign, **{"rate": 0.25, "floor": 0.25} | policy)
    return campaign


def take(campaign: Campaign, user: User, seed: int = 1) -> Lease:
    lease = hand_page(campaign, user, timezone.now(), Random(seed)).lease
    assert lease is not None
    return lease


def source_ids(campaign: Campaign, user: User) -> list[str | None]:
    handed = hand_page(campaign, user, timezone.now(), Random(1))
    assert handed.lease is not None
    items = items_of_lease(handed.lease)
    keys = [str(item.position) for item in items]
    frame = next(decode_frames(page_frame(campaign, handed.lease, items, keys, as_held(handed))))
    return [tile["source_id"] for tile in frame.header["tiles"]]


def test_source_ids_are_told_only_where_there_is_no_gold(tmp_path: Path, team: Team) -> None:
    campaign = with_gold(tmp_path, team, rate=0, floor=0)
    assert source_ids(campaign, team.anna) == [str(number) for number in range(6, 12)]
    GoldPolicy.objects.update(training_items=3)
    assert source_ids(campaign, team.anna) == [None] * 6
    GoldPolicy.objects.update(training_items=0, rate=0.25, floor=0.25)
    assert source_ids(campaign, team.ben) == [None] * 8
    GoldPolicy.objects.update(rate=0, floor=0)
    assert source_ids(campaign, team.ben) == [None] * 8, "what was mixed in is still there"


def own_row(campaign: Campaign, user: User) -> dict[str, Any]:
    """What a person is told of themselves, as JSON; what the file holds is the same."""
    Evaluation.objects.filter(campaign=campaign).update(seen="")  # something has changed
    assert make_reports(campaign.pk, timezone.now() + RENEWED_AFTER)
    url = f"/api/campaigns/{campaign.pk}/evaluation/annotators"
    client = client_of(user)
    rows = {row["user"]: row for row in client.get(url).json()["people"]}
    file = csv.DictReader(io.StringIO(client.get(f"{url}.csv").content.decode()))
    for line in file:
        row = rows[int(line["user"])]
        assert line["gold_n"] == ("" if row["gold"]["n"] is None else str(row["gold"]["n"]))
        for label, n in row["said"].items():
            assert line[f"said_{label}"] == str(n)
    found: dict[str, Any] = rows[user.pk]
    return found


@pytest.mark.parametrize("is_gold", [True, False])
def test_a_label_that_is_changed_tells_not_whether_it_is_of_gold(
    tmp_path: Path, team: Team, is_gold: bool
) -> None:
    campaign = with_gold(tmp_path, team)
    lease = take(campaign, team.anna)
    judge(lease, always(C))
    shown = {"correct": 8, "incorrect": 0, "unsure": 0}
    assert label_counts(campaign, team.anna) == shown
    (page,) = my_pages(campaign, team.anna).pages
    assert {label.value: n for label, n in page.labels.items()} == shown
    before = own_row(campaign, team.anna)
    assert (before["said"], before["votes"]) == (shown, 8)
    item = next(item for item in items_of_lease(lease) if (item.sheet is None) == is_gold)
    revise_verdicts(lease, [NewVerdict(uuid.uuid4(), item.pk, I, timezone.now())])
    after = own_row(campaign, team.anna)
    changed = {"correct": 7, "incorrect": 1, "unsure": 0}
    assert label_counts(campaign, team.anna) == changed
    assert after["said"] == changed
    told = {"said", "active_hours", "per_hour", "decisions", "series"}  # time goes on
    assert {name for name in before if before[name] != after[name]} <= told
    page_text = client_of(team.anna).get(reverse("campaign-finished", args=[campaign.pk]))
    assert page_text.context["my_labels"] == changed


def test_how_one_judges_gold_is_told_where_the_campaign_gives_feedback(
    tmp_path: Path, team: Team
) -> None:
    campaign = with_gold(tmp_path, team)
    judge(take(campaign, team.anna), always(C))
    AnnotatorRates.objects.create(campaign=campaign, user=team.anna, rates={"correct": {}})
    row = own_row(campaign, team.anna)
    assert row["gold"] == dict.fromkeys(("matrix", "n", "right", "share", "low", "high"))
    assert row["rates"] is None, "they are measured with the answers of gold"
    of_all = own_row(campaign, team.manager)
    assert of_all["gold"]["n"] == 0
    url = f"/api/campaigns/{campaign.pk}/evaluation/annotators"
    rows = {one["user"]: one for one in client_of(team.manager).get(url).json()["people"]}
    assert rows[team.anna.pk]["gold"]["n"] == 2
    assert rows[team.anna.pk]["votes"] == 6, "gold is no vote"
    GoldPolicy.objects.update(gives_feedback=True)
    row = own_row(campaign, team.anna)
    assert (row["gold"]["n"], row["gold"]["right"]) == (2, 0)
    assert row["rates"] == {"correct": {}}


def test_a_page_that_comes_back_shows_the_same_gold(tmp_path: Path, team: Team) -> None:
    campaign = with_gold(tmp_path, team)
    campaign.pages.exclude(number=1).delete()
    first = take(campaign, team.anna)
    shown = items_of_lease(first)
    judge(first, always(C))
    anna = campaign.memberships.get(user=team.anna)
    assert reopen_page(campaign, 1, anna, team.manager, timezone.now())
    GoldPolicy.objects.update(rate=0, floor=0)  # what was shown is shown on
    again = take(campaign, team.anna, seed=7)
    assert again.pk != first.pk
    assert items_of_lease(again) == shown
    assert [one.item_id for one in gold_shown_in(again)] == [
        item.pk for item in shown if item.sheet is None
    ]
    late = {item.pk: I for item in shown}
    with pytest.raises(StaleLeaseError):  # a tab that was forgotten: its labels are taken
        submit_page(first, [], late, timezone.now())
    judge(again, always(I))
    report = gold_report(campaign).people[team.anna.pk]
    assert report[I] == Tally(shown=2, judged=2, right=2)
    assert GoldExposure.objects.count() == 2


def test_a_page_that_had_no_gold_gets_none_when_it_comes_back(tmp_path: Path, team: Team) -> None:
    campaign = with_gold(tmp_path, team, rate=0, floor=0)
    shown = items_of_lease(take(campaign, team.anna))
    GoldPolicy.objects.update(rate=0.25, floor=0.25)
    Page.objects.filter(number=1).update(held_until=timezone.now())
    ben = take(campaign, team.ben)
    assert len(items_of_lease(ben)) == 8
    Page.objects.filter(number=1).update(held_until=timezone.now())
    assert items_of_lease(take(campaign, team.anna)) == shown


def test_how_managers_judge_gold_counts_nowhere(tmp_path: Path, team: Team) -> None:
    campaign = with_gold(tmp_path, team)
    SettlingPolicy.objects.create(
        campaign=campaign, rule=Rule.DAWID_SKENE, redundancy=Redundancy.FIXED
    )
    for user in (team.manager, team.anna):
        judge(take(campaign, user), lambda item: I if item.sheet is None else C)
    report = gold_report(campaign)
    assert list(report.people) == [team.anna.pk]
    assert sum(tally.shown for tally in report.items.values()) == 2
    assert own_row(campaign, team.manager)["gold"]["n"] == 0
    count_submitted(timezone.now())
    measure_people(timezone.now())
    rates = {one.user_id: one.rates["incorrect"] for one in AnnotatorRates.objects.all()}
    assert rates[team.anna.pk]["incorrect"] > rates[team.manager.pk]["incorrect"]
