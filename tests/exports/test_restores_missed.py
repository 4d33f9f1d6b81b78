"""Very many missed synapses of a file are added at once, and hold nobody up."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from apps.campaigns.models import Campaign, Membership
from apps.datasets.models import Instance, SynapseTable, Volume
from apps.datasets.services.adding import add_instances
from apps.exports.domain.reading import SynAnnoFile, read_document
from apps.exports.domain.records import GridTimes, SynapseRecord
from apps.exports.models import RestoredPlace
from apps.exports.services import restoring
from apps.exports.services.restores_places import keep_places
from apps.exports.services.restoring import Restored, restore_campaign
from apps.revision.models import AddedSynapse, Revision
from apps.revision.selectors.additions import near
from apps.revision.selectors.additions_many import near_many
from apps.revision.services import additions_known
from apps.revision.services.additions import add_synapse, withdraw_synapse
from apps.revision.services.markers import CHECKED_WITHIN
from apps.revision.services.sweeping import resume_checks
from apps.voxels.geometry import Box, Point
from tests.revision.test_additions import seen
from tests.support.paper import paper_campaign
from tests.support.people import Team, make_team

NO_TIMES = GridTimes(None, None)
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


def first_of(campaign: Campaign) -> Instance:
    return campaign.items.select_related("instance").earliest("position").instance


def file_of(first: Instance, missed: list[Point], times: GridTimes = NO_TIMES) -> SynAnnoFile:
    """A synapse, and others that its table missed."""
    records = [record(0, first.center, first.pre_pt, first.post_pt, is_missed=False)]
    records += [record(index, at, at, None) for index, at in enumerate(missed, 1)]
    document = {
        "Proofread Time": times.as_json(),
        "Metadata": [one.as_json() for one in records],
    }
    return read_document(json.dumps(document), "many.json")


def restored(campaign: Campaign, team: Team, missed: list[Point]) -> Restored:
    file = file_of(first_of(campaign), missed)
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


@pytest.mark.django_db
def test_their_neurons_are_read_at_once_whatever_times_the_file_tells(
    tmp_path: Path, team: Team
) -> None:
    campaign = paper_campaign(tmp_path, roles_of(team), instances=6)
    neurons = campaign.table.dataset.volumes.get(kind=Volume.Kind.CLEFT)
    neurons.pk, neurons.kind = None, Volume.Kind.NEURON
    neurons.save()
    missed = [Point(300 + number, 300, 300) for number in range(150)]
    begun, ended = datetime(2198, 1, 1, tzinfo=UTC), datetime(2199, 1, 1, tzinfo=UTC)
    file = file_of(first_of(campaign), missed, GridTimes(begun, ended))
    now = timezone.now()
    again = restore_campaign("Late", campaign.table, file, team.ben, now=now).campaign

    due = AddedSynapse.objects.filter(campaign=again, added_at=ended, retry_at=now + CHECKED_WITHIN)
    assert due.count() == 150
    assert resume_checks(now + CHECKED_WITHIN) == 100


def by_somebody_else(deed: Callable[[], AddedSynapse]) -> AddedSynapse:
    done: list[AddedSynapse] = []

    def do() -> None:
        try:
            done.append(deed())
        finally:
            connection.close()

    thread = threading.Thread(target=do, daemon=True)
    thread.start()
    thread.join(timeout=20)
    assert done, "somebody else waited"
    return done[0]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_of_what_was_missed", [False, True])
def test_others_add_meanwhile_and_are_told_of_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_of_what_was_missed: bool
) -> None:
    """Nobody waits until a campaign is restored; what they add near is kept with its synapses,
    also where they add to the very table that it is of."""
    team = make_team()
    campaign = paper_campaign(tmp_path, roles_of(team), instances=6)
    theirs: dict[int, AddedSynapse] = {}

    def add(z: int) -> AddedSynapse:
        known = frozenset(one.instance_id for one in theirs.values())
        new = seen(Point(700, 700, z), despite=known)
        theirs[z] = by_somebody_else(lambda: add_synapse(campaign, team.anna, new, timezone.now()))
        return theirs[z]

    def before_neighbours_are_looked_for(*given: Any) -> Any:
        add(701)
        return add_instances(*given)

    def after_they_were(*given: Any) -> None:
        keep_places(*given)
        add(705)
        gone = add(702)
        by_somebody_else(lambda: withdraw_synapse(campaign, gone.pk, team.anna, timezone.now()))
        monkeypatch.setattr(additions_known, "near_many", while_others_are_looked_at)

    def while_others_are_looked_at(*given: Any) -> Any:
        if 709 not in theirs:
            add(709)
        return near_many(*given)

    first = first_of(campaign)
    if is_of_what_was_missed:
        new = seen(Point(900, 900, 900))
        first = add_synapse(campaign, team.anna, new, timezone.now()).instance
    file = file_of(first, [Point(700, 700, 700), Point(300, 300, 300)])
    monkeypatch.setattr(additions_known, "add_instances", before_neighbours_are_looked_for)
    monkeypatch.setattr(restoring, "keep_places", after_they_were)
    again = restore_campaign("Many", first.table, file, team.ben, now=timezone.now()).campaign

    near_it, far = AddedSynapse.objects.filter(campaign=again).order_by("pk")
    assert near_it.near == [
        {
            "id": str(theirs[z].instance_id),
            "source_id": str(theirs[z].instance.source_id),
            "origin": "table" if is_of_what_was_missed else "added",
            "distance_nm": 8.0 * (z - 700),
            "center": [700, 700, z],
        }
        for z in (701, 705, 709)
    ]
    assert far.near == []
