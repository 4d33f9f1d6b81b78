"""Whose a table is, as this server knows it: a table of CAVE belongs to one delivery."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.cave_sync.models import Delivery, OutboxRow

_STARTED = (Delivery.State.ACTIVE, Delivery.State.PAUSED, Delivery.State.FAILED)
_MAY_BE_THERE = Q(state=OutboxRow.State.SENDING) | Q(sent_at__isnull=False)


def may_have_rows(delivery: Delivery) -> bool:
    """Whether a row of it is in its table, was, or may be: also where CAVE has lost them all."""
    has_rows = delivery.rows.filter(_MAY_BE_THERE).exists()
    return has_rows or delivery.runs.filter(posted__gt=0).exists()


def unsure_count(delivery: Delivery) -> int:
    """Rows of which nobody knows whether its table has them: they are read back at the next
    sync."""
    return delivery.rows.filter(state=OutboxRow.State.SENDING, sent_at__isnull=True).count()


def others_with_its_table(delivery: Delivery) -> QuerySet[Delivery]:
    """Other deliveries that were started, or have filled it, by whatever name of the datastack:
    tables lie in the aligned volume, which several datastacks may share."""
    if not delivery.aligned_volume:
        return Delivery.objects.none()
    same = Delivery.objects.filter(
        server=delivery.server, aligned_volume=delivery.aligned_volume, table=delivery.table
    )
    rows = OutboxRow.objects.filter(_MAY_BE_THERE, delivery=OuterRef("pk"))
    has_it = Q(state__in=_STARTED) | Q(made_at__isnull=False) | Q(Exists(rows))
    return same.exclude(pk=delivery.pk).filter(has_it)


def why_taken(delivery: Delivery) -> str | None:
    """Why a delivery cannot have its table; None where no other has it."""
    other = others_with_its_table(delivery).order_by("pk").first()
    if other is None:
        return None
    return (
        f"a campaign delivers to {delivery.table} of {other.datastack} already, which is the same "
        f"table: both datastacks lie in {delivery.aligned_volume}. A table belongs to one delivery."
    )
