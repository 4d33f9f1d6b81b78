"""Nothing is looked at anew where nothing was counted, and nothing that was is overlooked."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.campaigns.models import Item
from apps.proofreading.domain import Label
from apps.proofreading.models import Recount
from apps.proofreading.selectors import items_of_lease
from apps.proofreading.services.revising import revise_verdicts
from apps.proofreading.services.settling import count_submitted
from apps.revision.services.gathering import Gathered, gather_all
from tests.campaigns.test_two_at_once import at_once
from tests.proofreading.test_cards_discards import BAD_FIT, FALSE, discard, said, says
from tests.support.paper import paper_campaign
from tests.support.people import Team, make_team
from tests.support.revisions import roles_of, settle_as, to_mend


@pytest.mark.django_db
def test_where_nothing_was_counted_one_statement_is_all(tmp_path: Path, team: Team) -> None:
    for number in range(3):
        to_mend(tmp_path, team, name=f"Campaign {number}")
    with CaptureQueriesContext(connection) as asked:
        assert gather_all() == Gathered(0, 0)
    assert len(asked) == 1
    assert "settlement" not in asked.captured_queries[0]["sql"]


@pytest.mark.django_db
def test_what_is_an_error_of_another_kind_now_comes_back(tmp_path: Path, team: Team) -> None:
    """It is incorrect as before, and discarded no longer."""
    paper = paper_campaign(tmp_path, roles_of(team), instances=6)
    lease = says(paper, team.anna, {0: FALSE})
    count_submitted(timezone.now())
    discard(paper, team.anna, 1)
    assert gather_all() == Gathered(0, 0)
    revise_verdicts(lease, [said(items_of_lease(lease)[0], *BAD_FIT)])
    count_submitted(timezone.now())
    assert gather_all() == Gathered(1, 0)


@pytest.mark.django_db(transaction=True)
def test_what_was_counted_before_and_stored_later_comes_too(tmp_path: Path) -> None:
    team = make_team()
    paper = paper_campaign(tmp_path, roles_of(team), instances=6)
    early, late = paper.items.filter(position__lt=2).order_by("position")
    before = timezone.now() - timedelta(minutes=1)

    def settle_and_gather(item: Item) -> None:
        settle_as(item, Label.INCORRECT)
        assert gather_all() == Gathered(1, 0)

    with transaction.atomic():
        settle_as(early, Label.INCORRECT, settled_at=before)
        at_once([lambda: settle_and_gather(late)])
    assert gather_all() == Gathered(1, 0)
    assert not Recount.objects.exists(), "each is seen once"
