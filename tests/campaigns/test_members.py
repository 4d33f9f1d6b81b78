"""Who takes part, as what, and what becomes of their pages when that changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import timezone

from apps.accounts.models import Team as TeamOfPeople
from apps.campaigns.domain import WhyPage
from apps.campaigns.models import Campaign, Membership, Page
from apps.campaigns.services.holding import StaleLeaseError
from apps.campaigns.services.leasing import lease_page
from apps.campaigns.services.members import set_role
from apps.campaigns.services.teams import add_to_team, put_team_in, take_team_out
from apps.proofreading.domain import Label
from tests.support.paper import always, judge, paper_campaign
from tests.support.people import Team

pytestmark = pytest.mark.django_db

ROLE = Membership.Role


@pytest.fixture
def paper(tmp_path: Path, team: Team) -> Campaign:
    """Open, with two pages of six, the first for experts; Anna is one."""
    roles = {team.manager: ROLE.MANAGER, team.anna: ROLE.EXPERT, team.ben: ROLE.EXPERT}
    campaign = paper_campaign(tmp_path, roles, instances=12, open_pages_cap=2)
    campaign.pages.filter(number=1).update(kind=Page.Kind.ADJUDICATION)
    return campaign


def test_who_is_no_expert_any_more_keeps_no_page_of_experts(paper: Campaign, team: Team) -> None:
    now = timezone.now()
    disputed = lease_page(paper, team.anna, now).lease
    ordinary = lease_page(paper, team.anna, now, another=True).lease
    assert disputed is not None
    assert ordinary is not None
    set_role(paper, team.anna, ROLE.ANNOTATOR, team.manager, now)
    judge(ordinary, always(Label.CORRECT))
    with pytest.raises(StaleLeaseError):
        judge(disputed, always(Label.CORRECT))
    assert lease_page(paper, team.ben, now).why == WhyPage.ADJUDICATION


def test_a_role_that_is_given_again_is_a_persons_own(paper: Campaign, team: Team) -> None:
    lab, now = TeamOfPeople.objects.create(name="lab"), timezone.now()
    add_to_team(lab, team.outsider, team.manager, now)
    put_team_in(paper, lab, ROLE.ANNOTATOR, team.manager, now)
    assert set_role(paper, team.outsider, ROLE.ANNOTATOR, team.manager, now).team is None
    take_team_out(paper, lab, team.manager, now)
    assert paper.memberships.get(user=team.outsider).role == ROLE.ANNOTATOR
