"""Change the settings of a campaign, as far as it may without falsifying what was judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from django.db import IntegrityError, transaction

from apps.campaigns.domain import AT_REST, Assignment
from apps.campaigns.models import Campaign
from apps.campaigns.services.campaigns import (
    check_assignment,
    check_crop,
    check_name,
    check_page_size,
    name_taken,
)
from apps.core.errors import ConflictError, InvalidInputError
from apps.voxels.geometry import Point

DRAFT_ONLY = frozenset({"page_size", "passes", "order", "order_seed"})
AT_REST_ONLY = frozenset({"crop_size"})
AT_ANY_TIME = frozenset(
    {"name", "instructions", "open_pages_cap", "deadline", "needs_training"}
)  # until it is archived
_AT_WORK = {
    Campaign.Status.OPEN: "is open; pause it first, so that nobody is shown one thing on half of a "
    "page and another on the rest.",
    Campaign.Status.PREPARING: "is being prepared; wait until it is open, and pause it.",
    Campaign.Status.CLOSED: "is closed; to change this, open it again and pause it.",
    Campaign.Status.ARCHIVED: "is archived, and stays as it is.",
}
_ASSIGNMENT = frozenset(field.name for field in fields(Assignment))


class NotNowError(ConflictError):
    """A setting cannot be changed in the campaign's present status."""

    code = "not_now"


def check_draft(campaign: Campaign, field: str) -> None:
    """Raises NotNowError, saying why, unless the campaign is a draft."""
    if campaign.status != Campaign.Status.DRAFT:
        raise NotNowError(
            f"{field}: it can be changed in a draft only. The pages are made when the campaign "
            "starts, and what people have judged would no longer fit; clone the campaign instead.",
            field=field,
        )


def check_at_rest(campaign: Campaign, field: str) -> None:
    """Raises NotNowError, saying why, where people are at work."""
    if campaign.status not in AT_REST:
        reason = _AT_WORK[Campaign.Status(campaign.status)]
        raise NotNowError(f"{field}: the campaign {reason}", field=field)


def check_not_archived(campaign: Campaign, field: str) -> None:
    """Raises NotNowError for a campaign that stays as it is."""
    if campaign.status == Campaign.Status.ARCHIVED:
        raise NotNowError("The campaign is archived, and stays as it is.", field=field)


def change_columns(campaign: Campaign, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Change settings of a campaign that is locked; what they were before, where they differ.

    `changes` are new values by name: those of `DRAFT_ONLY`, `AT_REST_ONLY` and `AT_ANY_TIME`.
    Raises NotNowError, or InvalidInputError naming the field.
    """
    former = {name: value for name, value in settings_of(campaign).items() if name in changes}
    changed = {name: value for name, value in former.items() if value != changes[name]}
    for name in sorted(changes):
        if name not in former:
            raise InvalidInputError(f"{name}: there is no such setting.", field=name)
    for name in sorted(changed):
        _check_when(campaign, name)
        _put(campaign, name, changes[name])
    _check_values(campaign, changed)
    _save(campaign)
    return changed


def settings_of(campaign: Campaign) -> dict[str, Any]:
    """The settings of a campaign by their names."""
    assignment = {name: getattr(campaign, name) for name in _ASSIGNMENT}
    return {
        "name": campaign.name,
        "instructions": campaign.instructions,
        "page_size": campaign.page_size,
        "crop_size": [*campaign.crop],
        **assignment,
    }


def assignment_of(campaign: Campaign) -> Assignment:
    """How the pages of the campaign are made and handed out."""
    return replace(Assignment(), **{name: getattr(campaign, name) for name in _ASSIGNMENT})


def _check_when(campaign: Campaign, name: str) -> None:
    check_not_archived(campaign, name)
    if name in DRAFT_ONLY:
        check_draft(campaign, name)
    if name in AT_REST_ONLY:
        check_at_rest(campaign, name)


def _put(campaign: Campaign, name: str, value: Any) -> None:
    if name == "crop_size":
        campaign.crop_x, campaign.crop_y, campaign.crop_z = value
    elif name == "name":
        campaign.name = value.strip()
    else:
        setattr(campaign, name, value)


def _check_values(campaign: Campaign, changed: Mapping[str, Any]) -> None:
    if "name" in changed:
        check_name(campaign.name)
    if "page_size" in changed:
        check_page_size(campaign.page_size)
    if _ASSIGNMENT & changed.keys():
        check_assignment(assignment_of(campaign))
    if "crop_size" in changed:
        check_crop(Point(campaign.crop_x, campaign.crop_y, campaign.crop_z), campaign.table)


def _save(campaign: Campaign) -> None:
    columns = ["name", "instructions", "page_size", "crop_x", "crop_y", "crop_z", *_ASSIGNMENT]
    try:
        with transaction.atomic():
            campaign.save(update_fields=columns)
    except IntegrityError as error:
        if Campaign.objects.filter(name=campaign.name).exclude(pk=campaign.pk).exists():
            raise name_taken(campaign.name) from error
        raise
