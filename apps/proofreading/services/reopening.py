"""Let a page that was submitted be judged again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Item, Membership
from apps.campaigns.services.assigning import PageError, lock_page_numbered, put_out_again
from apps.campaigns.services.audit import record
from apps.campaigns.services.changing import check_not_archived
from apps.proofreading.models import Settlement
from apps.proofreading.services.settling import settle_items


@transaction.atomic
def reopen_page(
    campaign: Campaign, number: int, person: Membership | None, by: User, now: datetime
) -> bool:
    """Put a submitted page out again; whether it was submitted.

    It goes to `person`, else to anybody who has not judged it. What was said of it stays on
    record and counts no more, so that the new answer takes its place instead of standing against
    it; its instances are settled anew from the votes that are left. Raises NotFoundError, and
    PageError for a page that cannot go out again.
    """
    check_not_archived(campaign, "page")
    page = lock_page_numbered(campaign, number)
    if page.submitted_at is None:
        return False
    if page.kind == page.Kind.TRAINING:
        raise PageError(f"Page {number} is part of somebody's training, which is done once.")
    judged_by = "" if page.lease is None else page.lease.user.username
    put_out_again(page, person, now)
    # Locked in the order of the job that counts, so that neither waits for the other for ever.
    rows = Item.objects.select_for_update(no_key=True).filter(pages=page, sheet__isnull=False)
    items = [item.pk for item in rows.order_by("pk")]
    Settlement.objects.filter(item__in=items).delete()
    settle_items(campaign.pk, items, now)
    to = None if person is None else person.user.username
    details = {"page": number, "judged_by": judged_by, "to": to}
    record(campaign, by, "page_reopened", details, now)
    return True
