"""Jobs of revision. Each is one call into a service."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from apps.core.jobs import Job
from apps.revision.services import (
    additions_partners,
    filling,
    gathering,
    marker_checks,
    rendering,
    sweeping,
)


@shared_task(name=Job.GATHER_REVISIONS.value)
def gather_revisions() -> None:
    gathering.gather_all()


@shared_task(name=Job.RENDER_EASEL.value)
def render_easel(revision_id: int) -> None:
    rendering.render_easel_of(revision_id)


@shared_task(name=Job.CHECK_MARKERS.value)
def check_markers(revision_id: int) -> None:
    marker_checks.check_markers(revision_id, timezone.now())


@shared_task(name=Job.RESUME_CHECKS.value)
def resume_checks() -> None:
    sweeping.resume_checks(timezone.now())


@shared_task(name=Job.FILL_DEPTH.value)
def fill_depth(proposal_id: int) -> None:
    filling.work_on(proposal_id, filling.fill_classically)


@shared_task(name=Job.RESUME_PROPOSALS.value)
def resume_proposals() -> None:
    sweeping.resume_proposals(timezone.now())


@shared_task(name=Job.FIND_PARTNERS.value)
def find_partners(added_id: int) -> None:
    additions_partners.find_partners(added_id, timezone.now())
