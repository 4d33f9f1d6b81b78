"""Campaigns from before get the category of what cannot be judged, and with it a new version of what
people are shown; not those that are closed or archived, where nobody is shown anything. Where somebody had made a category with this key, it becomes the built-in one."""

from __future__ import annotations

from typing import Any

from django.db import migrations
from django.db.models import F, Max
from django.utils import timezone

KEY, TITLE = "cannotJudge", "Cannot be judged"
SHOWN = ("draft", "preparing", "open", "paused")


def add_category(apps: Any, schema_editor: Any) -> None:
    campaigns = apps.get_model("campaigns", "Campaign").objects
    categories = apps.get_model("proofreading", "ErrorCategory").objects
    versions = apps.get_model("campaigns", "CampaignVersion").objects
    categories.filter(key=KEY).update(title=TITLE, retired_at=None)
    lacking = campaigns.exclude(error_categories__key=KEY)
    lasts = lacking.annotate(last=Max("error_categories__position")).values_list("pk", "last")
    categories.bulk_create(
        [
            categories.model(
                campaign_id=pk, key=KEY, title=TITLE, position=0 if last is None else last + 1
            )
            for pk, last in lasts
        ],
        batch_size=1000,
    )
    told = {"key": KEY, "title": TITLE}
    present = versions.filter(number=F("campaign__version"), campaign__status__in=SHOWN)
    for version in present.select_related("campaign"):
        shown = version.shown
        others = [one for one in shown.get("categories", []) if one["key"] != KEY]
        campaigns.filter(pk=version.campaign_id).update(version=version.number + 1)
        versions.create(
            campaign_id=version.campaign_id,
            number=version.number + 1,
            shown={**shown, "categories": [*others, told]},
            made_by=None,
            made_at=timezone.now(),
        )


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0016_visits_of_some_items"),
        ("proofreading", "0005_discards"),
    ]

    operations = [migrations.RunPython(add_category, migrations.RunPython.noop)]
