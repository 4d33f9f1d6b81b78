"""Very many missed synapses of a file are added at once, and hold nobody up."""

from __future__ import annotations

import json
import random
import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from apps.campaigns.models import Campaign, Membership
from apps.datasets.models import Instance, SynapseTable
from apps.exports.domain.reading import SynAnnoFile, read_document
from apps.exports.domain.records import GridTimes, SynapseRecord
from apps.exports.models import RestoredPlace
from apps.exports.services import restoring
from apps.exports.services.restores_places import keep_places
from apps.exports.services.restoring import Restored, restore_campaign
from apps.revision.models import AddedSynapse, Revision
from apps.revision.selectors.additions import near
from apps.revision.services.additions import add_synapse
from apps.voxels.geometry import Box, Point
from tests.revision.test_additions import seen
from tests.support.paper import paper_campaign
from tests.support.people import Team, make_team

BOUNDS = Box(Point(0, 0, 0), Point(1024, 1024, 1024))


def record(
    index: int, center: Point, pre: Point | None, post: Point | None, is_missed: bool = True
) -> SynapseRecord:
    return SynapseRecord(
        page=1,
        index=index,
        source_id=-1 if is_missed else index,
        label="incorrect" if is_missed else "correct",
        error_description="False Negative" if is_missed else "None",
        center=center,
        pre_pt=pre,
        post_pt=post,
        crop=Point(64, 64, 6),
        bounds=BOUNDS,
        is_missed=is_missed,
    )


def file_of(campaign: Campaign, missed: list[Point]) -> SynAnnoFile:
    """The first synapse of a campaign, and others that its table missed."""
    first = campaign.items.select_related("instance").earliest("position").instance
    records = [record(0, first.center, first.pre_pt, first.post_pt, is_missed=False)]
    records += [record(index, at, at, None) for index, at in enumerate(missed, 1)]
    document = {
        "Proofread Time": GridTimes(None, None).as_json(),
        "Metadata": [one.as_json() for one in records],
    }
    return read_document(json.dumps(document), "many.json")


def restored(campaign: Campaign, team: Team, missed: list[Point]) -> Restored:
    file = file_of(campaign, missed)
    return restore_campaign("Many", campaign.table, file, team.ben, now=timezone.now())


def roles_of(team: Team) -> dict[Any, Membership.Role]:
    return {team.anna: Membership.Role.MANAGER}


@pytest.mark.django_db
def test_many_need_no_more_statements_than_few_and_know_their_neighbours(
    tmp_path: Path, team: Team, django_assert_max_num_queries: Any
) -> None:
    campaign = paper_campaign(tmp_path, roles_of(team), instances=6)
    places = random.Random(5)
    missed = [Point(*(places.randrange(90, 250) for _ in range(3))) for _ in range(150)]
    missed += [Point(900, 900, 900), missed[0]]
    with django_assert_max_num_queries(90):
        again = restored(campaign, team, missed).campaign

    added = list(AddedSynapse.objects.filter(campaign=again).order_by("pk"))
    assert [one.instance.center for one in added] == missed
    assert [one.instance.source_id for one in added] == list(range(152))
    table = SynapseTable.objects.get(pk=added[0].instance.table_id)
    assert (table.row_count, table.name) == (152, "Missed in Many")
    assert Revision.objects.filter(campaign=again, added__isnull=False).count() == 152
    assert RestoredPlace.objects.filter(campaign=again, added__isnull=False).count() == 152
    # As `near` tells it of one, but for those that came later in the file.
    for one in (*added[:40], *added[-2:]):
        earlier = {other.instance_id for other in added if other.pk < one.pk}
        of_table = {item.instance_id for item in campaign.items.all()}
        expected = [
            (str(other.id), "added" if other.is_added else "table", round(other.distance_nm, 1))
            for other in near(again, one.instance.center)
            if other.id in earlier | of_table
        ]
        told = [(beside["id"], beside["origin"], beside["distance_nm"]) for beside in one.near]
        assert told[: len(expected)] == expected
        assert {int(name) for name, _, _ in told} <= earlier | of_table
    assert added[-2].near == []
    assert added[-1].near[0]["distance_nm"] == 0


@pytest.mark.django_db(transaction=True)
def test_others_add_meanwhile_and_are_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits until a campaign is restored; what they add near is kept with its synapses."""
    team = make_team()
    campaign = paper_campaign(tmp_path, roles_of(team), instances=6)
    theirs: list[AddedSynapse] = []

    def add() -> None:
        try:
            new = seen(Point(700, 700, 703))
            theirs.append(add_synapse(campaign, team.anna, new, timezone.now()))
        finally:
            connection.close()

    def meanwhile(*given: Any) -> None:
        keep_places(*given)
        thread = threading.Thread(target=add, daemon=True)
        thread.start()
        thread.join(timeout=20)
        assert theirs, "somebody else waited"

    monkeypatch.setattr(restoring, "keep_places", meanwhile)
    again = restored(campaign, team, [Point(700, 700, 700), Point(300, 300, 300)]).campaign

    near_it, far = AddedSynapse.objects.filter(campaign=again).order_by("pk")
    instance = Instance.objects.get(pk=theirs[0].instance_id)
    assert near_it.near == [
        {
            "id": str(instance.pk),
            "source_id": "0",
            "origin": "added",
            "distance_nm": 24.0,
            "center": [700, 700, 703],
        }
    ]
    assert far.near == []
