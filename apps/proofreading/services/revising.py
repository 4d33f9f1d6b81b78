"""Change labels of a page that one has submitted, as new verdicts."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.db import transaction

from apps.campaigns.models import Lease, Page
from apps.campaigns.services.leasing import StaleLeaseError
from apps.core.errors import ConflictError
from apps.proofreading.models import Verdict
from apps.proofreading.selectors.mine import locked_items, why_fixed
from apps.proofreading.services.verdicts import NewVerdict, append, check_verdicts, tell_refused


class FixedLabelError(ConflictError):
    """This label can no longer be changed."""

    code = "fixed_label"


def revise_verdicts(lease: Lease, verdicts: Sequence[NewVerdict]) -> list[uuid.UUID]:
    """Append verdicts to a page that this lease has submitted; it is counted again. The keys that
    are stored now.

    Raises StaleLeaseError where the page was opened again for others, FixedLabelError where
    nothing or one of the items can be changed any more, and StaleLabelError as at work.
    """
    check_verdicts(lease, verdicts)
    keys = [verdict.key for verdict in verdicts]
    with transaction.atomic():
        page = (
            Page.objects.select_for_update(of=("self",))
            .select_related("campaign")
            .get(pk=lease.page_id)
        )
        known = Verdict.objects.filter(key__in=keys, lease=lease)
        stored = set(known.values_list("key", flat=True))
        fresh = [verdict for verdict in verdicts if verdict.key not in stored]
        if fresh:  # what is stored already was allowed when it came
            _check_open(lease, page, fresh)
        refused = append(lease, verdicts, late=False)
        Page.objects.filter(pk=page.pk).update(counted_at=None)
    tell_refused(lease, verdicts, refused)
    return keys


def _check_open(lease: Lease, page: Page, verdicts: Sequence[NewVerdict]) -> None:
    lease.refresh_from_db(fields=["ending"])
    lease.page = page
    fixed = why_fixed(lease)
    if fixed is not None:
        error = StaleLeaseError if lease.ending != Lease.Ending.SUBMITTED else FixedLabelError
        raise error(fixed)
    locked = locked_items(lease)
    for verdict in verdicts:
        if verdict.item_id in locked:
            raise FixedLabelError(locked[verdict.item_id], details={"item": verdict.item_id})
