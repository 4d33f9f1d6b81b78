"""Instances from before the partitions keep their rows, ids and items."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from apps.campaigns.models import Item, Membership
from apps.datasets.models import Instance
from apps.voxels.morton import morton_codes
from tests.support.paper import paper_campaign
from tests.support.people import Team

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = [("datasets", "0002_sparse_volumes")]


@pytest.fixture
def newest() -> Iterator[list[tuple[str, str]]]:
    """The newest migrations; afterwards the database is as new as before."""
    targets = MigrationExecutor(connection).loader.graph.leaf_nodes()
    yield targets
    MigrationExecutor(connection).migrate(targets)


def test_rows_and_ids_stay_and_get_their_place(
    tmp_path: Path, team: Team, newest: list[tuple[str, str]]
) -> None:
    campaign = paper_campaign(tmp_path, {team.anna: Membership.Role.ANNOTATOR}, instances=12)
    items = set(campaign.items.values_list("pk", "instance_id"))
    rows = set(Instance.objects.values_list("pk", "source_id", "center_x", "pre_root_id"))
    MigrationExecutor(connection).migrate(BEFORE)
    MigrationExecutor(connection).migrate(newest)

    assert set(Instance.objects.values_list("pk", "source_id", "center_x", "pre_root_id")) == rows
    assert set(Item.objects.values_list("pk", "instance_id")) == items
    centers = np.array([one.center for one in Instance.objects.order_by("pk")], dtype=np.int64)
    places = list(Instance.objects.order_by("pk").values_list("place", flat=True))
    assert places == morton_codes(centers).tolist()


def test_the_database_still_keeps_instances_whole(
    tmp_path: Path, team: Team, newest: list[tuple[str, str]]
) -> None:
    paper_campaign(tmp_path, {team.anna: Membership.Role.ANNOTATOR}, instances=6)
    MigrationExecutor(connection).migrate(BEFORE)
    MigrationExecutor(connection).migrate(newest)

    one = Instance.objects.earliest("pk")
    with pytest.raises(IntegrityError), transaction.atomic():
        Instance.objects.filter(pk=one.pk)._raw_delete("default")  # an item has it
    one.pk = None
    with pytest.raises(IntegrityError, match="source_id"), transaction.atomic():
        one.save(force_insert=True)  # a second row of the same source id
    one.source_id = 10_000
    one.save(force_insert=True)
    assert one.pk > max(Instance.objects.exclude(pk=one.pk).values_list("pk", flat=True))
    with pytest.raises(IntegrityError), transaction.atomic():
        Instance.objects.filter(pk=one.pk).update(table_id=10**6)
