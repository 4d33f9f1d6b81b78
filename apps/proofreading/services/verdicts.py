"""Record verdicts and submit pages."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from apps.campaigns.models import Campaign, Lease, Page
from apps.campaigns.services.holding import (
    StaleLeaseError,
    finish_page,
    hold_for_update,
    lock_page,
    renew,
)
from apps.core.errors import ConflictError, InvalidInputError
from apps.proofreading.domain import DEFAULT_LABEL, Label
from apps.proofreading.models import ErrorCategory, Verdict, VerdictCategory
from apps.proofreading.selectors import item_ids_of_lease, labels_of_lease
from apps.proofreading.services.fates import fate_of, kept_as_late, refusal_of, used_key
from apps.proofreading.services.training import lock_trainee, qualify

# Everybody waits for these; see `lease_statements`.
_READ = """
SELECT key, item_id, label, late FROM proofreading_verdict WHERE lease_id = %s ORDER BY id
"""
_STORE = """
INSERT INTO proofreading_verdict
    (key, item_id, label, note, made_at, lease_id, user_id, late, recorded_at)
SELECT key, item_id, label, note,
    -- a clock that goes wrong names no moment before the lease or after the answer
    LEAST(GREATEST(made_at, %(leased)s::timestamptz), now()), %(lease)s, %(user)s, %(late)s, now()
FROM unnest(
    %(keys)s::uuid[], %(items)s::bigint[], %(labels)s::text[], %(notes)s::text[],
    %(made)s::timestamptz[]
) AS given (key, item_id, label, note, made_at)
ON CONFLICT (key) DO NOTHING
RETURNING key, id
"""


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
    label that is no longer the present one; the others are stored. The details of both say what
    became of each verdict, see `fate_of`. Raises UsedKeyError, and stores nothing, where a key is
    stored with another label, other categories or another note.
    """
    check_verdicts(lease, verdicts)
    try:
        with transaction.atomic():
            hold_for_update(lease, now)
            refused = append(lease, verdicts, late=False)
    except StaleLeaseError as error:
        append_late(lease, verdicts)
        raise kept_as_late(error.sentence, lease, items_by_key(verdicts)) from error
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
            lock_trainee(lease)
            page = lock_page(lease)
            stored = _stored(lease)
            fresh, refused = _sort_out(lease, stored, verdicts, late=False)
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
        append_late(lease, verdicts)
        if not _was_submitted(lease, seen):
            raise kept_as_late(error.sentence, lease, items_by_key(verdicts)) from error
        return
    tell_refused(lease, verdicts, refused)
    if differing:  # told after the transaction: the verdicts stay
        what = "One label" if len(differing) == 1 else f"{len(differing)} labels"
        raise ConflictError(
            f"{what} on this page changed elsewhere, "
            "perhaps in another tab. Yours are kept. Load the page again to see how it stands.",
            details=fate_of(lease, items_by_key(verdicts), differing),
        )


def tell_refused(
    lease: Lease,
    verdicts: Sequence[NewVerdict],
    refused: Sequence[NewVerdict],
    fixed: Mapping[int, str] | None = None,
) -> None:
    """Raise FixedLabelError or StaleLabelError where some were refused. Call it after the
    transaction: what was not refused stays."""
    if refused:
        raise refusal_of(lease, items_by_key(verdicts), {one.key for one in refused}, fixed or {})


def items_by_key(verdicts: Sequence[NewVerdict]) -> dict[uuid.UUID, int]:
    """Of which items some verdicts are."""
    return {verdict.key: verdict.item_id for verdict in verdicts}


def _was_submitted(lease: Lease, seen: Mapping[int, Label]) -> bool:
    """Whether this lease has submitted its page with these labels: its answer was lost."""
    lease.refresh_from_db(fields=["ending"])
    return lease.ending == Lease.Ending.SUBMITTED and labels_of_lease(lease) == seen


@transaction.atomic
def append_late(lease: Lease, verdicts: Sequence[NewVerdict]) -> None:
    """Store verdicts on a page that is no longer held under this lease."""
    # Of two equal requests one waits. Who reopens the page locks it first, too.
    page = Page.objects.filter(pk=lease.page_id)
    page.select_for_update(no_key=True).get()
    append(lease, verdicts, late=True)
    # A late vote may count, too: have its page counted again. What is archived stays as it is. (A
    # join in a query that locks would lock the campaign as well.)
    page.exclude(campaign__status=Campaign.Status.ARCHIVED).update(counted_at=None)


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


def append(
    lease: Lease,
    verdicts: Sequence[NewVerdict],
    *,
    late: bool,
    fixed: Collection[int] = frozenset(),
) -> list[NewVerdict]:
    """Store the verdicts that are not stored yet, in their order; those that were refused,
    because the item is among the `fixed` or has had another verdict since. What is late is never
    refused. Lock the page before."""
    fresh, refused = _sort_out(lease, _stored(lease), verdicts, late=late, fixed=fixed)
    _store(lease, fresh, late=late)
    return refused


def _sort_out(
    lease: Lease,
    stored: Sequence[_Stored],
    verdicts: Sequence[NewVerdict],
    *,
    late: bool,
    fixed: Collection[int] = frozenset(),
) -> tuple[list[NewVerdict], list[NewVerdict]]:
    """Those that are not stored yet and are based on the present verdict of their item, or on no
    particular one; and those that are refused. What is stored already is neither."""
    keys = {one.key for one in stored}
    _check_same(lease, [verdict for verdict in verdicts if verdict.key in keys])
    present = {one.item_id: one.key for one in stored if not one.late}
    fresh: list[NewVerdict] = []
    refused: list[NewVerdict] = []
    for verdict in verdicts:
        if verdict.key in keys:
            continue
        is_new = not verdict.versioned or verdict.after == present.get(verdict.item_id)
        if late or (is_new and verdict.item_id not in fixed):
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
        "leased": lease.leased_at,
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
    _check_same(lease, [verdict for verdict in verdicts if verdict.key in keys])


def _check_same(lease: Lease, verdicts: Sequence[NewVerdict]) -> None:
    """A key names one verdict, and all that it says, whenever it is sent. These are stored."""
    if not verdicts:
        return
    rows = Verdict.objects.filter(lease=lease, key__in=[verdict.key for verdict in verdicts])
    stored = {row.key: row for row in rows.prefetch_related("categories")}
    differing: dict[uuid.UUID, str] = {}
    for verdict in verdicts:
        row = stored[verdict.key]
        if row.item_id != verdict.item_id:
            raise InvalidInputError(
                f"key: {verdict.key} was used for another verdict.", field="key"
            )
        said = {
            "label": row.label != verdict.label,
            "categories": {one.key for one in row.categories.all()} != {*verdict.categories},
            "note": row.note != verdict.note,
        }
        if any(said.values()):
            what = ", ".join(name for name, differs in said.items() if differs)
            differing[verdict.key] = f"key: {verdict.key} was used before with another {what}."
    if differing:
        raise used_key(lease, items_by_key(verdicts), differing)


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
