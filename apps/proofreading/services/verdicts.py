"""Record verdicts and submit pages."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from apps.campaigns.models import Lease, Page
from apps.campaigns.services.leasing import (
    StaleLeaseError,
    finish_page,
    hold_for_update,
    lock_page,
    renew,
)
from apps.core.errors import ConflictError, InvalidInputError
from apps.proofreading.domain import DEFAULT_LABEL, Label
from apps.proofreading.models import ErrorCategory, Verdict, VerdictCategory
from apps.proofreading.selectors import item_ids_of_lease, labels_of_lease, said_under
from apps.proofreading.services.training import qualify

# Everybody waits for these; see `leasing`.
_READ = """
SELECT key, item_id, label, late FROM proofreading_verdict WHERE lease_id = %s ORDER BY id
"""
_STORE = """
INSERT INTO proofreading_verdict
    (key, item_id, label, note, made_at, lease_id, user_id, late, recorded_at)
SELECT given.*, %(lease)s, %(user)s, %(late)s, now()
FROM unnest(
    %(keys)s::uuid[], %(items)s::bigint[], %(labels)s::text[], %(notes)s::text[],
    %(made)s::timestamptz[]
) AS given
ON CONFLICT (key) DO NOTHING
RETURNING key, id
"""


class StaleLabelError(ConflictError):
    """Some labels were given to something that had another label by then. `details` names the
    keys that are stored (`kept`) and the labels as they are (`present`) of the other items."""

    code = "stale_label"


LATE_COUNTS = "it counts only where the labels given in time do not agree."


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
    items = check_verdicts(lease, verdicts)
    _check_seen(items, seen)
    try:
        with transaction.atomic():
            page = lock_page(lease)
            stored = _stored(lease)
            fresh, refused = _sort_out(stored, verdicts, late=False)
            said = _labels(stored, fresh)
            differing = [item for item in seen if seen[item] != said.get(item, DEFAULT_LABEL)]
            if differing or refused:
                _store(lease, fresh, late=False)
                renew(page, now)
            else:
                unsaid = _unsaid(seen.keys() - said.keys(), now)
                _store(lease, [*fresh, *unsaid], late=False)
                finish_page(page, lease, now)
                qualify(lease, now)
    except StaleLeaseError as error:
        _append_late(lease, verdicts)
        if not _was_submitted(lease, seen):
            raise _told(error, verdicts) from error
        return
    tell_refused(lease, verdicts, refused)
    if differing:  # told after the transaction: the verdicts stay
        what = "One label" if len(differing) == 1 else f"{len(differing)} labels"
        raise ConflictError(
            f"{what} on this page changed elsewhere, "
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
    return StaleLeaseError(f"{error.sentence} What you sent is kept as late: {LATE_COUNTS}")


def _was_submitted(lease: Lease, seen: Mapping[int, Label]) -> bool:
    """Whether this lease has submitted its page with these labels: its answer was lost."""
    lease.refresh_from_db(fields=["ending"])
    return lease.ending == Lease.Ending.SUBMITTED and labels_of_lease(lease) == seen


@transaction.atomic
def _append_late(lease: Lease, verdicts: Sequence[NewVerdict]) -> None:
    Lease.objects.select_for_update().get(pk=lease.pk)  # one of two equal requests waits
    append(lease, verdicts, late=True)
    # A late vote may count, too: have its page counted again.
    Page.objects.filter(pk=lease.page_id).update(counted_at=None)


@dataclass(frozen=True)
class _Stored:
    """A verdict that is stored under the lease."""

    key: uuid.UUID
    item_id: int
    label: Label
    late: bool


def _stored(lease: Lease) -> list[_Stored]:
    """What is stored under a lease, the oldest first. The caller has locked page or lease."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, [lease.pk])
        rows = cursor.fetchall()
    return [_Stored(key, item, Label(label), late) for key, item, label, late in rows]


def _labels(stored: Sequence[_Stored], verdicts: Sequence[NewVerdict]) -> dict[int, Label]:
    """The labels that hold once `verdicts` are stored, by item id."""
    keys = {one.key for one in stored}
    return {one.item_id: one.label for one in stored if not one.late} | {
        verdict.item_id: verdict.label for verdict in verdicts if verdict.key not in keys
    }


def _unsaid(items: Collection[int], now: datetime) -> list[NewVerdict]:
    return [
        NewVerdict(key=uuid.uuid4(), item_id=item, label=DEFAULT_LABEL, made_at=now)
        for item in sorted(items)
    ]


def _check_seen(items: Collection[int], seen: Mapping[int, Label]) -> None:
    _check_items(items, seen, "labels")
    missing = sorted(set(items) - seen.keys())
    if missing:
        raise InvalidInputError(
            f"labels: there is none of item {', '.join(map(str, missing))}; a page is submitted "
            "with the label of each of its items.",
            field="labels",
        )


