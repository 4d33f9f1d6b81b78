"""Have the page rendered to which somebody may go next along a neuron."""

from __future__ import annotations

from django.conf import settings

from apps.accounts.models import User
from apps.campaigns.models import Campaign
from apps.campaigns.services.leasing import check_section
from apps.core.jobs import Job, enqueue
from apps.core.throttling import count
from apps.datasets.services.cutouts import cutout_store

# Nobody rests on more sections with an aim, and nobody has all of a neuron rendered by sweeping
# over its map.
MOST_A_MINUTE = 12


def look_ahead(campaign: Campaign, user: User, section: int) -> None:
    """Somebody looks at a section in the map: the page that they would be handed there is rendered.

    Whether there is one, and what becomes of it, is not told. Nothing happens where pages are not
    rendered ahead, nobody works, the same was asked a moment ago, or this person asks often.
    Raises NotFoundError for a section that is none of the campaign's.
    """
    check_section(campaign, section)
    if settings.ENVIRONMENT.prefetch_pages == 0 or campaign.status != Campaign.Status.OPEN:
        return
    if count(f"looks-ahead:{user.pk}") > MOST_A_MINUTE:
        return
    if cutout_store().announce(f"section-{section}-{user.pk}"):
        enqueue(Job.RENDER_SECTION, campaign_id=campaign.pk, user_id=user.pk, section_id=section)
