"""Jobs of revision. Each is one call into a service."""

from __future__ import annotations

from celery import shared_task

from apps.core.jobs import Job
from apps.revision.services import gathering, rendering


@shared_task(name=Job.GATHER_REVISIONS.value)
def gather_revisions() -> None:
    gathering.gather_all()


@shared_task(name=Job.RENDER_EASEL.value)
def render_easel(revision_id: int) -> None:
    rendering.render_easel_of(revision_id)
