"""What the database itself refuses of revisions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from apps.campaigns.models import Campaign, Membership
from apps.proofreading.domain import Label
from apps.revision.models import AnsweredMark, Revision, RevisionLease
from tests.revision.drawing import draw, set_point
from tests.support.paper import paper_campaign
from tests.support.people import Team
from tests.support.revisions import settle_as, take_revision

pytestmark = pytest.mark.django_db


@pytest.fixture
def paper(tmp_path: Path, team: Team) -> Campaign:
    role = Membership.Role.ANNOTATOR
    paper = paper_campaign(tmp_path, {team.anna: role, team.ben: role}, instances=6)
    settle_as(paper.items.get(position=0), Label.INCORRECT)
    return paper


@pytest.fixture
def lease(paper: Campaign, team: Team) -> RevisionLease:
    return take_revision(paper, team.anna)


@pytest.mark.parametrize("table", ["maskslice", "marker", "answeredmark"])
@pytest.mark.parametrize("deed", ["UPDATE {} SET made_at = now()", "DELETE FROM {}"])
def test_what_people_drew_and_set_is_never_changed(
    lease: RevisionLease, team: Team, table: str, deed: str
) -> None:
    draw(lease, 3, 1)
    set_point(lease, "pre", 1, 4)
    AnsweredMark.objects.create(
        campaign=lease.revision.campaign,
        mark=lease.token,
        answer="dismissed",
        user=team.anna,
        made_at=timezone.now(),
    )
    statement = deed.format(f"revision_{table}")
    with (
        pytest.raises(IntegrityError, match="appended, never changed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def refuse(write: Callable[[], object], named: str) -> None:
    with pytest.raises(IntegrityError, match=named), transaction.atomic():
        write()


def test_a_version_is_there_once(lease: RevisionLease) -> None:
    draw(lease, 3, 1)
    set_point(lease, "pre", 1, 4)
    set_point(lease, "post", 1, 4)
    refuse(lambda: draw(lease, 3, 1), "a_version_of_a_slice_once")
    refuse(lambda: set_point(lease, "pre", 1, 5), "a_version_of_a_marker_once")


def test_shapes_that_cannot_be(lease: RevisionLease) -> None:
    refuse(lambda: draw(lease, 3, 1, hi_x=10), "a_slice_is_not_empty")
    refuse(lambda: set_point(lease, "pre", 1, 4, y=None), "a_marker_is_whole")
    refuse(lambda: set_point(lease, "axo", 1, 4), "side_is_known")


def test_a_revision_is_held_and_finished_as_a_whole(lease: RevisionLease) -> None:
    rows, now = Revision.objects.filter(pk=lease.revision_id), timezone.now()
    refuse(lambda: rows.update(lease=None), "a_held_revision_has_a_lease")
    named = "a_finished_revision_says_as_what"
    refuse(lambda: rows.update(finished_at=now), named)
    refuse(lambda: rows.update(decision="mended"), named)
    refuse(lambda: rows.update(finished_at=now, decision="fine"), named)  # it is held still
    refuse(lambda: rows.update(finished_at=now, held_until=None, decision="so-so"), named)
    refuse(lambda: rows.update(item=None), "of_an_item_or_an_added_one")
    leases = RevisionLease.objects.filter(pk=lease.pk)
    refuse(lambda: leases.update(ended_at=now), "an_ended_revision_lease_says_how")
