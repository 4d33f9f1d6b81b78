"""Undo a preparation, part by part: what was made in parts takes as long to take away."""

from __future__ import annotations

from django.db import connection, transaction
from django.db.models import Max

from apps.campaigns.models import Campaign, CampaignNeuron, Item, UnplacedPart, WalkPart
from apps.campaigns.selectors import goes_along_neurons
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

# Sheets of a walk are of no one size: as many are taken away as a part has at most.
_LAST_SHEET = "SELECT max(sheets[1]) FROM campaigns_page WHERE campaign_id = %(campaign)s"
_TAKE_SHEETS = """
WITH pages AS MATERIALIZED (
    SELECT id FROM campaigns_page WHERE campaign_id = %(campaign)s AND sheets[1] > %(left)s
), placed AS (
    DELETE FROM campaigns_pageitem USING pages WHERE page_id = pages.id
), items AS (
    DELETE FROM campaigns_item WHERE campaign_id = %(campaign)s AND sheet > %(left)s
)
DELETE FROM campaigns_page USING pages WHERE campaigns_page.id = pages.id
"""
_FORGET_SECTIONS = """
UPDATE campaigns_item SET section_id = NULL, traversal = NULL
WHERE campaign_id = %(campaign)s AND section_id IS NOT NULL;
DELETE FROM campaigns_neuronsection WHERE campaign_id = %(campaign)s;
"""
_SHEETS_AT_ONCE = 1_000


@transaction.atomic
def take_part_away(campaign_id: int) -> bool:
    """Take away the last pages of a campaign that was cancelled; whether there were any. When all
    are gone it is a draft."""
    campaign = lock_campaign(campaign_id)
    if campaign.status != Campaign.Status.PREPARING or campaign.cancelled_at is None:
        return False
    UnplacedPart.objects.filter(campaign=campaign).delete()
    WalkPart.objects.filter(campaign=campaign).delete()
    if goes_along_neurons(campaign):
        return _take_sheets_away(campaign)
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


def _take_sheets_away(campaign: Campaign) -> bool:
    """The same for the last sheets of a walk. At last its sections are forgotten."""
    values = {"campaign": campaign.pk}
    with connection.cursor() as cursor:
        cursor.execute(_LAST_SHEET, values)
        (last,) = cursor.fetchone()
        if last is not None:
            cursor.execute(_TAKE_SHEETS, values | {"left": max(0, last - _SHEETS_AT_ONCE)})
            campaign.placed = Item.objects.filter(campaign=campaign, sheet__isnull=False).count()
            campaign.save(update_fields=["placed"])
            return True
        cursor.execute(_FORGET_SECTIONS, values)
    CampaignNeuron.objects.filter(campaign=campaign).update(
        **{"instance_ids": None, "first_sheet": None, "last_sheet": None, "walked_at": None},
        **{"soma_nm": None, "length_nm": 0.0, "failure": "", "item_count": 0, "tries": 0},
    )
    _make_draft(campaign)
    return False


def _make_draft(campaign: Campaign) -> None:
    campaign.status = Campaign.Status.DRAFT
    campaign.to_place, campaign.cancelled_at = None, None
    campaign.placed = campaign.prepared = campaign.to_prepare = campaign.attempts = 0
    campaign.save(
        update_fields=[
            *("status", "to_place", "cancelled_at", "placed", "prepared", "to_prepare", "attempts")
        ]
    )