def check_verdicts(lease: Lease, verdicts: Sequence[NewVerdict]) -> Collection[int]:
    """The ids of the items on the page. Raises InvalidInputError where one of the verdicts cannot
    be of this page."""
    items = item_ids_of_lease(lease)
    _check_items(items, [verdict.item_id for verdict in verdicts], "item")
    wanted = {category for verdict in verdicts for category in verdict.categories}
    unknown = wanted - set(_categories(lease) if wanted else ())
    if unknown:
        raise InvalidInputError(
            f"categories: {', '.join(sorted(unknown))} is no error category of this campaign.",
            field="categories",
        )
    if len({verdict.key for verdict in verdicts}) < len(verdicts):
        raise InvalidInputError("key: two verdicts have the same key.", field="key")
    return items


def _check_items(known: Collection[int], given: Collection[int], field: str) -> None:
    strange = sorted(set(given) - set(known))
    if strange:
        raise InvalidInputError(
            f"{field}: {', '.join(map(str, strange))} is not on this page.", field=field
        )


def _categories(lease: Lease) -> dict[str, int]:
    found = ErrorCategory.objects.filter(campaign_id=lease.page.campaign_id)
    return dict(found.values_list("key", "pk"))


def append(lease: Lease, verdicts: Sequence[NewVerdict], *, late: bool) -> list[NewVerdict]:
    """Store the verdicts that are not stored yet, in their order; those that were refused,
    because the item has had another verdict since. What is late is never refused. Lock the page
    or the lease before."""
    fresh, refused = _sort_out(_stored(lease), verdicts, late=late)
    _store(lease, fresh, late=late)
    return refused


def _sort_out(
    stored: Sequence[_Stored], verdicts: Sequence[NewVerdict], *, late: bool
) -> tuple[list[NewVerdict], list[NewVerdict]]:
    """Those that are not stored yet and are based on the present verdict of their item, or on no
    particular one; and those that are refused."""
    _check_same([(one.key, one.item_id) for one in stored], verdicts)
    keys = {one.key for one in stored}
    present = {one.item_id: one.key for one in stored if not one.late}
    fresh: list[NewVerdict] = []
    refused: list[NewVerdict] = []
    for verdict in verdicts:
        if verdict.key in keys:
            continue
        if late or not verdict.versioned or verdict.after == present.get(verdict.item_id):
            present[verdict.item_id] = verdict.key
            fresh.append(verdict)
        else:
            refused.append(verdict)
    return fresh, refused


def _store(lease: Lease, fresh: Sequence[NewVerdict], *, late: bool) -> None:
    if not fresh:
        return
    values: dict[str, Any] = {
        "lease": lease.pk,
        "user": lease.user_id,
        "late": late,
        "keys": [verdict.key for verdict in fresh],
        "items": [verdict.item_id for verdict in fresh],
        "labels": [verdict.label.value for verdict in fresh],
        "notes": [verdict.note for verdict in fresh],
        "made": [verdict.made_at for verdict in fresh],
    }
    with connection.cursor() as cursor:
        cursor.execute(_STORE, values)
        ids: dict[uuid.UUID, int] = dict(cursor.fetchall())
    known = [verdict.key for verdict in fresh if verdict.key not in ids]
    if known:  # of other leases; or of this one, by an equal request that came late
        _check_unused(lease, known, fresh)
    _name_categories(lease, [verdict for verdict in fresh if verdict.key in ids], ids)


def _check_unused(lease: Lease, keys: Sequence[uuid.UUID], verdicts: Sequence[NewVerdict]) -> None:
    elsewhere = Verdict.objects.filter(key__in=keys).exclude(lease=lease).first()
    if elsewhere is not None:
        raise InvalidInputError(f"key: {elsewhere.key} was used for another verdict.", field="key")
    here = Verdict.objects.filter(key__in=keys, lease=lease)
    _check_same(here.values_list("key", "item_id"), verdicts)


def _check_same(stored: Iterable[tuple[uuid.UUID, int]], verdicts: Sequence[NewVerdict]) -> None:
    """A key names one verdict, with the item it is of, whenever it is sent."""
    items = {verdict.key: verdict.item_id for verdict in verdicts}
    for key, item_id in stored:
        if items.get(key, item_id) != item_id:
            raise InvalidInputError(f"key: {key} was used for another verdict.", field="key")


def _name_categories(
    lease: Lease, verdicts: Sequence[NewVerdict], ids: Mapping[uuid.UUID, int]
) -> None:
    named = [(ids[verdict.key], name) for verdict in verdicts for name in verdict.categories]
    if named:
        categories = _categories(lease)
        VerdictCategory.objects.bulk_create(
            VerdictCategory(verdict_id=verdict, category_id=categories[name])
            for verdict, name in named
        )
