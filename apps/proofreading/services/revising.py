"""Change labels of a page that one has submitted, as new verdicts."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.db import transaction

from apps.campaigns.models import Lease, Page
from apps.core.errors import ConflictError
from apps.proofreading.selectors.mine import locks_on
from apps.proofreading.services.fates import kept_as_late
from apps.proofreading.services.verdicts import (
    NewVerdict,
    append,
    append_late,
    check_verdicts,
    items_by_key,
    tell_refused,
)

_OPENED_AGAIN = "This page was opened again; what you said of it no longer counts."


def revise_verdicts(lease: Lease, verdicts: Sequence[NewVerdict]) -> list[uuid.UUID]:
    """Append verdicts to a page that this lease has submitted; it is counted again. The keys that
    are stored now.

    Raises StaleLeaseError where the page was opened again for others: the verdicts are then
    stored as late, as at work. Raises FixedLabelError where some can be changed no more, and
    StaleLabelError as at work; the others are stored. Raises ConflictError, and stores nothing,
    where the page was not submitted yet.
    """
    items = check_verdicts(lease, verdicts)
    with transaction.atomic():
        pages = Page.objects.select_for_update(of=("self",), no_key=True)
        lease.page = pages.select_related("campaign").get(pk=lease.page_id)
        lease.refresh_from_db(fields=["ending"])
        if lease.ending == "":
            raise ConflictError("This page is not submitted yet; its labels go another way.")
        is_theirs = lease.ending == Lease.Ending.SUBMITTED
        if is_theirs:
            locks = locks_on([lease])[lease.pk]
            fixed = locks.among(items)
            refused = append(lease, verdicts, late=False, fixed=fixed)
            if locks.fixed is None:
                Page.objects.filter(pk=lease.page_id).update(counted_at=None)
        else:
            append_late(lease, verdicts)
    if not is_theirs:
        raise kept_as_late(_OPENED_AGAIN, lease, items_by_key(verdicts))
    tell_refused(lease, verdicts, refused, fixed)
    return [verdict.key for verdict in verdicts]
