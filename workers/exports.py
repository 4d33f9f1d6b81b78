"""Jobs of exports. Each is one call into a service."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from apps.core.jobs import Job
from apps.exports.services import restores_work, sweeping, writing_exports

# A step may last, as joining what a million instances have left; others look on meanwhile.
_LONGEST_S = 6 * 3600


@shared_task(name=Job.WRITE_EXPORT.value, time_limit=_LONGEST_S)
def write_export(export_id: int) -> None:
    writing_exports.write_export(export_id)


@shared_task(name=Job.RESUME_EXPORTS.value)
def resume_exports() -> None:
    sweeping.resume_exports(timezone.now())


@shared_task(name=Job.RESTORE.value, time_limit=_LONGEST_S)
def restore(restore_id: int) -> None:
    restores_work.work_on(restore_id)


@shared_task(name=Job.RESUME_RESTORES.value)
def resume_restores() -> None:
    restores_work.resume_restores(timezone.now())
