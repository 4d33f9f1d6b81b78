"""The reports of a campaign: made once, made anew when something changed, by one process."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import F, Max, Min
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Lease, Membership, Page
from apps.campaigns.selectors import my_page_count, progress_of
from apps.campaigns.services.holding import skip_page
from apps.campaigns.services.leasing import lease_page
from apps.evaluation.domain.panels import REPORTED, Panel
from apps.evaluation.models import Evaluation, Report
from apps.evaluation.selectors import open_leases
from apps.evaluation.services.asking import ask_for_reports
from apps.evaluation.services.bodies import NO_VOTES
from apps.evaluation.services.reading import read_events, read_votes
from apps.evaluation.services.reporting import RENEWED_AFTER, make_reports
from apps.proofreading.domain import NO_KIND, NO_KIND_TITLE, Label
from apps.proofreading.models import ErrorCategory, GoldAnswer, GoldPolicy, Settlement, Verdict
from apps.proofreading.selectors import item_ids_of_lease
from apps.proofreading.services.gold import NewGold, add_gold
from apps.proofreading.services.handing import hand_page
from apps.proofreading.services.reopening import reopen_page
from apps.proofreading.services.verdicts import submit_page
from tests.support.filled import AT, Filled, fill_campaign
from tests.support.paper import always, judge, paper_campaign, work
from tests.support.people import Team

pytestmark = pytest.mark.django_db
_OUTCOMES = ("overturned", "upheld", "even")


@pytest.fixture
def filled(tmp_path: Path) -> Filled:
    return fill_campaign(tmp_path, now=AT, instances=480, people=8)


def body_of(campaign: Campaign, panel: Panel) -> dict[str, Any]:
    body: dict[str, Any] = Report.objects.get(campaign=campaign, kind=panel).body
    return body


def test_the_figures_are_those_that_the_database_counts(filled: Filled) -> None:
    campaign = filled.campaign
    assert make_reports(campaign.pk, AT)
    assert {*Report.objects.values_list("kind", flat=True)} == {*REPORTED}
    progress = body_of(campaign, Panel.PROGRESS)
    settlements = Settlement.objects.filter(item__campaign=campaign, item__sheet__isnull=False)
    states = Counter(settlements.values_list("state", flat=True))
    unjudged = progress["instances"] - sum(states.values())
    assert progress["instances"] == 480 - 12, "gold is no part of the campaign's instances"
    assert progress["states"] == {"waiting": 0, "disputed": 0} | states | {"unjudged": unjudged}
    assert progress["votes"] == sum(settlements.values_list("votes", flat=True))
    done = campaign.pages.filter(submitted_at__isnull=False)
    assert (progress["pages_done"], progress["pages_total"]) == (
        done.count(),
        campaign.pages.count(),
    )
    series = progress["series"]
    for end, votes, settled, pages in zip(
        series["ends"], series["votes"], series["settled"], series["pages"], strict=True
    ):
        upto = {"settled_at__lt": _time(end)}
        assert settled == settlements.filter(state="settled", **upto).count()
        assert pages == done.filter(submitted_at__lt=_time(end)).count()
        assert votes <= progress["votes"]
    assert series["votes"][-1] == progress["votes"]
    assert progress["forecast"]["state"] == "ok"


def _time(at: float) -> Any:
    return AT.fromtimestamp(at, AT.tzinfo)


def test_a_persons_figures_are_those_that_a_loop_counts(filled: Filled) -> None:
    make_reports(filled.campaign.pk, AT)
    rows = {row["user"]: row for row in body_of(filled.campaign, Panel.ANNOTATORS)["people"]}
    settled = {
        one.item_id: one.label
        for one in Settlement.objects.filter(state="settled", votes__gte=2)
        if one.label != Label.UNSURE
    }
    gold = dict(GoldAnswer.objects.values_list("item_id", "label"))
    for worker in filled.workers:
        row = rows[worker.user.pk]
        said = {one.item_id: one.label for one in Verdict.objects.filter(user=worker.user)}
        for name, truth in (("settled", settled), ("gold", gold)):
            cells = Counter((truth[i], label) for i, label in said.items() if i in truth)
            assert row[name]["matrix"] == [
                [cells[true, label] for label in ("correct", "incorrect", "unsure")]
                for true in ("correct", "incorrect")
            ]
            assert (
                row[name]["right"] == cells["correct", "correct"] + cells["incorrect", "incorrect"]
            )
        mine = Counter(label for item, label in said.items() if item not in gold)
        assert row["said"] == {label.value: mine[label] for label in Label}
        assert (
            row["pages"]
            == Page.objects.filter(lease__user=worker.user, submitted_at__isnull=False).count()
        )
        assert sum(n for _, n in row["series"]) == row["settled"]["n"]


def test_the_pace_is_between_what_the_pages_took_and_no_pause_at_all(filled: Filled) -> None:
    make_reports(filled.campaign.pk, AT)
    rows = {row["user"]: row for row in body_of(filled.campaign, Panel.PACE)["people"]}
    for worker in filled.workers:
        # A simulated decision takes 0.4 s and an exponential time; a page another second.
        seconds = 3600 / rows[worker.user.pk]["per_hour"]
        assert seconds == pytest.approx(worker.seconds + 0.4 + 1 / 12, rel=0.35)
    together = body_of(filled.campaign, Panel.PACE)["all"]
    assert together["decisions"] == pytest.approx(
        sum(row["decisions"] for row in rows.values()), abs=5
    )


def test_nothing_is_made_again_until_something_changed(filled: Filled) -> None:
    campaign = filled.campaign
    assert make_reports(campaign.pk, AT)
    later = AT + timedelta(seconds=30)
    assert not make_reports(campaign.pk, later)
    page = campaign.pages.filter(submitted_at__isnull=False)[0]
    campaign.pages.filter(pk=page.pk).update(counted_at=later)
    assert make_reports(campaign.pk, later)
    assert not make_reports(campaign.pk, later)
    Membership.objects.filter(user=filled.workers[0].user).update(paused_at=later)
    assert make_reports(campaign.pk, later), "who is paused is shown"
    assert make_reports(campaign.pk, later + RENEWED_AFTER), "the forecast moves on with time"
    assert Report.objects.count() == len(REPORTED)


@pytest.mark.parametrize("deed", ["reopened", "skipped", "other gold", "renamed"])
def test_what_changes_the_figures_is_seen_at_once(filled: Filled, deed: str) -> None:
    campaign = filled.campaign
    lease = next(page.lease for page in campaign.pages.exclude(held_until=None) if page.lease)
    make_reports(campaign.pk, AT)
    before = {row["user"]: row for row in body_of(campaign, Panel.ANNOTATORS)["people"]}
    done = body_of(campaign, Panel.PROGRESS)["pages_done"]
    if deed == "reopened":
        page = campaign.pages.filter(submitted_at__isnull=False, kind="ordinary")[0]
        reopen_page(campaign, page.number, None, filled.manager, AT)
    elif deed == "skipped":
        skip_page(lease, "too dark", AT)
    elif deed == "other gold":
        rows = [
            NewGold("", answer.item.instance.source_id, _other(answer.label))
            for answer in GoldAnswer.objects.select_related("item__instance")
        ]
        add_gold(campaign, rows, filled.manager, AT)
    else:
        User.objects.filter(pk=lease.user_id).update(last_name="Other")
    assert make_reports(campaign.pk, AT + timedelta(seconds=5))
    after = {row["user"]: row for row in body_of(campaign, Panel.ANNOTATORS)["people"]}
    if deed == "reopened":
        assert body_of(campaign, Panel.PROGRESS)["pages_done"] == done - 1
    elif deed == "skipped":
        assert after[lease.user_id]["skipped"] == before[lease.user_id]["skipped"] + 1
    elif deed == "other gold":
        for user, row in after.items():
            was = before[user]["gold"]
            assert row["gold"]["right"] == was["n"] - was["right"]
    else:
        assert after[lease.user_id]["name"].endswith("Other")
    assert not make_reports(campaign.pk, AT + timedelta(seconds=10))


def _other(label: str) -> str:
    return Label.CORRECT if label == Label.INCORRECT else Label.INCORRECT


def test_training_is_no_progress(tmp_path: Path, team: Team) -> None:
    roles = {team.manager: Membership.Role.MANAGER, team.anna: Membership.Role.ANNOTATOR}
    gold = dict.fromkeys(range(5), Label.INCORRECT)
    campaign = paper_campaign(tmp_path, roles, instances=17, gold=gold, needs_training=True)
    GoldPolicy.objects.create(campaign=campaign, training_items=5, pass_mark=0.8)
    training = hand_page(campaign, team.anna, timezone.now(), Random(1)).lease
    assert training is not None
    assert training.page.kind == Page.Kind.TRAINING
    judge(training, always(Label.INCORRECT))
    work(campaign, team.anna)
    make_reports(campaign.pk, timezone.now())
    body, progress = body_of(campaign, Panel.PROGRESS), progress_of(campaign)
    assert (body["pages_done"], body["pages_total"]) == (2, 2)
    assert (progress.pages_done, progress.pages_total) == (2, 2)
    assert body["series"]["pages"][-1] == 2
    (anna,) = (
        row for row in body_of(campaign, Panel.ANNOTATORS)["people"] if row["user"] == team.anna.pk
    )
    assert anna["pages"] == my_page_count(team.anna, campaign)


def test_votes_of_which_nothing_is_settled_are_told_as_such(tmp_path: Path, team: Team) -> None:
    roles = {team.manager: Membership.Role.MANAGER, team.anna: Membership.Role.ANNOTATOR}
    campaign = paper_campaign(tmp_path, roles, passes=2)
    make_reports(campaign.pk, timezone.now())
    assert body_of(campaign, Panel.PLACES)["sentence"] == NO_VOTES
    work(campaign, team.anna)
    make_reports(campaign.pk, timezone.now())
    assert body_of(campaign, Panel.PLACES)["sentence"] == "No instance is settled so far."


def test_one_process_makes_them(filled: Filled) -> None:
    campaign = filled.campaign
    Evaluation.objects.create(campaign=campaign, begun_at=AT)
    assert not make_reports(campaign.pk, AT + timedelta(minutes=1))
    assert make_reports(campaign.pk, AT + timedelta(minutes=16)), "its process was killed"
    assert Evaluation.objects.get().begun_at is None


def test_those_who_look_send_one_job_at_a_time(filled: Filled) -> None:
    campaign = filled.campaign
    assert ask_for_reports(campaign, AT)
    assert not ask_for_reports(campaign, AT + timedelta(seconds=1))
    assert ask_for_reports(campaign, AT + timedelta(seconds=5))
    Evaluation.objects.update(took_s=60.0)
    assert not ask_for_reports(campaign, AT + timedelta(seconds=120))
    assert ask_for_reports(campaign, AT + timedelta(seconds=300))
    Evaluation.objects.update(begun_at=AT + timedelta(seconds=300))
    assert not ask_for_reports(campaign, AT + timedelta(seconds=1000))


def test_an_empty_campaign_says_so_in_words(tmp_path: Path, team: Team) -> None:
    roles = {team.manager: Membership.Role.MANAGER, team.anna: Membership.Role.ANNOTATOR}
    campaign = paper_campaign(tmp_path, roles)
    assert make_reports(campaign.pk, AT)
    for panel in REPORTED:
        body = body_of(campaign, panel)
        sentence = body.get("sentence") or body["forecast"]["sentence"]
        assert sentence.endswith(")." if panel is Panel.PROGRESS else "."), panel


def test_without_an_instance_nothing_is_settled(tmp_path: Path, team: Team) -> None:
    campaign = paper_campaign(tmp_path, {team.manager: Membership.Role.MANAGER})
    campaign.pages.all().delete()
    campaign.items.all().delete()
    assert make_reports(campaign.pk, AT)
    forecast = body_of(campaign, Panel.PROGRESS)["forecast"]
    assert (forecast["state"], "no instance" in forecast["sentence"]) == ("empty", True)


def test_what_clocks_say_counts_between_the_lease_and_the_storing(
    tmp_path: Path, team: Team
) -> None:
    """One is in the year 1, one in 1970, one far ahead."""
    campaign = paper_campaign(tmp_path, {team.anna: Membership.Role.ANNOTATOR})
    lease = lease_page(campaign, team.anna, timezone.now()).lease
    assert lease is not None
    for item, year in zip(lease.page.items.all(), (1, 1970, 2190), strict=False):
        Verdict.objects.create(
            item=item,
            lease=lease,
            user=team.anna,
            key=uuid4(),
            label=Label.CORRECT,
            made_at=datetime(year, 1, 2, tzinfo=UTC),
        )
    (held,) = open_leases(campaign, timezone.now())["leases"]
    assert lease.leased_at <= datetime.fromisoformat(held["last_at"]) <= timezone.now()

    submit_page(lease, [], dict.fromkeys(item_ids_of_lease(lease), Label.CORRECT), timezone.now())
    now = timezone.now()
    assert make_reports(campaign.pk, now)
    for found in (read_votes(campaign), read_events(campaign)):
        assert len(found.at) == 6
        assert lease.leased_at.timestamp() <= found.at.min() <= found.at.max() <= now.timestamp()
    assert len(body_of(campaign, Panel.PROGRESS)["series"]["ends"]) <= 2
    assert len(body_of(campaign, Panel.PACE)["series"]["starts"]) <= 2


def test_kinds_that_are_no_longer_offered_keep_their_votes(filled: Filled) -> None:
    def kinds() -> dict[str, int]:
        body = body_of(filled.campaign, Panel.CATEGORIES)
        return {kind["key"]: kind["votes"] for kind in body["kinds"]}

    make_reports(filled.campaign.pk, AT)
    before = kinds()
    first, *others = before
    assert before[first]
    ErrorCategory.objects.filter(campaign=filled.campaign, key=first).update(retired_at=AT)
    make_reports(filled.campaign.pk, AT + RENEWED_AFTER)
    assert kinds() == before
    assert [*kinds()] == [*others[:-1], first, NO_KIND]
    last = body_of(filled.campaign, Panel.CATEGORIES)["kinds"][-1]
    assert last["title"] == NO_KIND_TITLE


def test_who_has_become_a_viewer_keeps_a_row(filled: Filled) -> None:
    annotator = filled.workers[0].user
    Membership.objects.filter(user=annotator).update(role="viewer")
    vera = User.objects.create(username="vera")
    Membership.objects.create(campaign=filled.campaign, user=vera, role="viewer")
    make_reports(filled.campaign.pk, AT)
    rows = {row["user"]: row for row in body_of(filled.campaign, Panel.ANNOTATORS)["people"]}
    assert rows[annotator.pk]["votes"] > 0
    assert vera.pk not in rows


def test_one_person_alone_agrees_with_nobody(tmp_path: Path, team: Team) -> None:
    roles = {team.manager: Membership.Role.MANAGER, team.anna: Membership.Role.ANNOTATOR}
    campaign = paper_campaign(tmp_path, roles)
    work(campaign, team.anna, always(Label.INCORRECT))
    last = Verdict.objects.aggregate(at=Max("made_at"))["at"]
    assert make_reports(campaign.pk, last)
    agreement = body_of(campaign, Panel.AGREEMENT)
    assert "judged by two people" in agreement["sentence"]
    assert (agreement["krippendorff_alpha"], agreement["fleiss_kappa"]) == (None, None)
    row = next(
        row for row in body_of(campaign, Panel.ANNOTATORS)["people"] if row["user"] == team.anna.pk
    )
    assert (row["votes"], row["settled"]["share"], row["gold"]["share"]) == (24, None, None)


def test_what_experts_overturn_is_that_which_a_loop_counts(tmp_path: Path) -> None:
    filled = fill_campaign(tmp_path, now=AT, instances=480, people=8, done=1.0)
    assert make_reports(filled.campaign.pk, AT)
    expected: dict[str, Counter[str]] = {}
    for decision in Verdict.objects.filter(user=filled.expert):
        votes = Verdict.objects.filter(item=decision.item_id).exclude(user=filled.expert)
        said = Counter(vote.label for vote in votes)
        (label, most), *rest = said.most_common()
        is_even = bool(rest) and rest[0][1] == most
        outcome = "upheld" if label == decision.label else "overturned"
        named = {one.key for vote in votes for one in vote.categories.all()}
        for kind in named or {""}:
            outcomes = expected.setdefault(kind, Counter())
            is_open = is_even or Label.UNSURE in (label, decision.label)
            outcomes["even" if is_open else outcome] += 1
    rows = body_of(filled.campaign, Panel.OVERTURNS)["kinds"]
    assert expected
    assert {row["key"]: {name: row[name] for name in _OUTCOMES} for row in rows} == {
        kind: {name: outcomes[name] for name in _OUTCOMES} for kind, outcomes in expected.items()
    }
    for row in rows:
        assert row["rate"]["n"] == row["overturned"] + row["upheld"]


def test_leases_begin_before_what_was_decided_in_them(filled: Filled) -> None:
    """The simulation itself: a figure is worth what it is compared on."""
    worked = Lease.objects.filter(ending="submitted")
    assert (
        not worked.annotate(first=Min("verdicts__made_at"))
        .filter(first__lt=F("leased_at"))
        .exists()
    )
    assert filled.campaign.pages.filter(submitted_at__gt=AT).count() == 0
