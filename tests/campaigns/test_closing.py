"""Who closes a campaign ends the work in it; nothing that was said is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from apps.campaigns.domain import WhyNone
from apps.campaigns.models import AuditEntry, Campaign, Membership, Page
from apps.campaigns.services.holding import StaleLeaseError
from apps.campaigns.services.leasing import lease_page
from apps.campaigns.services.life import change_status
from apps.proofreading.domain import Label
from apps.proofreading.selectors import items_of_lease, settled_items
from apps.proofreading.services.verdicts import NewVerdict, record_verdicts
from tests.support.paper import always, judge, paper_campaign
from tests.support.people import Team

pytestmark = pytest.mark.django_db


@pytest.fixture
def paper(tmp_path: Path, team: Team) -> Campaign:
    """Open, with four pages of six."""
    annotators = dict.fromkeys([team.anna, team.ben], Membership.Role.ANNOTATOR)
    return paper_campaign(tmp_path, {team.manager: Membership.Role.MANAGER} | annotators)


def last_details(campaign: Campaign) -> dict[str, Any]:
    entry = AuditEntry.objects.filter(campaign=campaign, action="status_changed").latest("pk")
    return dict(entry.details)


def test_closing_ends_all_work_at_once_and_opening_again_hands_the_pages_out(
    paper: Campaign, team: Team
) -> None:
    now = timezone.now()
    annas, bens = lease_page(paper, team.anna, now).lease, lease_page(paper, team.ben, now).lease
    assert annas is not None
    assert bens is not None
    judge(bens, always(Label.CORRECT))
    item = items_of_lease(annas)[0]
    record_verdicts(annas, [NewVerdict(uuid4(), item.pk, Label.INCORRECT, now)], now)
    change_status(paper, "closed", team.manager, now)
    with pytest.raises(StaleLeaseError, match="The campaign was closed, and its pages were taken"):
        judge(annas, always(Label.CORRECT))
    annas.refresh_from_db()
    assert (annas.ending, Page.objects.get(pk=annas.page_id).held_until) == ("expired", None)
    assert annas.verdicts.filter(late=False).count() == 1
    assert annas.verdicts.filter(late=True).count() == 6
    assert last_details(paper) == {"from": "open", "to": "closed", "pages_taken_back": 1}
    (so_far,) = [one for one in settled_items(paper) if one.item.pk == item.pk]
    assert so_far.label == Label.INCORRECT, "what was stored in time stands as before"
    assert lease_page(paper, team.ben, now).why == WhyNone.CAMPAIGN_CLOSED
    change_status(paper, "open", team.manager, now)
    again = lease_page(paper, team.anna, now).lease
    assert again is not None
    assert again.page_id == annas.page_id
    judge(again, always(Label.CORRECT))


def test_what_is_archived_takes_no_more_pages(paper: Campaign, team: Team) -> None:
    lease = lease_page(paper, team.anna, timezone.now()).lease
    assert lease is not None
    Campaign.objects.update(status="closed")  # as campaigns were closed before
    change_status(paper, "archived", team.manager, timezone.now())
    with pytest.raises(StaleLeaseError):
        judge(lease, always(Label.CORRECT))
    assert last_details(paper)["pages_taken_back"] == 1
