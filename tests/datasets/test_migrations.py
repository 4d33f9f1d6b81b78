"""Instances from before the partitions keep their rows, ids and items."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from django.db import IntegrityError, connection, transaction
from pytest_django import DjangoDbBlocker

from apps.campaigns.models import Item, Membership
from apps.datasets.models import Instance
from apps.voxels.morton import morton_codes
from tests.support.migrating import migrate, newest, own_database
from tests.support.paper import paper_campaign
from tests.support.people import make_team

pytestmark = pytest.mark.django_db

BEFORE = [("datasets", "0002_sparse_volumes")]
Rows = set[tuple[Any, ...]]


def items_and_rows() -> tuple[Rows, Rows]:
    fields = ("pk", "source_id", "center_x", "pre_root_id")
    items = Item.objects.values_list("pk", "instance_id")
    return set(items), set(Instance.objects.values_list(*fields))


@pytest.fixture(scope="module")
def found_before(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Rows, Rows]]:
    """The items and rows of a campaign that then went back to before the partitions, and from
    there to the newest migrations."""
    with django_db_blocker.unblock(), own_database():
        roles = {make_team().anna: Membership.Role.ANNOTATOR}
        paper_campaign(tmp_path_factory.mktemp("before"), roles, instances=12)
        found = items_and_rows()
        migrate(BEFORE)
        migrate(newest())
        yield found


def test_rows_and_ids_stay_and_get_their_place(found_before: tuple[Rows, Rows]) -> None:
    assert items_and_rows() == found_before
    centers = np.array([one.center for one in Instance.objects.order_by("pk")], dtype=np.int64)
    places = list(Instance.objects.order_by("pk").values_list("place", flat=True))
    assert places == morton_codes(centers).tolist()


@pytest.mark.usefixtures("found_before")
def test_the_database_still_keeps_instances_whole() -> None:
    one = Instance.objects.earliest("pk")
    with pytest.raises(IntegrityError), transaction.atomic():
        Instance.objects.filter(pk=one.pk)._raw_delete("default")  # an item has it
    one.pk = None
    with pytest.raises(IntegrityError, match="source_id"), transaction.atomic():
        one.save(force_insert=True)  # a second row of the same source id
    one.source_id = 10_000
    one.save(force_insert=True)
    assert one.pk > max(Instance.objects.exclude(pk=one.pk).values_list("pk", flat=True))
    Instance.objects.filter(pk=one.pk).update(table_id=10**6)
    with pytest.raises(IntegrityError):
        connection.check_constraints()
