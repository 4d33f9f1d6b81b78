"""Campaigns from before there were versions get the one that their people were shown."""

from __future__ import annotations

from typing import Any

from django.db import migrations
from django.db.models import Exists, OuterRef


def write_first_versions(apps: Any, schema_editor: Any) -> None:
    versions = apps.get_model("campaigns", "CampaignVersion").objects
    present = versions.filter(campaign=OuterRef("pk"), number=OuterRef("version"))
    started = apps.get_model("campaigns", "Campaign").objects.exclude(status="draft")
    for campaign in started.filter(~Exists(present)):
        categories = campaign.error_categories.filter(retired_at__isnull=True)
        pictures = campaign.pictures.filter(removed_at__isnull=True).order_by("position")
        versions.create(
            campaign=campaign,
            number=campaign.version,
            shown={
                "instructions": campaign.instructions,
                "crop": [campaign.crop_x, campaign.crop_y, campaign.crop_z],
                "categories": list(categories.order_by("position").values("key", "title")),
                "pictures": list(pictures.values("id", "caption")),
            },
            made_by=campaign.created_by,
            made_at=campaign.created_at,
        )


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0011_open_leases_are_indexed"),
        ("proofreading", "0003_settling_and_gold"),
    ]

    operations = [migrations.RunPython(write_first_versions, migrations.RunPython.noop)]
