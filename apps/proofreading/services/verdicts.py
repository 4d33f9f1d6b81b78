"""Record verdicts and submit pages."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from apps.campaigns.models import Lease, Page
from apps.campaigns.services.leasing import StaleLeaseError, finish_page, hold_for_update
from apps.core.errors import ConflictError, InvalidInputError
from apps.proofreading.domain import DEFAULT_LABEL, Label
from apps.proofreading.models import ErrorCategory, Verdict, VerdictCategory
from apps.proofreading.selectors import item_ids_of_lease, labels_of_lease, said_under
from apps.proofreading.services.training import qualify


class StaleLabelError(ConflictError):
    """Some labels were given to something that had another label by then. `details` names the
    keys that are stored (`kept`) and the labels as they are (`present`) of the other items."""

    code = "stale_label"


@dataclass(frozen=True)
class NewVerdict:
    """A verdict as a client sends it. `key` is the client's: sending it again changes nothing.

    Where it is `versioned`, `after` is the key of the verdict on this item that the client last
    saw, None for none; it is refused where another one has come since.
    """

    key: uuid.UUID
    item_id: int
    label: Label
    made_at: datetime
    categories: tuple[str, ...] = ()
    note: str = ""
    versioned: bool = False
    after: uuid.UUID | None = None


def record_verdicts(lease: Lease, verdicts: Sequence[NewVerdict], now: datetime) -> list[uuid.UUID]:
    """Append verdicts and hold the page further; the keys that are stored now.

    Raises StaleLeaseError where the page is no longer held under this lease; the verdicts are
    then stored all the same, marked as late. Raises StaleLabelError where some were based on a
    label that is no longer the present one; the others are stored.
    """
    check_verdicts(lease, verdicts)
    try:
        with transaction.atomic():
            hold_for_update(lease, now)
            refused = append(lease, verdicts, late=False)
    except StaleLeaseError as error:
        _append_late(lease, verdicts)
        raise _told(error, verdicts) from error
    tell_refused(lease, verdicts, refused)
    return [verdict.key for verdict in verdicts]


def submit_page(
    lease: Lease,
    verdicts: Sequence[NewVerdict],
    seen: Mapping[int, Label],
    now: datetime,
) -> None:
    """Append the last verdicts and finish the page.

    `seen` is the label of every item as the annotator saw it at the end. An item without a
    verdict gets one from it, so that the record says of each item what was decided. Sending the
    same again is harmless.

    Raises ConflictError where `seen` differs from what is stored then, and StaleLeaseError as
    above, also where this lease submitted the page with other labels. The verdicts are kept in
    all these cases: only what cannot be used at all (InvalidInputError) and what is based on a
    label that was changed (StaleLabelError) is not.
    """
    check_verdicts(lease, verdicts)
    _check_seen(lease, seen)
    try:
        with transaction.atomic():
            page = hold_for_update(lease, now)
            refused = append(lease, verdicts, late=False)
            differing = _differing(lease, seen)
            if not differing and not refused:
                _settle_unsaid(lease, seen, now)
                finish_page(page, lease, now)
                qualify(lease, now)
    except StaleLeaseError as error:
        _append_late(lease, verdicts)
        if not _was_submitted(lease, seen):
            raise _told(error, verdicts) from error
        return
    tell_refused(lease, verdicts, refused)
    if differing:  # told after the transaction: the verdicts stay
        raise ConflictError(
            f"The labels of {len(differing)} instances on this page were changed elsewhere, "
            "perhaps in another tab. Yours are kept. Load the page again to see how it stands."
        )


def tell_refused(
    lease: Lease, verdicts: Sequence[NewVerdict], refused: Sequence[NewVerdict]
) -> None:
    """Raise StaleLabelError where some were refused. Call it after the transaction: what was not
    refused stays."""
    if not refused:
        return
    said = said_under(lease)
    keys = {verdict.key for verdict in refused}
    which = sorted({verdict.item_id for verdict in refused})
    present = [
        {"item": item, "label": said[item].label.value, "verdict": str(said[item].key)}
        for item in which
        if item in said
    ]
    what = "A label was" if len(which) == 1 else f"The labels of {len(which)} instances were"
    raise StaleLabelError(
        f"{what} changed elsewhere meanwhile, perhaps in another tab.",
        details={
            "kept": [str(one.key) for one in verdicts if one.key not in keys],
            "present": present,
        },
    )


def _told(error: StaleLeaseError, verdicts: Sequence[NewVerdict]) -> StaleLeaseError:
    """The same error, saying what became of the verdicts that came with it."""
    if not verdicts:
        return error
    return StaleLeaseError(f"{error.sentence} What you sent is kept as late and does not count.")


def _was_submitted(lease: Lease, seen: Mapping[int, Label]) -> bool:
    """Whether this lease has submitted its page with these labels: its answer was lost."""
    lease.refresh_from_db(fields=["ending"])
    return lease.ending == Lease.Ending.SUBMITTED and labels_of_lease(lease) == seen


@transaction.atomic
def _append_late(lease: Lease, verdicts: Sequence[NewVerdict]) -> None:
    Lease.objects.select_for_update().get(pk=lease.pk)  # one of two equal requests waits
    append(lease, verdicts, late=True)
    # A late vote counts, too: have its page counted again.
    Page.objects.filter(pk=lease.page_id).update(counted_at=None)


def _differing(lease: Lease, seen: Mapping[int, Label]) -> list[int]:
    """The items that the annotator saw with another label than the one that is stored."""
    said = labels_of_lease(lease)
    return [item for item, label in seen.items() if label != said.get(item, DEFAULT_LABEL)]


def _settle_unsaid(lease: Lease, seen: Mapping[int, Label], now: datetime) -> None:
    unsaid = [
        NewVerdict(key=uuid.uuid4(), item_id=item, label=DEFAULT_LABEL, made_at=now)
        for item in sorted(seen.keys() - labels_of_lease(lease).keys())
    ]
    append(lease, unsaid, late=False)


def _check_seen(lease: Lease, seen: Mapping[int, Label]) -> None:
    items = item_ids_of_lease(lease)
    _check_items(items, seen, "labels")
    missing = sorted(items - seen.keys())
    if missing:
        raise InvalidInputError(
            f"labels: there is none of item {', '.join(map(str, missing))}; a page is submitted "
            "with the label of each of its items.",
            field="labels",
        )


def check_verdicts(lease: Lease, verdicts: Sequence[NewVerdict]) -> None:
    """Raise InvalidInputError where one cannot be a verdict of this page."""
    items = item_ids_of_lease(lease)
    _check_items(items, [verdict.item_id for verdict in verdicts], "item")
    wanted = {category for verdict in verdicts for category in verdict.categories}
    unknown = wanted - set(_categories(lease))
    if unknown:
        raise InvalidInputError(
            f"categories: {', '.join(sorted(unknown))} is no error category of this campaign.",
            field="categories",
        )
    _check_keys(lease, verdicts)


def _check_items(known: Collection[int], given: Collection[int], field: str) -> None:
    strange = sorted(set(given) - set(known))
    if strange:
        raise InvalidInputError(
            f"{field}: {', '.join(map(str, strange))} is not on this page.", field=field
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


def append(lease: Lease, verdicts: Sequence[NewVerdict], *, late: bool) -> list[NewVerdict]:
    """Store the verdicts that are not stored yet, in their order; those that were refused,
    because the item has had another verdict since. What is late is never refused."""
    keys = [verdict.key for verdict in verdicts]
    stored = set(Verdict.objects.filter(key__in=keys).values_list("key", flat=True))
    unstored = [verdict for verdict in verdicts if verdict.key not in stored]
    fresh = unstored if late else _up_to_date(lease, unstored)
    _store(lease, fresh, late=late)
    return [verdict for verdict in unstored if verdict not in fresh]


def _up_to_date(lease: Lease, verdicts: Sequence[NewVerdict]) -> list[NewVerdict]:
    """Those that are based on the present verdict of their item, or on no particular one."""
    if not any(verdict.versioned for verdict in verdicts):
        return list(verdicts)
    present = {item: said.key for item, said in said_under(lease).items()}
    current = []
    for verdict in verdicts:
        if not verdict.versioned or verdict.after == present.get(verdict.item_id):
            present[verdict.item_id] = verdict.key
            current.append(verdict)
    return current


def _store(lease: Lease, fresh: Sequence[NewVerdict], *, late: bool) -> None:
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
