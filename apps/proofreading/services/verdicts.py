"""Record verdicts and submit pages."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from apps.campaigns.models import Lease
from apps.campaigns.services.leasing import StaleLeaseError, finish_page, hold_for_update
from apps.core.errors import ConflictError, InvalidInputError
from apps.proofreading.domain import DEFAULT_LABEL, Label
from apps.proofreading.models import ErrorCategory, Verdict, VerdictCategory
from apps.proofreading.selectors import labels_of_lease


@dataclass(frozen=True)
class NewVerdict:
    """A verdict as a client sends it. `key` is the client's: sending it again changes nothing."""

    key: uuid.UUID
    item_id: int
    label: Label
    made_at: datetime
    categories: tuple[str, ...] = ()
    note: str = ""


def record_verdicts(lease: Lease, verdicts: Sequence[NewVerdict], now: datetime) -> list[uuid.UUID]:
    """Append verdicts and hold the page further; the keys that are stored now.

    Raises StaleLeaseError where the page has gone to someone else; the verdicts are then stored
    all the same, marked as late.
    """
    _check(lease, verdicts)
    try:
        with transaction.atomic():
            hold_for_update(lease, now)
            _append(lease, verdicts, late=False)
    except StaleLeaseError:
        _append_late(lease, verdicts)
        raise
    return [verdict.key for verdict in verdicts]


def submit_page(
    lease: Lease,
    verdicts: Sequence[NewVerdict],
    seen: Mapping[int, Label],
    now: datetime,
) -> None:
    """Append the last verdicts and finish the page.

    `seen` is the label of every item as the annotator saw it at the end. An item without a
    verdict gets one from it, so that the record says of each item what was decided. Raises
    ConflictError where `seen` differs from what is stored, and StaleLeaseError as above. A page
    that this lease has submitted already stays as it is.
    """
    _check(lease, verdicts)
    if lease.ending == Lease.Ending.SUBMITTED:
        _append_late(lease, verdicts)
        return
    try:
        with transaction.atomic():
            page = hold_for_update(lease, now)
            _append(lease, verdicts, late=False)
            _settle_unsaid(lease, seen, now)
            finish_page(page, lease, now)
    except StaleLeaseError:
        _append_late(lease, verdicts)
        raise


@transaction.atomic
def _append_late(lease: Lease, verdicts: Sequence[NewVerdict]) -> None:
    Lease.objects.select_for_update().get(pk=lease.pk)  # one of two equal requests waits
    _append(lease, verdicts, late=True)


def _settle_unsaid(lease: Lease, seen: Mapping[int, Label], now: datetime) -> None:
    items = set(lease.page.items.values_list("pk", flat=True))
    _check_items(items, seen)
    said = labels_of_lease(lease)
    final = {item: said.get(item, DEFAULT_LABEL) for item in items}
    differing = [item for item, label in seen.items() if label != final[item]]
    if differing:
        raise ConflictError(
            f"The labels of {len(differing)} instances on this page were changed elsewhere, "
            "perhaps in another tab. Load the page again to see them."
        )
    unsaid = [
        NewVerdict(key=uuid.uuid4(), item_id=item, label=DEFAULT_LABEL, made_at=now)
        for item in sorted(items - said.keys())
    ]
    _append(lease, unsaid, late=False)


def _check(lease: Lease, verdicts: Sequence[NewVerdict]) -> None:
    items = set(lease.page.items.values_list("pk", flat=True))
    _check_items(items, [verdict.item_id for verdict in verdicts])
    wanted = {category for verdict in verdicts for category in verdict.categories}
    unknown = wanted - set(_categories(lease))
    if unknown:
        raise InvalidInputError(
            f"categories: {', '.join(sorted(unknown))} is no error category of this campaign.",
            field="categories",
        )
    _check_keys(lease, verdicts)


def _check_items(known: Collection[int], given: Collection[int]) -> None:
    strange = sorted(set(given) - set(known))
    if strange:
        raise InvalidInputError(
            f"item: {', '.join(map(str, strange))} is not on this page.", field="item"
        )


def _check_keys(lease: Lease, verdicts: Sequence[NewVerdict]) -> None:
    """A key names one verdict: the same item under the same lease, whenever it is sent."""
    keys = {verdict.key: verdict.item_id for verdict in verdicts}
    if len(keys) < len(verdicts):
        raise InvalidInputError("key: two verdicts have the same key.", field="key")
    stored = Verdict.objects.filter(key__in=keys).values_list("key", "item_id", "lease_id")
    for key, item_id, lease_id in stored:
        if (item_id, lease_id) != (keys[key], lease.pk):
            raise InvalidInputError(f"key: {key} was used for another verdict.", field="key")


def _categories(lease: Lease) -> dict[str, int]:
    found = ErrorCategory.objects.filter(campaign_id=lease.page.campaign_id)
    return dict(found.values_list("key", "pk"))


def _append(lease: Lease, verdicts: Sequence[NewVerdict], *, late: bool) -> None:
    """Store the verdicts that are not stored yet, in their order."""
    keys = [verdict.key for verdict in verdicts]
    stored = set(Verdict.objects.filter(key__in=keys).values_list("key", flat=True))
    fresh = [verdict for verdict in verdicts if verdict.key not in stored]
    rows = Verdict.objects.bulk_create(
        Verdict(
            item_id=verdict.item_id,
            lease=lease,
            user_id=lease.user_id,
            key=verdict.key,
            label=verdict.label,
            note=verdict.note,
            late=late,
            made_at=verdict.made_at,
        )
        for verdict in fresh
    )
    named = [(row, key) for row, new in zip(rows, fresh, strict=True) for key in new.categories]
    if named:
        categories = _categories(lease)
        VerdictCategory.objects.bulk_create(
            VerdictCategory(verdict=row, category_id=categories[key]) for row, key in named
        )
