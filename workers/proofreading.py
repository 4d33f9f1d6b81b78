"""Jobs of proofreading. Each is one call into a service."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from apps.core.jobs import Job
from apps.proofreading.services import asking, measuring, settling


@shared_task(name=Job.COUNT_VERDICTS.value)
def count_verdicts() -> None:
    settling.count_submitted(timezone.now())


@shared_task(name=Job.ASK_FOR_VOTES.value)
def ask_for_votes() -> None:
    asking.ask_where_needed()


@shared_task(name=Job.MEASURE_PEOPLE.value)
def measure_people() -> None:
    measuring.measure_people(timezone.now())
