"""Jobs of campaigns. Each is one call into a service."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from apps.campaigns.services import campaigns, learning, rendering, sending
from apps.core.jobs import Job

# Rendering for which nobody waits yet goes on in another job after this time: between two jobs a
# process sees to those who wait (docs/adr/0004).
AHEAD_S = 2.0


@shared_task(name=Job.PREPARE_CAMPAIGN.value)
def prepare_campaign(campaign_id: int) -> None:
    rendering.prepare_campaign(campaign_id, for_s=AHEAD_S)


@shared_task(name=Job.RENDER_PAGES.value)
def render_pages(campaign_id: int) -> None:
    rendering.render_pages_to_come(campaign_id, for_s=AHEAD_S)


@shared_task(name=Job.RENDER_ITEMS.value)
def render_items(item_ids: list[int]) -> None:
    rendering.render_items(item_ids)


@shared_task(name=Job.RESUME_PREPARATIONS.value)
def resume_preparations() -> None:
    campaigns.resume_preparations(timezone.now())


@shared_task(name=Job.LEARN_LEASE_TIMES.value)
def learn_lease_times() -> None:
    learning.learn_lease_times()


@shared_task(name=Job.SEND_WEBHOOKS.value)
def send_webhooks() -> None:
    sending.send_deliveries()
