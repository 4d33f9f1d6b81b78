"""Gold lies among the items of pages, measures people, and is in no result."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import AuditEntry, Campaign, Item, Lease, Membership, Page
from apps.campaigns.selectors import progress_of
from apps.campaigns.services.holding import StaleLeaseError
from apps.campaigns.templatetags.managing import facts
from apps.exports.services.writing import synanno_pieces
from apps.proofreading.domain import Label, Redundancy, Rule
from apps.proofreading.domain.gold import GoldRate, gold_count, mixed, places_among
from apps.proofreading.models import (
    AnnotatorRates,
    GoldAnswer,
    GoldExposure,
    GoldPolicy,
    Settlement,
    SettlingPolicy,
)
from apps.proofreading.selectors import items_of_lease, settled_items, unjudged_count
from apps.proofreading.selectors.gold import Tally, gold_report
from apps.proofreading.services.handing import hand_page
from apps.proofreading.services.measuring import measure_people
from apps.proofreading.services.settling import count_submitted
from apps.proofreading.services.verdicts import NewVerdict, record_verdicts
from apps.voxels.frames import decode_frames
from tests.support.paper import Answer, always, judge, paper_campaign
from tests.support.people import Team
from tests.support.work import client_of, post

pytestmark = pytest.mark.django_db

C, I, U = Label.CORRECT, Label.INCORRECT, Label.UNSURE  # noqa: E741 - short in tables of labels
ROLE = Membership.Role


@pytest.fixture
def roles(team: Team) -> dict[User, Membership.Role]:
    return {team.manager: ROLE.MANAGER, team.anna: ROLE.ANNOTATOR, team.ben: ROLE.ANNOTATOR}


def with_gold(
    tmp_path: Path,
    roles: dict[User, Membership.Role],
    gold: dict[int, Label],
    instances: int = 24,
    **policy: Any,
) -> Campaign:
    campaign = paper_campaign(tmp_path, roles, instances=instances, gold=gold)
    GoldPolicy.objects.create(campaign=campaign, **{"rate": 0.25, "floor": 0.25} | policy)
    return campaign


def take(campaign: Campaign, user: User, seed: int = 1) -> Lease:
    lease = hand_page(campaign, user, timezone.now(), Random(seed)).lease
    assert lease is not None
    return lease


def work_with_gold(campaign: Campaign, user: User, answer: Answer) -> list[list[Item]]:
    """What this person was shown, page by page, until nothing was left."""
    shown = []
    while lease := hand_page(campaign, user, timezone.now(), Random(user.pk)).lease:
        shown.append(items_of_lease(lease))
        judge(lease, answer)
    return shown


def gold_in(items: list[Item]) -> list[int]:
    return [item.pk for item in items if item.sheet is None]


def test_the_rate_falls_with_experience_to_its_floor() -> None:
    rate = GoldRate(rate=0.3, floor=0.1, halving_pages=20)
    assert rate.share(0) == pytest.approx(0.3)
    assert rate.share(20) == pytest.approx(0.2)
    assert rate.share(10_000) == pytest.approx(0.1)


def test_the_share_of_gold_on_pages_is_the_one_asked_for() -> None:
    random = Random(7)
    counts = [gold_count(0.1, 12, random) for _ in range(4000)]
    assert set(counts) == {1, 2}
    assert sum(counts) / (sum(counts) + 12 * len(counts)) == pytest.approx(0.1, abs=0.004)
    assert [gold_count(0.5, 6, random), gold_count(0.0, 6, random)] == [6, 0]


def test_gold_lies_anywhere_among_the_others() -> None:
    random = Random(3)
    places = Counter(place for _ in range(600) for place in places_among(1, 3, random))
    assert set(places) == {0, 1, 2, 3}
    assert min(places.values()) > 100
    assert mixed("abc", [(3, "z"), (0, "x"), (2, "y"), (2, "w")]) == list("xabywcz")


def test_gold_is_shown_in_between_and_the_same_again(
    tmp_path: Path, roles: dict[User, Membership.Role], team: Team
) -> None:
    campaign = with_gold(tmp_path, roles, dict.fromkeys(range(6), C))
    lease = take(campaign, team.anna)
    shown = items_of_lease(lease)
    assert len(shown) == 6 + 2
    assert len(gold_in(shown)) == 2
    others = [item.position for item in shown if item.sheet is not None]
    assert others == sorted(others)
    again = take(campaign, team.anna, seed=99)
    assert again.pk == lease.pk
    assert items_of_lease(again) == shown
    assert GoldExposure.objects.count() == 2


def test_nobody_is_shown_gold_twice(
    tmp_path: Path, roles: dict[User, Membership.Role], team: Team
) -> None:
    campaign = with_gold(tmp_path, roles, dict.fromkeys(range(5), C), instances=29)
    campaign.pages.filter(number__gt=4).delete()
    shown = work_with_gold(campaign, team.anna, always(C))
    seen = Counter(pk for items in shown for pk in gold_in(items))
    assert set(seen.values()) == {1}
    assert len(seen) == 5, "2 + 2 + 1: then there is none left"
    assert [len(gold_in(items)) for items in shown] == [2, 2, 1, 0]


def test_gold_shown_elsewhere_in_the_same_moment_is_left_out(
    tmp_path: Path,
    roles: dict[User, Membership.Role],
    team: Team,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    campaign = with_gold(tmp_path, roles, dict.fromkeys(range(2), C))
    first = take(campaign, team.anna)
    assert len(gold_in(items_of_lease(first))) == 2
    judge(first, always(C))
    # Another request of hers has looked before the first one was done.
    stale = Item.objects.filter(campaign=campaign, sheet__isnull=True).order_by("position")
    monkeypatch.setattr("apps.proofreading.services.handing.unseen_gold", lambda *_: stale)
    second = take(campaign, team.anna)
    assert gold_in(items_of_lease(second)) == []
    assert GoldExposure.objects.count() == 2


def test_gold_is_in_no_result(
    tmp_path: Path, roles: dict[User, Membership.Role], team: Team
) -> None:
    campaign = with_gold(tmp_path, roles, dict.fromkeys(range(4), I), instances=16)
    assert progress_of(campaign).pages_total == 2
    work_with_gold(campaign, team.anna, lambda item: I if item.sheet is None else C)
    count_submitted(timezone.now())
    settled = list(settled_items(campaign))
    assert len(settled) == 12
    assert {one.label for one in settled} == {C}
    assert Settlement.objects.count() == 12
    assert unjudged_count(campaign) == 0
    records = json.loads("".join(synanno_pieces(campaign)))["Metadata"]
    assert {record["Label"] for record in records} == {"correct"}
    assert sorted(record["materialization_index"] for record in records) == list(range(4, 16))


def test_a_late_vote_on_gold_settles_nothing(
    tmp_path: Path, roles: dict[User, Membership.Role], team: Team
) -> None:
    campaign = with_gold(tmp_path, roles, dict.fromkeys(range(2), I), instances=8)
    lease = take(campaign, team.anna)
    (gold, _) = gold_in(items_of_lease(lease))
    Page.objects.update(held_until=timezone.now())
    judge(take(campaign, team.ben), always(C))
    late = NewVerdict(uuid.uuid4(), gold, I, timezone.now())
    with pytest.raises(StaleLeaseError):
        record_verdicts(lease, [late], timezone.now())
    count_submitted(timezone.now())
    assert not Settlement.objects.filter(item=gold).exists()
    assert Settlement.objects.count() == 6
    report = gold_report(campaign)
    assert report.people[team.anna.pk][I] == Tally(shown=2, judged=1, right=1)
    assert report.people[team.ben.pk][I] == Tally(shown=2, judged=2, right=0)


def test_the_report_counts_exposures_and_right_answers(
    tmp_path: Path, roles: dict[User, Membership.Role], team: Team
) -> None:
    campaign = with_gold(tmp_path, roles, {0: C, 1: I}, instances=8)
    judge(take(campaign, team.anna), always(C))
    response = client_of(team.manager).get(f"/api/campaigns/{campaign.pk}/gold")
    assert response.status_code == 200, response.content
    items = {item["source_id"]: item for item in response.json()["items"]}
    assert [(items[n]["shown"], items[n]["right"]) for n in "01"] == [(1, 1), (1, 0)]
    (person,) = response.json()["people"]
    assert (person["user"], person["shown"], person["right"]) == ("anna", 2, 1)
    assert person["by_class"]["incorrect"] == {"shown": 1, "judged": 1, "right": 0}
    for user in (team.anna, team.ben):
        assert client_of(user).get(f"/api/campaigns/{campaign.pk}/gold").status_code == 403
    outsider = client_of(team.outsider)
    assert outsider.get(f"/api/campaigns/{campaign.pk}/gold").status_code == 404


@pytest.mark.parametrize("told", [True, False])
def test_the_annotator_is_told_only_where_the_campaign_says_so(
    tmp_path: Path, roles: dict[User, Membership.Role], team: Team, told: bool
) -> None:
    campaign = with_gold(tmp_path, roles, {0: C, 1: I}, instances=8, gives_feedback=told)
    lease = take(campaign, team.anna)
    labels = {str(item.pk): "correct" for item in items_of_lease(lease)}
    url = f"/api/leases/{lease.token}/submit"
    answers = [
        post(client_of(team.anna), url, {"verdicts": [], "labels": labels}).json() for _ in range(2)
    ]
    assert answers[0] == answers[1], "a lost answer is given again"
    feedback = {one["source_id"]: one for one in answers[0].get("feedback", [])}
    if not told:
        assert answers[0] == {"submitted": True}
        return
    assert feedback["1"]["truth"] == "incorrect"
    assert feedback["1"]["right"] is False
    assert feedback["1"]["explanation"] == "see 1"
    assert feedback["0"]["right"] is True
    looked_at = client_of(team.anna).get(f"/api/leases/{lease.token}").content
    tiles = next(decode_frames(looked_at)).header["tiles"]
    wrong = tiles[feedback["1"]["place"] - 1]
    assert (wrong["item"], len(tiles)) == (feedback["1"]["item"], feedback["1"]["places"])
    assert wrong["locked"].endswith("is known of this instance: it is incorrect. see 1")


def test_the_known_answers_anchor_the_measured_rates(
    tmp_path: Path, roles: dict[User, Membership.Role], team: Team
) -> None:
    campaign = with_gold(
        tmp_path, roles, dict.fromkeys(range(12), I), instances=24, rate=0.5, floor=0.5
    )
    SettlingPolicy.objects.create(
        campaign=campaign, rule=Rule.DAWID_SKENE, redundancy=Redundancy.FIXED
    )
    work_with_gold(campaign, team.anna, always(C))  # all alone: her votes alone tell nothing
    count_submitted(timezone.now())
    measure_people(timezone.now())
    rates = AnnotatorRates.objects.get(user=team.anna).rates
    assert rates["incorrect"]["correct"] > 0.7
    prior = SettlingPolicy.objects.get(campaign=campaign).prior_correct
    assert prior > 0.5, "gold was chosen by somebody, and says nothing of how many are correct"


def test_gold_comes_from_a_table(
    tmp_path: Path,
    roles: dict[User, Membership.Role],
    team: Team,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    campaign = paper_campaign(tmp_path, roles, gold={0: C})
    campaign.pages.all().delete()
    Campaign.objects.update(status="draft")
    campaign.items.filter(sheet__isnull=False).delete()
    file = tmp_path / "gold.csv"
    file.write_text("source_id,label,explanation\n0,incorrect,no vesicles\n7,correct,\n")
    call_command("add_gold", campaign.name, str(file))
    answers = GoldAnswer.objects.order_by("item__instance__source_id")
    assert list(answers.values_list("item__instance__source_id", "label", "explanation")) == [
        (0, "incorrect", "no vesicles"),
        (7, "correct", ""),
    ]
    last = AuditEntry.objects.filter(action="gold_added").order_by("-pk")[0]
    assert last.details == {
        **{"new": 1, "replaced": 1},
        "answers": {"0": {"from": "correct", "to": "incorrect"}, "7": "correct"},
    }
    assert facts(last.details)[0] == ("answers", "0 correct → incorrect, 7 correct")
    monkeypatch.setattr("apps.proofreading.services.gold.MOST_ON_RECORD", 1)
    file.write_text("source_id,label\n7,correct\n0,correct\n")
    call_command("add_gold", campaign.name, str(file))
    last = AuditEntry.objects.filter(action="gold_added").order_by("-pk")[0]
    assert last.details == {
        **{"new": 0, "replaced": 2, "answers_left_out": 1},
        "answers": {"0": {"from": "incorrect", "to": "correct"}},
    }


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ("source_id\n1\n", "the column label is missing"),
        (
            "source_id,label\n1,correct\n1,incorrect\n",
            "line 3: synapse 1 has an answer already, in",
        ),
        (
            "source_id,label\n1,perhaps\n",
            "line 2: the label 'perhaps' is none of correct, incorrect",
        ),
        ("source_id,label\nx,correct\n", "line 2: source_id 'x' is no whole number"),
        ("source_id,label\n999,correct\n", "line 2: the table of this campaign has no synapse 999"),
        ("source_id,label\n5,correct\n", "line 2: synapse 5 is on a page of this campaign already"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(
    tmp_path: Path, roles: dict[User, Membership.Role], rows: str, sentence: str
) -> None:
    campaign = paper_campaign(tmp_path, roles)
    file = tmp_path / "gold.csv"
    file.write_text(rows)
    with pytest.raises(CommandError) as told:
        call_command("add_gold", campaign.name, str(file))
    assert sentence in str(told.value)
    assert "gold.csv" in str(told.value)
    assert not GoldAnswer.objects.exists()


def test_gold_is_added_by_managers_through_the_api(
    tmp_path: Path, roles: dict[User, Membership.Role], team: Team
) -> None:
    campaign = paper_campaign(tmp_path, roles)
    Item.objects.filter(campaign=campaign, instance__source_id=3).delete()
    url = f"/api/campaigns/{campaign.pk}/gold"
    body = {"rows": [{"source_id": 3, "label": "incorrect", "explanation": "a fold"}]}
    assert post(client_of(team.anna), url, body).status_code == 403
    response = post(client_of(team.manager), url, body)
    assert (response.status_code, response.json()) == (201, {"new": 1, "replaced": 0})
    assert GoldAnswer.objects.get().item.sheet is None
    bad = post(client_of(team.manager), url, {"rows": [{"source_id": 4, "label": "correct"}]})
    assert bad.status_code == 400
    sentence = bad.json()["error"]["sentence"]
    assert "row 1: synapse 4 is on a page" in sentence
    assert "now only those that are on none of its pages" in sentence
    Campaign.objects.update(status="closed")
    assert post(client_of(team.manager), url, body).status_code == 409


def test_the_policy_of_gold_is_set_through_the_api(
    tmp_path: Path, roles: dict[User, Membership.Role], team: Team
) -> None:
    campaign = paper_campaign(tmp_path, roles)
    url = f"/api/campaigns/{campaign.pk}/gold/policy"
    manager = client_of(team.manager)
    assert manager.get(url).json()["rate"] == 0

    def change(**chosen: Any) -> Any:
        return manager.patch(url, data=chosen, content_type="application/json")

    assert change(rate=0.2, floor=0.05, gives_feedback=True).status_code == 200
    assert change(training_items=5).json()["rate"] == 0.2
    policy = GoldPolicy.objects.get()
    assert (policy.rate, policy.training_items, policy.gives_feedback) == (0.2, 5, True)
    refused = change(floor=0.3)
    assert refused.status_code == 400
    assert refused.json()["error"]["field"] == "floor"
    assert change(rate=0.6).json()["error"]["field"] == "rate"
    Campaign.objects.update(status="archived")
    assert change(rate=0.3).status_code == 409
    assert GoldPolicy.objects.get().rate == 0.2
    actions = AuditEntry.objects.filter(action="gold_policy_changed").order_by("pk")
    assert [entry.details["changed"].keys() for entry in actions] == [
        {"rate", "floor", "gives_feedback"},
        {"training_items"},
    ]
