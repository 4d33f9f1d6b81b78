"""Migrations of revision go over tables in which people have drawn, and back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone

from apps.campaigns.models import Membership
from apps.proofreading.domain import Label
from apps.revision.domain import Decision
from apps.revision.models import Marker, MaskSlice, Revision, RevisionLease, RevisionSettings
from apps.revision.services.finishing import finish
from apps.revision.services.gathering import Gathered, gather_all
from tests.revision.drawing import draw, set_point
from tests.support.migrating import migrate, newest, own_database
from tests.support.paper import paper_campaign
from tests.support.people import make_team
from tests.support.revisions import settle_as, take_revision

pytestmark = pytest.mark.django_db(transaction=True)

FIRST = [("revision", "0002_what_is_drawn_stays")]


@pytest.fixture(autouse=True)
def own() -> Iterator[None]:
    with own_database():
        yield


def test_what_was_drawn_is_there_afterwards(tmp_path: Path) -> None:
    team = make_team()
    paper = paper_campaign(tmp_path, {team.anna: Membership.Role.ANNOTATOR}, instances=6)
    for item in paper.items.filter(position__lt=2):
        settle_as(item, Label.INCORRECT)
    lease = take_revision(paper, team.anna)
    draw(lease, 3, 1)
    set_point(lease, "pre", 1, 4)
    finish(lease, Decision.MENDED, "wider", timezone.now())
    held = take_revision(paper, team.anna)
    RevisionSettings.objects.update(depth=20)

    migrate(FIRST)
    migrate(newest())

    revisions = Revision.objects.order_by("rank").values_list("decision", "note", "lease")
    assert list(revisions) == [("mended", "wider", lease.pk), ("", "", held.pk)]
    assert RevisionLease.objects.get(pk=held.pk).ending == ""
    assert (MaskSlice.objects.get().z, Marker.objects.get().x) == (3, 4)
    assert RevisionSettings.objects.values_list("depth", "gathered").get() == (20, "")
    assert gather_all() == Gathered(0, 0), "what is gathered anew is what was there"
