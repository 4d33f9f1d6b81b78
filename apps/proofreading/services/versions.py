"""What the people of a campaign are told and shown, version by version."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apps.accounts.models import User
from apps.campaigns.models import Campaign, CampaignVersion


def shown_in(campaign: Campaign) -> dict[str, Any]:
    """All that people are told and shown in a campaign, as JSON. The pictures are named by
    their ids: a picture is never changed, and kept after it was taken out."""
    return {
        "instructions": campaign.instructions,
        "crop": [*campaign.crop],
        "categories": [
            {"key": category.key, "title": category.title}
            for category in campaign.error_categories.filter(retired_at__isnull=True)
        ],
        "pictures": [
            {"id": picture.pk, "caption": picture.caption}
            for picture in campaign.pictures.filter(removed_at__isnull=True).defer("content")
        ],
    }


def write_first_version(campaign: Campaign, by: User | None, now: datetime) -> None:
    """Keep what people are shown from the start. Doing it again does nothing."""
    CampaignVersion.objects.get_or_create(
        campaign=campaign,
        number=campaign.version,
        defaults={"shown": shown_in(campaign), "made_by": by, "made_at": now},
    )


def write_version_if_changed(campaign: Campaign, by: User | None, now: datetime) -> None:
    """Keep a new version where people are shown something else than the present one says: a newer
    release may have given a category to a campaign that was closed, where nobody was shown it. The
    campaign is locked."""
    present = campaign.versions.filter(number=campaign.version).first()
    if present is not None and present.shown != shown_in(campaign):
        write_new_version(campaign, by, now)


def write_new_version(campaign: Campaign, by: User | None, now: datetime) -> int:
    """What people are shown has changed: keep it as a new version; which is the present one.

    The campaign is locked. A draft has no version yet, since nobody has seen it.
    """
    if campaign.versions.filter(number=campaign.version).exists():
        campaign.version += 1
        campaign.save(update_fields=["version"])
        write_first_version(campaign, by, now)
    return campaign.version
