"""Jobs of proofreading. Each is one call into a service."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from apps.core.jobs import Job
from apps.proofreading.services import asking, measuring, rendering_ahead, settling


@shared_task(name=Job.RENDER_SECTION.value)
def render_section(campaign_id: int, user_id: int, section_id: int) -> None:
    rendering_ahead.render_section(campaign_id, user_id, section_id, timezone.now())


@shared_task(name=Job.COUNT_VERDICTS.value)
def count_verdicts() -> None:
    settling.count_submitted(timezone.now())


@shared_task(name=Job.ASK_FOR_VOTES.value)
def ask_for_votes() -> None:
    asking.ask_where_needed()


@shared_task(name=Job.MEASURE_PEOPLE.value)
def measure_people() -> None:
    measuring.measure_people(timezone.now())
