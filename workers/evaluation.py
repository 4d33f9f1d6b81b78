"""Jobs of evaluation. Each is one call into a service."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from apps.core.jobs import Job
from apps.evaluation.services import reporting


@shared_task(name=Job.MAKE_REPORTS.value)
def make_reports(campaign_id: int) -> None:
    reporting.make_reports(campaign_id, timezone.now())
