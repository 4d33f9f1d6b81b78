"""Campaigns from before there were versions keep what their people were shown; those from before
what cannot be judged had a category get it, as a new version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign, CampaignVersion
from apps.proofreading.services.campaigns import change_campaign, move_campaign
from tests.support.migrating import before, migrate, newest, own_database

pytestmark = pytest.mark.django_db(transaction=True)

CHANGES = [
    ("campaigns", "0012_webhooks_rest"),
    ("proofreading", "0004_what_people_were_shown"),
]


@pytest.fixture
def old_apps() -> Iterator[Any]:
    """The models as they were."""
    with own_database(has_tables=False):
        former = before(*CHANGES)
        yield migrate(former).loader.project_state(former).apps


def test_the_former_instructions_are_kept_and_the_category_is_added(old_apps: Any) -> None:
    def model(app: str, name: str) -> Any:
        return old_apps.get_model(app, name).objects

    manager = model("accounts", "User").create(username="manager")
    dataset = model("datasets", "Dataset").create(name="old")
    table = model("datasets", "SynapseTable").create(
        dataset=dataset, name="t", version=1, source="t.csv", row_count=3,
        resolution_x=8, resolution_y=8, resolution_z=8,
    )  # fmt: skip
    of = {"table": table, "created_by": manager, "instructions": "Look for vesicles."}
    old = model("campaigns", "Campaign").create(name="old", status="open", **of)
    model("campaigns", "Campaign").create(name="draft", status="draft", **of)
    later = model("campaigns", "Campaign").create(name="later", status="paused", version=2, **of)
    closed = model("campaigns", "Campaign").create(name="closed", status="closed", **of)
    kept = model("campaigns", "CampaignVersion").create(
        campaign=later, number=2, shown={"instructions": "As it is."}, made_at=timezone.now()
    )
    categories = model("proofreading", "ErrorCategory")
    categories.create(campaign=old, key="badFit", title="Bad fit", position=1)
    categories.create(campaign=old, key="merged", title="Merged", position=0)
    categories.create(campaign=old, key="gone", title="Gone", position=2, retired_at=timezone.now())
    pictures = model("campaigns", "ExamplePicture")
    picture = pictures.create(
        campaign=old, position=0, caption="A cleft", content_type="image/png", content=b""
    )

    migrate(newest())

    written = CampaignVersion.objects.get(campaign=old.pk, number=1)
    assert (written.made_by_id, written.made_at) == (manager.pk, old.created_at)
    assert written.shown == {
        "instructions": "Look for vesicles.",
        "crop": [256, 256, 6],
        "categories": [
            {"key": "merged", "title": "Merged"},
            {"key": "badFit", "title": "Bad fit"},
        ],
        "pictures": [{"id": picture.pk, "caption": "A cleft"}],
    }
    since = {"key": "cannotJudge", "title": "Cannot be judged"}
    for campaign_id, former in ((old.pk, written), (later.pk, kept)):
        added = CampaignVersion.objects.get(campaign=campaign_id, number=former.number + 1)
        categories_told = former.shown.get("categories", [])
        assert added.shown == {**former.shown, "categories": [*categories_told, since]}
    assert CampaignVersion.objects.filter(campaign=closed.pk).count() == 1, "nobody is shown it"
    for _ in range(2):  # until it is open again; then once
        reopened = move_campaign(Campaign.objects.get(pk=closed.pk), "open", None, timezone.now())
        assert reopened.versions.count() == reopened.version == 2
        assert reopened.versions.get(number=2).shown["categories"] == [since]
        move_campaign(reopened, "closed", None, timezone.now())
    assert {one.error_categories.filter(**since).count() for one in Campaign.objects.all()} == {1}
    assert Campaign.objects.get(name="draft").version == 1
    change_campaign(
        Campaign.objects.get(pk=old.pk),
        {"instructions": "Look again."},
        User.objects.get(),
        timezone.now(),
    )
    told = CampaignVersion.objects.filter(campaign=old.pk).order_by("number")
    assert [(one.number, one.shown["instructions"]) for one in told] == [
        (1, "Look for vesicles."),
        (2, "Look for vesicles."),
        (3, "Look again."),
    ]
