"""The table of a delivery: made by it, or empty when it took it over. Workers only."""

from __future__ import annotations

from django.utils import timezone

from apps.cave_sync.domain.annotations import TableFacts
from apps.cave_sync.domain.cave_errors import (
    CaveOnceError,
    CaveRefusedError,
    CaveUncertainError,
    Reason,
)
from apps.cave_sync.domain.places import in_nm
from apps.cave_sync.gateways.annotation_service import AnnotationService
from apps.cave_sync.models import Delivery
from apps.cave_sync.services.claims import may_have_rows
from apps.cave_sync.services.connecting import table_of

_SAME_NM = 1e-6


class StoppedError(Exception):
    """Somebody has paused or changed the delivery."""


def have_table(delivery: Delivery, service: AnnotationService) -> None:
    """Make the table where it is not there yet.

    Whether a call that was not answered has made it is seen from the list of tables, and whose it
    is from its description. One that somebody else made is taken over only where the dry run has
    shown it; it is noted as the delivery's when a row is in it. Raises CaveRefusedError where a
    table of the name is another's, and StoppedError where the delivery is no longer as it was when
    the run began.
    """
    if not delivery.aligned_volume:
        volume = service.facts().aligned_volume
        Delivery.objects.filter(pk=delivery.pk).update(aligned_volume=volume)
    if delivery.made_at is not None:
        return
    if not may_have_rows(delivery) and not _has_made(delivery, service):
        facts = service.metadata(delivery.table)
        _check_ours(delivery, service, facts)
        if not was_made_by(delivery, facts):
            return
    same = Delivery.objects.filter(
        pk=delivery.pk, revision=delivery.revision, state=Delivery.State.ACTIVE
    )
    if not same.update(made_at=timezone.now()):
        raise StoppedError


def _has_made(delivery: Delivery, service: AnnotationService) -> bool:
    """Whether the table was made just now; else one of the name is there."""
    is_again = False
    while delivery.table not in service.tables():
        try:
            service.create_table(table_of(delivery))
        except CaveOnceError:
            if is_again:
                raise
            is_again = True
        except (CaveUncertainError, CaveRefusedError):
            if delivery.table not in service.tables():
                raise
        else:
            return True
    return False


def _check_ours(delivery: Delivery, service: AnnotationService, facts: TableFacts) -> None:
    problems = why_not_ours(delivery, facts)
    if not problems and (reason := why_not_alone(delivery.table, service.count(delivery.table), 0)):
        problems = [("table", reason)]
    if not problems and not was_made_by(delivery, facts) and not _was_shown(delivery, facts):
        sentence = (
            f"{delivery.table} is there already and was not made by this delivery. Try the "
            "delivery again, which tells whose it is, or name another table."
        )
        problems = [("table", sentence)]
    if problems:
        field, sentence = problems[0]
        raise CaveRefusedError(
            f"{field}: {sentence}", reason=Reason.TABLE_NAME, words="", field=field
        )


def was_made_by(delivery: Delivery, facts: TableFacts) -> bool:
    """Whether the table was made for this delivery: no other has its key. It is at the end, since
    whoever names a campaign may write what comes before it."""
    return facts.description.rstrip().endswith(f"(delivery {delivery.key}).")


def shown_of(facts: TableFacts) -> dict[str, str]:
    """By what a table that is taken over is known to be the one that the dry run has shown."""
    return {"table": facts.name, "owner": facts.owner, "description": facts.description}


def _was_shown(delivery: Delivery, facts: TableFacts) -> bool:
    return bool(delivery.found.get("takes_over") == shown_of(facts))


def why_not_ours(delivery: Delivery, facts: TableFacts) -> list[tuple[str, str]]:
    """What keeps a table that is there from being the delivery's: field and sentence."""
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


def why_not_alone(table: str, rows: int, sent: int, unsure: int = 0) -> str | None:
    """Why nothing more may be sent to a table, from how many rows it has; None where it may. Of
    rows that were sent so many more may be there as are `unsure`."""
    told = f"{table} has {rows:,} rows, of which this delivery has sent {sent:,}"
    if rows > sent + unsure:
        return f"{told}: somebody else writes in it. A delivery needs a table of its own."
    if rows < sent:
        are = "is" if sent - rows == 1 else "are"
        return (
            f"{table} has {rows:,} rows in CAVE, and this delivery has sent {sent:,}: "
            f"{sent - rows:,} {are} missing there, as where CAVE was restored from a backup or its "
            "administrators took them out. Nothing more is sent to it until a manager has what is "
            "missing sent again."
        )
    return None
