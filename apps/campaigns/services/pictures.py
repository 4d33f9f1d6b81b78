"""The example pictures in the instructions of a campaign."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Max

from apps.campaigns.models import Campaign, ExamplePicture
from apps.campaigns.picture_files import Picture
from apps.core.errors import InvalidInputError, NotFoundError

MOST_PICTURES = 12
LONGEST_CAPTION = 300


def put_picture(campaign: Campaign, picture: Picture, caption: str) -> ExamplePicture:
    """Show one more picture, after the others. The campaign is locked.

    Raises InvalidInputError naming the field.
    """
    caption = caption.strip()
    if not caption or len(caption) > LONGEST_CAPTION:
        raise InvalidInputError(
            f"caption: give between 1 and {LONGEST_CAPTION} characters; people who do not see the "
            "picture are told it.",
            field="caption",
        )
    shown = campaign.pictures.filter(removed_at__isnull=True)
    if shown.count() >= MOST_PICTURES:
        raise InvalidInputError(
            f"picture: a campaign shows at most {MOST_PICTURES}; take one out first.",
            field="picture",
        )
    last = campaign.pictures.aggregate(position=Max("position"))["position"]
    return ExamplePicture.objects.create(
        campaign=campaign,
        position=0 if last is None else last + 1,
        caption=caption,
        content_type=picture.content_type,
        content=picture.content,
    )


def get_picture(campaign: Campaign, picture_id: int) -> ExamplePicture:
    """A picture of the campaign, shown or taken out. Raises NotFoundError."""
    picture = campaign.pictures.filter(pk=picture_id).first()
    if picture is None:
        raise NotFoundError(f"The campaign has no picture {picture_id}.")
    return picture


def take_out_picture(picture: ExamplePicture, now: datetime) -> None:
    """Show a picture no more; the versions that showed it keep it."""
    picture.removed_at = now
    picture.save(update_fields=["removed_at"])


def copy_pictures(source: Campaign, target: Campaign) -> None:
    """Show the pictures of one campaign in another that has none."""
    shown = source.pictures.filter(removed_at__isnull=True)
    ExamplePicture.objects.bulk_create(
        ExamplePicture(
            campaign=target,
            position=position,
            caption=picture.caption,
            content_type=picture.content_type,
            content=bytes(picture.content),
        )
        for position, picture in enumerate(shown)
    )
