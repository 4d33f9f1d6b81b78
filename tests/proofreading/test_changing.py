"""What a manager does not name stays as it is, and limits hold by whichever way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from apps.campaigns.models import Campaign, Membership
from apps.core.errors import InvalidInputError
from apps.proofreading.domain import (
    ADAPTIVE_MOST_VOTES,
    ADAPTIVE_THRESHOLDS,
    CANNOT_JUDGE,
    Label,
)
from apps.proofreading.services.shown import MOST_CATEGORIES, add_category, change_category
from tests.support.paper import paper_campaign
from tests.support.people import Team
from tests.support.work import client_of, lease, post, verdict

pytestmark = pytest.mark.django_db

ROLE = Membership.Role


@pytest.fixture
def draft(tmp_path: Path, team: Team) -> Campaign:
    campaign = paper_campaign(tmp_path, {team.manager: ROLE.MANAGER}, instances=6)
    Campaign.objects.filter(pk=campaign.pk).update(status=Campaign.Status.DRAFT)
    return campaign


def change(campaign: Campaign, team: Team, **settings: Any) -> Any:
    manager = client_of(team.manager)
    url = f"/api/campaigns/{campaign.pk}"
    return manager.patch(url, data=settings, content_type="application/json")


def test_the_rest_of_a_policy_stays_where_a_part_is_changed(draft: Campaign, team: Team) -> None:
    chosen = {"most_votes": 7, "threshold_correct": 0.95, "threshold_incorrect": 0.9}
    change(draft, team, passes=2, policy={"redundancy": "adaptive"} | chosen)
    for part in (
        {"redundancy": "adaptive", "rule": "weighted"},
        {"rule": "weighted"},
    ):
        policy = change(draft, team, policy=part).json()["policy"]
        assert policy == {"redundancy": "adaptive", "rule": "weighted"} | chosen
    policy = change(draft, team, policy={"most_votes": 5}).json()["policy"]
    assert policy == {"redundancy": "adaptive", "rule": "weighted"} | chosen | {"most_votes": 5}


def test_another_redundancy_begins_with_what_is_best_there(draft: Campaign, team: Team) -> None:
    change(draft, team, policy={"rule": "weighted", "threshold_correct": 0.6})
    policy = change(draft, team, passes=2, policy={"redundancy": "adaptive"}).json()["policy"]
    assert policy == {
        "redundancy": "adaptive",
        "rule": "dawid_skene",
        "most_votes": ADAPTIVE_MOST_VOTES,
        "threshold_correct": ADAPTIVE_THRESHOLDS[Label.CORRECT],
        "threshold_incorrect": ADAPTIVE_THRESHOLDS[Label.INCORRECT],
    }
    policy = change(draft, team, policy={"redundancy": "fixed"}).json()["policy"]
    assert (policy["rule"], policy["most_votes"]) == ("majority", 2)


def test_a_fixed_policy_follows_the_passes(draft: Campaign, team: Team) -> None:
    change(draft, team, policy={"rule": "weighted"})
    changed = change(draft, team, passes=3, policy={"redundancy": "fixed"}).json()
    assert (changed["policy"]["rule"], changed["policy"]["most_votes"]) == ("weighted", 3)


def test_a_category_is_not_offered_again_where_there_are_enough(
    draft: Campaign, team: Team
) -> None:
    by, now = team.manager, timezone.now()
    change_category(draft, "badFit", by, now, retired=True)
    offered = draft.error_categories.filter(retired_at=None)
    for number in range(MOST_CATEGORIES + 1 - offered.count()):  # one is built in
        add_category(draft, f"Kind {number}", by, now)
    with pytest.raises(InvalidInputError, match="at most 20; retire one first"):
        change_category(draft, "badFit", by, now, retired=False)
    change_category(draft, "badFit", by, now, title="Bad mask")
    change_category(draft, "kind0", by, now, retired=True)
    change_category(draft, "badFit", by, now, retired=False)
    assert offered.count() == MOST_CATEGORIES + 1


def test_a_label_may_name_every_category(campaign: Campaign, team: Team) -> None:
    Campaign.objects.update(status=Campaign.Status.PAUSED)
    for number in range(MOST_CATEGORIES + 1 - campaign.error_categories.count()):
        add_category(campaign, f"Kind {number}", team.manager, timezone.now())
    Campaign.objects.update(status=Campaign.Status.OPEN)
    anna = client_of(team.anna)
    page = lease(anna, campaign)[0].header
    named = [one["key"] for one in page["categories"] if one["key"] != CANNOT_JUDGE]
    assert len(named) == MOST_CATEGORIES
    said = verdict(page["tiles"][0]["item"], categories=named)
    answer = post(anna, page["lease"]["verdicts_url"], {"verdicts": [said]})
    assert answer.status_code == 200
