"""Undo a preparation, part by part: what was made in parts takes as long to take away."""

from __future__ import annotations

from django.db import connection, transaction
from django.db.models import Max

from apps.campaigns.models import Campaign, Item, UnplacedPart
from apps.campaigns.services.life import lock_campaign
from apps.campaigns.services.paging import PART

# Gold is on no sheet, and stays.
_TAKE_AWAY = """
WITH items AS MATERIALIZED (
    SELECT id FROM campaigns_item
    WHERE campaign_id = %(campaign)s AND position >= %(first)s AND sheet IS NOT NULL
), placed AS (
    DELETE FROM campaigns_pageitem USING items WHERE item_id = items.id RETURNING page_id
), pages AS (
    DELETE FROM campaigns_page WHERE id IN (SELECT page_id FROM placed)
)
DELETE FROM campaigns_item USING items WHERE campaigns_item.id = items.id
"""


@transaction.atomic
def take_part_away(campaign_id: int) -> bool:
    """Take away the last pages of a campaign that was cancelled; whether there were any. When all
    are gone it is a draft."""
    campaign = lock_campaign(campaign_id)
    if campaign.status != Campaign.Status.PREPARING or campaign.cancelled_at is None:
        return False
    UnplacedPart.objects.filter(campaign=campaign).delete()
    on_sheets = Item.objects.filter(campaign=campaign, sheet__isnull=False)
    last = on_sheets.aggregate(last=Max("position"))["last"]
    if last is None:
        _make_draft(campaign)
        return False
    campaign.placed = last // PART * PART
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_AWAY, {"campaign": campaign.pk, "first": campaign.placed})
    campaign.save(update_fields=["placed"])
    return True


def _make_draft(campaign: Campaign) -> None:
    campaign.status = Campaign.Status.DRAFT
    campaign.to_place, campaign.cancelled_at = None, None
    campaign.placed = campaign.prepared = campaign.to_prepare = campaign.attempts = 0
    campaign.save(
        update_fields=[
            *("status", "to_place", "cancelled_at", "placed", "prepared", "to_prepare", "attempts")
        ]
    )
