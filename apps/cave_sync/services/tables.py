"""The table of a delivery: made by it, or empty when it took it over. Workers only."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from apps.cave_sync.domain.annotations import TableFacts
from apps.cave_sync.domain.cave_errors import CaveRefusedError, CaveUncertainError, Reason
from apps.cave_sync.gateways.annotation_service import AnnotationService
from apps.cave_sync.models import Delivery
from apps.cave_sync.services.connecting import table_of

_SAME_NM = 1e-6


def have_table(delivery: Delivery, service: AnnotationService) -> None:
    """Make the table where it is not there yet.

    Whether a call that was not answered has made it is seen from the list of tables, and whose it
    is from its description. Raises CaveRefusedError where a table of the name is another's.
    """
    if delivery.made_at is not None:
        return
    if delivery.table in service.tables():
        _check_ours(delivery, service)
    else:
        try:
            service.create_table(table_of(delivery))
        except CaveUncertainError:
            if delivery.table not in service.tables():
                raise
            _check_ours(delivery, service)
    Delivery.objects.filter(pk=delivery.pk).update(made_at=timezone.now())


def _check_ours(delivery: Delivery, service: AnnotationService) -> None:
    problems = why_not_ours(delivery, service.metadata(delivery.table))
    if not problems and (reason := why_not_alone(delivery.table, service.count(delivery.table), 0)):
        problems = [("table", reason)]
    if problems:
        field, sentence = problems[0]
        raise CaveRefusedError(
            f"{field}: {sentence}", reason=Reason.TABLE_NAME, words="", field=field
        )


def why_not_ours(delivery: Delivery, facts: TableFacts) -> list[tuple[str, str]]:
    """What keeps a table that is there from being the delivery's: field and sentence. One that is
    like it and empty can be taken over."""
    found = []
    if facts.schema != delivery.schema:
        found.append(
            (
                "schema",
                f"the table {facts.name} is there and holds {facts.schema}, not {delivery.schema}.",
            )
        )
    if (facts.reference_table or "") != delivery.reference_table:
        of = facts.reference_table or "no other table"
        found.append(
            ("reference_table", f"the table {facts.name} is there and speaks of rows of {of}.")
        )
    pairs = zip(facts.resolution, delivery.resolution, strict=True)
    if any(abs(there - wanted) > _SAME_NM for there, wanted in pairs):
        found.append(
            (
                "resolution",
                f"the table {facts.name} is there and counts in voxels of "
                f"{in_nm(facts.resolution)}, not {in_nm(delivery.resolution)}.",
            )
        )
    return found


def in_nm(resolution: Iterable[float]) -> str:
    """A size of voxels, for people."""
    return " × ".join(f"{size:g}" for size in resolution) + " nm"


def why_not_alone(table: str, rows: int, sent: int) -> str | None:
    """Why somebody else writes in a table, from how many rows it has; None where nobody does."""
    if rows == sent:
        return None
    return (
        f"{table} has {rows:,} rows, of which this delivery has sent {sent:,}: somebody else "
        "writes in it. A delivery needs a table of its own."
    )
