"""What cannot be judged: said in so many words, counted as unsure, told wherever results are."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Membership
from apps.core.errors import InvalidInputError
from apps.evaluation.models import Report
from apps.evaluation.services.reporting import make_reports
from apps.exports.services.writing import synanno_pieces
from apps.proofreading.domain import CANNOT_JUDGE, Label
from apps.proofreading.models import Settlement
from apps.proofreading.selectors import settled_items
from apps.proofreading.services.settling import count_submitted
from apps.proofreading.services.shown import add_category, change_category
from tests.support.paper import paper_campaign
from tests.support.people import Team
from tests.support.work import client_of, labels_of, lease, post, verdict

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_waits_for_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """There are none on paper, and what is told does not hang on them."""
    monkeypatch.setattr("apps.campaigns.services.cutouts.PATIENCE_S", 0.0)


NOW = timezone.now


@pytest.fixture
def campaign(team: Team, tmp_path: Path) -> Campaign:
    roles = {team.manager: Membership.Role.MANAGER}
    roles |= dict.fromkeys((team.anna, team.ben), Membership.Role.ANNOTATOR)
    return paper_campaign(tmp_path, roles, instances=6)


def submit(campaign: Campaign, user: User, said: dict[int, dict[str, Any]]) -> Any:
    """Submit the page with this said of its tiles, by their places, and the rest as correct."""
    client = client_of(user)
    page = lease(client, campaign)[0].header
    items = [tile["item"] for tile in page["tiles"]]
    verdicts = [verdict(items[place], **one) for place, one in said.items()]
    labels = labels_of(page, {one["item"]: one["label"] for one in verdicts})
    url = page["lease"]["submit_url"]
    return post(client, url, {"verdicts": verdicts, "labels": labels})


UNSEEN = {"label": "unsure", "categories": [CANNOT_JUDGE], "note": "the section is torn"}


def test_a_page_with_what_cannot_be_judged_is_submitted(campaign: Campaign, team: Team) -> None:
    assert submit(campaign, team.anna, {0: UNSEEN}).status_code == 200
    count_submitted(NOW())
    found = list(settled_items(campaign))
    assert (found[0].label, found[0].categories) == (Label.UNSURE, (CANNOT_JUDGE,))
    assert Settlement.objects.get(item=found[0].item).state == "disputed", "as any unsure is"
    told = "".join(synanno_pieces(campaign))
    assert '"Error_Description": "cannotJudge: the section is torn"' in told


def test_the_dashboard_counts_it_among_the_kinds_of_error(campaign: Campaign, team: Team) -> None:
    wrong = {"label": "incorrect", "categories": ["badFit"]}
    submit(campaign, team.anna, {0: UNSEEN, 1: UNSEEN, 2: wrong, 3: {"label": "unsure"}})
    count_submitted(NOW())
    assert make_reports(campaign.pk, NOW() + timedelta(hours=1))
    body = Report.objects.get(campaign=campaign, kind="categories").body
    counts = {one["key"]: (one["votes"], one["instances"]) for one in body["kinds"]}
    assert counts == {
        "falsePositive": (0, 0),
        "badFit": (1, 1),
        "polaritySwitch": (0, 0),
        CANNOT_JUDGE: (2, 2),
        "": (0, 0),
    }


@pytest.mark.parametrize("label", ["correct", "incorrect"])
def test_what_cannot_be_judged_is_neither_right_nor_wrong(
    campaign: Campaign, team: Team, label: str
) -> None:
    answer = submit(campaign, team.anna, {0: UNSEEN | {"label": label}})
    assert answer.status_code == 400
    assert "categories" in answer.json()["error"]["field"]


def test_every_campaign_has_it_and_nobody_takes_it_away(campaign: Campaign, team: Team) -> None:
    Campaign.objects.update(status=Campaign.Status.PAUSED)
    with pytest.raises(InvalidInputError, match="built into every campaign"):
        change_category(campaign, CANNOT_JUDGE, team.manager, NOW(), retired=True)
    with pytest.raises(InvalidInputError, match="built into every campaign"):
        change_category(campaign, CANNOT_JUDGE, team.manager, NOW(), title="Whatever")
    with pytest.raises(InvalidInputError, match="'cannotJudge' is a category of this campaign"):
        add_category(campaign, "Cannot judge", team.manager, NOW())
    told = client_of(team.manager).get(f"/api/campaigns/{campaign.pk}").json()["categories"]
    assert [one["key"] for one in told if one["built_in"]] == [CANNOT_JUDGE]
    page = client_of(team.manager).get(f"/campaigns/{campaign.pk}/manage/?tab=instructions")
    assert page.status_code == 200


def test_those_who_could_see_it_overrule_it(team: Team, tmp_path: Path) -> None:
    people = (team.anna, team.ben, team.manager)
    roles = dict.fromkeys(people, Membership.Role.ANNOTATOR)
    campaign = paper_campaign(tmp_path, roles, instances=6, passes=3)
    submit(campaign, team.anna, {0: UNSEEN})
    for person in people[1:]:
        submit(campaign, person, {})
    count_submitted(NOW())
    found = next(iter(settled_items(campaign)))
    assert (found.label, found.categories) == (Label.CORRECT, ())
    assert Settlement.objects.get(item=found.item).state == "settled"
