"""The life of a campaign: what may become of it, and what that means for those at work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from apps.accounts.models import Team as TeamOfPeople
from apps.accounts.models import User
from apps.campaigns.domain import TRANSITIONS, Assignment, WhyNone, why_not_become
from apps.campaigns.models import AuditEntry, Campaign, Membership, Page
from apps.campaigns.services.campaigns import let_people_in
from apps.campaigns.services.changing import NotNowError, assignment_of
from apps.campaigns.services.leasing import lease_page
from apps.campaigns.services.life import StatusError, change_status
from apps.campaigns.services.paging import make_pages
from apps.campaigns.services.teams import add_to_team, put_team_in, remove_from_team
from apps.core.errors import InvalidInputError
from apps.datasets.models import SynapseTable
from apps.proofreading.domain import Label, Policy, Redundancy, Rule
from apps.proofreading.models import GoldAnswer, SettlingPolicy
from apps.proofreading.services.campaigns import (
    change_campaign,
    clone_campaign,
    move_campaign,
    open_campaign,
    start_campaign,
)
from apps.proofreading.services.gold import NewGold, add_gold
from apps.proofreading.services.policies import make_policy
from apps.proofreading.services.shown import add_category, change_category
from tests.support.datasets import make_empty_dataset
from tests.support.paper import always, judge, paper_campaign, work
from tests.support.people import Team

pytestmark = pytest.mark.django_db

ROLE = Membership.Role
_POINTS = {f"{name}_{axis}": 300 for name in ("pre_pt", "post_pt") for axis in "xyz"}
ROW = _POINTS | {"x": 300, "y": 300, "z": 300, "pre_neuron_id": 1, "post_neuron_id": 2}


@pytest.fixture
def roles(team: Team) -> dict[User, Membership.Role]:
    return {team.manager: ROLE.MANAGER, team.anna: ROLE.ANNOTATOR, team.ben: ROLE.ANNOTATOR}


@pytest.fixture
def paper(tmp_path: Path, roles: dict[User, Membership.Role]) -> Campaign:
    """Open, with four pages of six."""
    return paper_campaign(tmp_path, roles)


def draft(folder: Path, roles: dict[User, Membership.Role], **more: Any) -> Campaign:
    table = make_empty_dataset(folder / "draft", [ROW], name="drafts")
    return open_campaign("Draft", table, roles, as_draft=True, **more)


def entries(campaign: Campaign) -> list[tuple[str, dict[str, Any]]]:
    return list(
        AuditEntry.objects.filter(campaign=campaign).order_by("pk").values_list("action", "details")
    )


def test_every_status_has_its_transitions() -> None:
    assert set(TRANSITIONS) == set(Campaign.Status.values)
    assert set().union(*TRANSITIONS.values()) <= set(Campaign.Status.values)
    for status in Campaign.Status.values:
        for to in Campaign.Status.values:
            assert (why_not_become(status, to) is None) == (to in TRANSITIONS[status])


def test_a_campaign_is_paused_closed_opened_again_and_archived(paper: Campaign, team: Team) -> None:
    for to in ("paused", "open", "closed", "open", "paused", "closed", "archived"):
        change_status(paper, to, team.manager, timezone.now())
    paper.refresh_from_db()
    assert paper.status == Campaign.Status.ARCHIVED
    changes = [details for action, details in entries(paper) if action == "status_changed"]
    assert changes[0] == {"from": "preparing", "to": "open"}
    assert changes[1] == {"from": "open", "to": "paused"}
    assert len(changes) == 8
    assert AuditEntry.objects.filter(campaign=paper, actor=team.manager).count() == 7


@pytest.mark.parametrize(
    ("status", "to", "words"),
    [
        ("open", "archived", "open; from there it can become closed or paused"),
        ("paused", "draft", "not draft"),
        ("preparing", "open", "being prepared"),
        ("archived", "open", "stays as it is"),
        ("open", "lost", "'lost' is no status"),
    ],
)
def test_what_is_not_allowed_is_told(
    paper: Campaign, team: Team, status: str, to: str, words: str
) -> None:
    Campaign.objects.update(status=status)
    before = entries(paper)
    with pytest.raises(StatusError, match=words):
        change_status(paper, to, team.manager, timezone.now())
    assert entries(paper) == before
    assert Campaign.objects.get().status == status


def test_asking_for_the_present_status_changes_nothing(paper: Campaign, team: Team) -> None:
    before = entries(paper)
    assert change_status(paper, "open", team.manager, timezone.now()).status == "open"
    assert entries(paper) == before


def test_in_a_pause_nobody_gets_a_page_and_a_held_one_can_be_submitted(
    paper: Campaign, team: Team
) -> None:
    lease = lease_page(paper, team.anna, timezone.now()).lease
    assert lease is not None
    change_status(paper, "paused", team.manager, timezone.now())
    assert lease_page(paper, team.ben, timezone.now()).why == WhyNone.CAMPAIGN_PAUSED
    judge(lease, always(Label.CORRECT))
    assert Page.objects.get(pk=lease.page_id).submitted_at is not None
    change_status(paper, "open", team.manager, timezone.now())
    assert lease_page(paper, team.ben, timezone.now()).lease is not None


def test_a_draft_has_no_pages_until_it_is_started(
    tmp_path: Path, roles: dict[User, Membership.Role], team: Team
) -> None:
    campaign = draft(tmp_path, roles)
    make_pages_if_started(campaign)
    assert (campaign.status, campaign.pages.count()) == ("draft", 0)
    assert campaign.versions.count() == 0
    start_campaign(campaign, team.manager, timezone.now())
    make_pages_if_started(campaign)
    campaign.refresh_from_db()
    assert (campaign.status, campaign.pages.count()) == ("open", 1)
    assert campaign.versions.get().shown["crop"] == [256, 256, 6]


def make_pages_if_started(campaign: Campaign) -> None:
    """What the job does, without pictures."""
    campaign.refresh_from_db()
    if campaign.status == Campaign.Status.PREPARING:
        make_pages(campaign.pk)
        let_people_in(campaign.pk)


def test_a_failed_campaign_is_tried_again(paper: Campaign, team: Team) -> None:
    Campaign.objects.update(status="failed", failure="The disk was away.", attempts=20)
    move_campaign(paper, "preparing", team.manager, timezone.now())
    paper.refresh_from_db()
    assert (paper.status, paper.failure, paper.attempts) == ("preparing", "", 0)


def test_a_deadline_that_has_passed_is_refused_wherever_it_is_set_and_at_the_start(
    tmp_path: Path, roles: dict[User, Membership.Role], team: Team
) -> None:
    """After it nobody would be handed a page."""
    now = timezone.now()
    with pytest.raises(InvalidInputError, match="deadline: ") as refused:
        draft(tmp_path, roles, assignment=Assignment(deadline=now - timedelta(minutes=1)))
    assert refused.value.field == "deadline"
    assert not Campaign.objects.exists()
    campaign = open_campaign("Draft", SynapseTable.objects.get(), roles, as_draft=True)
    with pytest.raises(InvalidInputError, match="deadline: "):
        change_campaign(campaign, {"deadline": now - timedelta(days=1)}, team.manager, now)
    change_campaign(campaign, {"deadline": now + timedelta(days=1)}, team.manager, now)
    later = now + timedelta(days=2)
    with pytest.raises(InvalidInputError, match="deadline: "):
        start_campaign(campaign, team.manager, later)
    campaign.refresh_from_db()
    assert campaign.status == Campaign.Status.DRAFT
    change_campaign(campaign, {"name": "Late"}, team.manager, later)  # it stays as it was


def test_in_a_draft_everything_may_be_changed(
    tmp_path: Path, roles: dict[User, Membership.Role], team: Team
) -> None:
    campaign = draft(tmp_path, roles)
    deadline = timezone.now() + timedelta(days=3)
    changes = {
        "name": "Better",
        "instructions": "Look twice.",
        "page_size": 24,
        "crop_size": [64, 64, 4],
        "passes": 3,
        "order": "random",
        "order_seed": 7,
        "open_pages_cap": 2,
        "deadline": deadline,
        "needs_training": True,
    }
    change_campaign(campaign, changes, team.manager, timezone.now())
    campaign.refresh_from_db()
    assert (campaign.name, campaign.crop, campaign.page_size) == ("Better", (64, 64, 4), 24)
    assert (campaign.passes, campaign.order, campaign.order_seed) == (3, "random", 7)
    assert (campaign.open_pages_cap, campaign.deadline) == (2, deadline)
    assert campaign.needs_training
    assert campaign.settling_policy.policy.votes == 3
    assert campaign.version == 1
    assert campaign.versions.count() == 0, "nobody has seen a draft"
    action, details = entries(campaign)[-1]
    assert action == "settings_changed"
    assert details["page_size"] == {"from": 12, "to": 24}


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("open", "is open; pause it first"),
        ("closed", "is closed; to change this, open it again and pause it"),
        ("preparing", "is being prepared; wait until it is open"),
        ("archived", "is archived, and stays as it is"),
    ],
)
def test_who_may_not_change_the_crop_now_is_told_when(
    paper: Campaign, team: Team, status: str, words: str
) -> None:
    Campaign.objects.update(status=status)
    with pytest.raises(NotNowError, match=words):
        change_campaign(paper, {"crop_size": [64, 64, 4]}, team.manager, timezone.now())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"page_size": 24}, "page_size: it can be changed in a draft only"),
        ({"passes": 2}, "passes: it can be changed in a draft only"),
        ({"order": "random"}, "draft only"),
        ({"policy": {"rule": "weighted"}}, "policy: it can be changed in a draft only"),
        ({"crop_size": [64, 64, 4]}, "crop_size: the campaign is open; pause it first"),
    ],
)
def test_what_would_falsify_verdicts_is_refused(
    paper: Campaign, team: Team, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(NotNowError, match=words):
        change_campaign(paper, {"name": "Other"} | change, team.manager, timezone.now())
    assert Campaign.objects.get().name == "On paper", "all or nothing"


def test_instructions_may_change_while_people_work_and_make_a_version(
    paper: Campaign, team: Team
) -> None:
    assert paper.versions.get().shown["instructions"] == ""
    first = lease_page(paper, team.anna, timezone.now()).lease
    change_campaign(paper, {"instructions": "Look twice."}, team.manager, timezone.now())
    change_campaign(paper, {"instructions": "Look twice."}, team.manager, timezone.now())
    second = lease_page(paper, team.ben, timezone.now()).lease
    assert first is not None
    assert second is not None
    assert (first.version, second.version) == (1, 2)
    shown = {one.number: one.shown["instructions"] for one in paper.versions.all()}
    assert shown == {1: "", 2: "Look twice."}
    assert entries(paper)[-1] == ("settings_changed", {"changed": ["instructions"], "version": 2})


def test_a_crop_changes_in_a_pause_and_makes_a_version(paper: Campaign, team: Team) -> None:
    change_status(paper, "paused", team.manager, timezone.now())
    change_campaign(paper, {"crop_size": [64, 64, 4]}, team.manager, timezone.now())
    paper.refresh_from_db()
    assert paper.version == 2
    assert paper.versions.get(number=2).shown["crop"] == [64, 64, 4]


def test_categories_are_added_retitled_and_retired_never_deleted(
    paper: Campaign, team: Team
) -> None:
    now = timezone.now()
    with pytest.raises(NotNowError, match="pause it first"):
        add_category(paper, "Wrong side", team.manager, now)
    change_status(paper, "paused", team.manager, now)
    assert add_category(paper, "Wrong side", team.manager, now).key == "wrongSide"
    with pytest.raises(InvalidInputError, match="'wrongSide' is a category"):
        add_category(paper, "Wrong side", team.manager, now)
    change_category(paper, "badFit", team.manager, now, title="Bad mask")
    change_category(paper, "falsePositive", team.manager, now, retired=True)
    change_category(paper, "falsePositive", team.manager, now, retired=True)
    paper.refresh_from_db()
    assert paper.version == 4
    shown = [one["title"] for one in paper.versions.get(number=4).shown["categories"]]
    assert shown == ["Bad mask", "Pre and post swapped", "Cannot be judged", "Wrong side"]
    assert paper.error_categories.count() == 5
    assert paper.versions.get(number=1).shown["categories"][0]["key"] == "falsePositive"


def test_a_clone_is_a_draft_with_the_same_settings_and_people(
    tmp_path: Path, roles: dict[User, Membership.Role], team: Team
) -> None:
    policy = Policy(Rule.DAWID_SKENE, Redundancy.ADAPTIVE, 2, 9)
    source = draft(
        tmp_path, roles, instructions="Look.", assignment=Assignment(passes=2), policy=policy
    )
    change_category(source, "badFit", team.manager, timezone.now(), retired=True)
    clone = clone_campaign(source, "Again", team.ben, timezone.now())
    assert (clone.status, clone.instructions, clone.passes) == ("draft", "Look.", 2)
    assert clone.settling_policy.policy == policy
    keys = clone.error_categories.values_list("key", flat=True)
    assert [*keys] == ["falsePositive", "polaritySwitch", "cannotJudge"]
    members = {one.user: one.role for one in clone.memberships.select_related("user")}
    assert members == roles | {team.ben: ROLE.MANAGER}
    with pytest.raises(InvalidInputError, match="there is a campaign 'Again' already"):
        clone_campaign(source, "Again", team.manager, timezone.now())


def test_a_clone_has_the_teams_and_the_gold_and_no_deadline_that_has_passed(
    tmp_path: Path, roles: dict[User, Membership.Role], team: Team
) -> None:
    now = timezone.now()
    source = draft(tmp_path, roles, assignment=Assignment(needs_training=True))
    add_gold(source, [NewGold("row 1", 0, Label.CORRECT, "Look.")], team.manager, now)
    lab = TeamOfPeople.objects.create(name="lab")
    add_to_team(lab, team.outsider, team.manager, now)
    put_team_in(source, lab, ROLE.EXPERT, team.manager, now)
    Campaign.objects.filter(pk=source.pk).update(deadline=now - timedelta(days=1))
    source.refresh_from_db()
    clone = clone_campaign(source, "Again", team.manager, now)
    assert (clone.needs_training, clone.deadline) == (True, None)
    assert GoldAnswer.objects.get(item__campaign=clone).explanation == "Look."
    people = {one.user.username: one.role for one in clone.memberships.all()}
    assert people == {"manager": "manager", "anna": "annotator", "ben": "annotator"} | {
        "outsider": "expert"
    }
    _, details = entries(clone)[0]
    assert set(details["people"]) == {"manager", "anna", "ben"}
    remove_from_team(lab, team.outsider, team.manager, now)
    assert not clone.memberships.filter(user=team.outsider).exists(), "they came through it alone"
    later = now + timedelta(days=1)
    Campaign.objects.filter(pk=source.pk).update(deadline=later)
    source.refresh_from_db()
    assert clone_campaign(source, "Once more", team.manager, now).deadline == later


@pytest.mark.parametrize(
    ("assignment", "words"),
    [
        (Assignment(passes=16), "passes: give between 1 and 15, not 16"),
        (Assignment(open_pages_cap=0), "open_pages_cap: give between 1 and 20"),
        (Assignment(order="best"), "order: 'best' is none of table, spatial"),
        (Assignment(order_seed=-1), "order_seed"),
    ],
)
def test_bad_assignments_are_refused_by_field(
    tmp_path: Path, roles: dict[User, Membership.Role], assignment: Assignment, words: str
) -> None:
    with pytest.raises(InvalidInputError, match=words):
        draft(tmp_path, roles, assignment=assignment)


def test_a_policy_for_other_votes_than_the_passes_is_refused(
    tmp_path: Path, roles: dict[User, Membership.Role]
) -> None:
    with pytest.raises(InvalidInputError, match="passes: the policy is for 3 votes, but 1"):
        draft(tmp_path, roles, policy=Policy(votes=3, most_votes=3))
    assert not SettlingPolicy.objects.exists()
    assert not Campaign.objects.exists()


def test_a_policy_is_completed_with_what_is_best_for_its_redundancy() -> None:
    adaptive = make_policy(2, {"redundancy": "adaptive"})
    assert (adaptive.rule, adaptive.votes, adaptive.most_votes) == (Rule.DAWID_SKENE, 2, 9)
    assert adaptive.thresholds[Label.CORRECT] > 0.9
    fixed = make_policy(3, {})
    assert (fixed.rule, fixed.votes, fixed.most_votes) == (Rule.MAJORITY, 3, 3)
    with pytest.raises(InvalidInputError, match="most_votes: give between 4 and 15, not 2"):
        make_policy(4, {"redundancy": "adaptive", "most_votes": 2})


def test_the_command_takes_every_setting(
    tmp_path: Path, roles: dict[User, Membership.Role], team: Team
) -> None:
    make_empty_dataset(tmp_path / "draft", [ROW], name="drafts")
    words = "--dataset drafts --manager manager --annotator anna --draft --passes 2 --order random"
    words += " --order-seed 9 --open-pages-cap 3 --deadline 2031-05-01T12:00 --needs-training"
    words += " --redundancy adaptive --most-votes 5 --threshold-correct 0.97"
    call_command("open_campaign", "From a shell", *words.split(), stdout=StringIO())
    campaign = Campaign.objects.get(name="From a shell")
    deadline = datetime(2031, 5, 1, 12, tzinfo=UTC)
    assert assignment_of(campaign) == Assignment(2, "random", 9, 3, deadline, True)
    policy = campaign.settling_policy.policy
    assert (policy.redundancy, policy.most_votes) == (Redundancy.ADAPTIVE, 5)
    assert policy.thresholds[Label.CORRECT] == 0.97
    assert campaign.status == "draft"
    with pytest.raises(CommandError, match="passes: give between 1 and 15, not 99"):
        call_command("open_campaign", "Other", *words.replace("2", "99", 1).split())


def test_pages_of_several_passes_are_handed_out_as_chosen(
    tmp_path: Path, roles: dict[User, Membership.Role], team: Team
) -> None:
    campaign = draft(tmp_path, roles, assignment=Assignment(passes=2))
    start_campaign(campaign, team.manager, timezone.now())
    make_pages_if_started(campaign)
    assert [work(campaign, user) for user in (team.anna, team.ben, team.manager)] == [1, 1, 0]
