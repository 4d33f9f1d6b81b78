"""Say how a campaign's instances are mended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.accounts.models import User
from apps.campaigns.models import Campaign
from apps.campaigns.services.audit import record
from apps.campaigns.services.changing import check_not_archived
from apps.revision.models import RevisionSettings

CHOSEN = ("is_paused", "depth", "near_nm")
DEEPEST = 128  # slices: a picture of so many is some MB
FARTHEST_NM = 10_000.0


@transaction.atomic
def change_settings(
    campaign: Campaign, changes: Mapping[str, Any], by: User, now: datetime
) -> RevisionSettings:
    """Change those of `CHOSEN` that are given. Pausing takes nothing from those who hold it.

    Raises NotNowError in an archived campaign.
    """
    check_not_archived(campaign, next(iter(changes), ""))
    RevisionSettings.objects.get_or_create(campaign=campaign)
    settings = RevisionSettings.objects.select_for_update(no_key=True).get(campaign=campaign)
    changed = {
        name: {"from": getattr(settings, name), "to": value}
        for name, value in changes.items()
        if name in CHOSEN and getattr(settings, name) != value
    }
    if changed:
        for name, change in changed.items():
            setattr(settings, name, change["to"])
        settings.save(update_fields=[*changed])
        record(campaign, by, "revision_settings_changed", changed, now)
    return settings
