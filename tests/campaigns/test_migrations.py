"""Campaigns from before the passes keep their pages, labels and order."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from tests.support.migrating import migrate, own_database

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = [("campaigns", "0002_campaign_attempts")]
AFTER = [("campaigns", "0005_items_leave_their_page")]


@pytest.fixture
def old_apps() -> Iterator[Any]:
    """The models as they were."""
    with own_database():
        loader = migrate([*BEFORE, ("proofreading", None)]).loader
        unmoved = [
            node for app in ("accounts", "datasets") for node in loader.graph.leaf_nodes(app)
        ]
        yield loader.project_state([*BEFORE, *unmoved]).apps


def test_pages_become_the_first_pass_over_their_sheets(old_apps: Any) -> None:
    def model(app: str, name: str) -> Any:
        return old_apps.get_model(app, name).objects

    anna = model("accounts", "User").create(username="anna")
    dataset = model("datasets", "Dataset").create(name="old")
    table = model("datasets", "SynapseTable").create(
        dataset=dataset, name="t", version=1, source="t.csv", row_count=3,
        resolution_x=8, resolution_y=8, resolution_z=8,
    )  # fmt: skip
    campaign = model("campaigns", "Campaign").create(name="old", table=table, status="open")
    places = dict.fromkeys(["center_x", "center_y", "center_z"], 5)
    places |= dict.fromkeys(["box_lo_x", "box_lo_y", "box_lo_z"], 0)
    places["place"] = 0
    places |= dict.fromkeys(["box_hi_x", "box_hi_y", "box_hi_z"], 9)
    pages = [model("campaigns", "Page").create(campaign=campaign, number=n) for n in (1, 2)]
    for position, page in enumerate([pages[0], pages[0], pages[1]]):
        instance = model("datasets", "Instance").create(table=table, source_id=position, **places)
        model("campaigns", "Item").create(
            campaign=campaign, page=page, instance=instance, position=position
        )
    now = timezone.now()
    lease = model("campaigns", "Lease").create(
        page=pages[0], user=anna, token=uuid.uuid4(), leased_at=now, ended_at=now,
        ending="submitted",
    )  # fmt: skip
    model("campaigns", "Page").filter(pk=pages[0].pk).update(lease=lease, submitted_at=now)

    new_apps = migrate(AFTER).loader.project_state(AFTER).apps

    def rows(name: str, *fields: str) -> list[Any]:
        return list(
            new_apps.get_model("campaigns", name).objects.order_by("pk").values_list(*fields)
        )

    assert rows("Item", "position", "sheet") == [(0, 1), (1, 1), (2, 2)]
    assert rows("PageItem", "page__number", "item__position") == [(1, 0), (1, 1), (2, 2)]
    assert rows("Page", "number", "rank", "sheets", "kind") == [
        (1, 1, [1], "ordinary"),
        (2, 2, [2], "ordinary"),
    ]
    assert rows("Visit", "user_id", "sheet") == [(anna.pk, 1)]
