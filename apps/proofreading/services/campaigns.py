"""Open campaigns: a campaign, its people and its error categories in one step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import transaction

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Membership
from apps.campaigns.services.campaigns import DEFAULT_CROP, add_members, create_campaign
from apps.datasets.models import SynapseTable
from apps.proofreading.domain import STANDARD_CATEGORIES
from apps.proofreading.models import ErrorCategory
from apps.voxels.geometry import Point


@transaction.atomic
def open_campaign(
    name: str,
    table: SynapseTable,
    members: Mapping[User, Membership.Role],
    *,
    page_size: int = 12,
    crop: Point = DEFAULT_CROP,
    instructions: str = "",
    categories: Sequence[tuple[str, str]] = STANDARD_CATEGORIES,
    created_by: User | None = None,
) -> Campaign:
    """Create a campaign with its members and error categories; a job prepares it.

    `categories` are keys and titles, by default SynAnno's. `crop` is in voxels of the cleft
    volume. Raises InvalidInputError naming the field.
    """
    campaign = create_campaign(
        name,
        table,
        page_size=page_size,
        crop=crop,
        instructions=instructions,
        created_by=created_by,
    )
    add_members(campaign, members)
    ErrorCategory.objects.bulk_create(
        ErrorCategory(campaign=campaign, key=key, title=title, position=position)
        for position, (key, title) in enumerate(categories)
    )
    return campaign
