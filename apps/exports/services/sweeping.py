"""Have taken up what was left undone, and deleted what nobody may fetch any more; the beat calls
this."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber

from apps.core.jobs import Job, enqueue
from apps.exports.models import UNFINISHED, Export
from apps.exports.services.folders import folder_of, remove_files

LOST_AFTER = timedelta(seconds=45)
REPLACED = "Its files were deleted: newer exports of the campaign took their place."
_MOST = 100
_LATELY = timedelta(hours=1)
State = Export.State

log = structlog.get_logger(__name__)


def resume_exports(now: datetime) -> int:
    """Have exports written whose job was lost, or whose process was; how many. Then expire those
    whose time is over and the oldest of too many, and delete what ended ones have left."""
    lost = Export.objects.filter(
        state__in=UNFINISHED, folder="", moved_at__lte=now - LOST_AFTER
    ).order_by("moved_at")
    found = list(lost.values_list("pk", flat=True)[:_MOST])
    for export_id in found:
        enqueue(Job.WRITE_EXPORT, export_id=export_id)
    ready = Export.objects.filter(state=State.READY)
    ready.filter(expires_at__lte=now).update(state=State.EXPIRED)
    ready.filter(pk__in=_surplus()).update(state=State.EXPIRED, failure=REPLACED)
    delete_leftovers(now)
    return len(found)


def _surplus() -> list[int]:
    """Exports with files, of campaigns that have more of them than are kept: the oldest."""
    latest_first = [F("finished_at").desc(), F("pk").desc()]
    place = Window(RowNumber(), partition_by="campaign", order_by=latest_first)
    ready = Export.objects.filter(state=State.READY, folder="").annotate(place=place)
    most = settings.ENVIRONMENT.exports_kept
    return list(ready.filter(place__gt=most).values_list("pk", flat=True))


def delete_leftovers(now: datetime) -> None:
    """Files of exports that have none any more, and parts of those that have just become ready.
    A command's lie where its person wants them, maybe on a disk that only they have."""
    own = Export.objects.filter(folder="").order_by("pk")
    over = ~Q(state__in=[*UNFINISHED, State.READY])
    for export in own.filter(over, has_files=True)[:_MOST]:
        with _told(export):
            remove_files(export)
    for export in own.filter(state=State.READY, finished_at__gte=now - _LATELY):
        with _told(export):
            folder_of(export).remove_parts()


@contextmanager
def _told(export: Export) -> Iterator[None]:
    """One that cannot be deleted keeps no other from being."""
    try:
        yield
    except OSError as error:
        log.warning("export_not_deleted", export=export.pk, reason=str(error))
