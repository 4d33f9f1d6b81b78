"""Change the error categories and the example pictures of a campaign."""

from __future__ import annotations

import re
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from apps.accounts.models import User
from apps.campaigns.models import Campaign, ExamplePicture
from apps.campaigns.picture_files import Picture
from apps.campaigns.services.audit import record
from apps.campaigns.services.changing import check_at_rest, check_not_archived
from apps.campaigns.services.life import lock_campaign
from apps.campaigns.services.pictures import put_picture, take_out_picture
from apps.core.errors import InvalidInputError, NotFoundError
from apps.proofreading.domain import CANNOT_JUDGE, CANNOT_JUDGE_TITLE
from apps.proofreading.models import ErrorCategory
from apps.proofreading.services.versions import write_new_version

MOST_CATEGORIES = 20  # beside the one that is built in
_LONGEST_KEY, _LONGEST_TITLE = 50, 200
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@transaction.atomic
def add_category(
    campaign: Campaign, title: str, by: User, now: datetime, *, key: str = ""
) -> ErrorCategory:
    """Offer one more kind of error, after the others.

    `key` names it in files; by default it is made of the title. Raises NotNowError where people
    are at work, and InvalidInputError naming the field.
    """
    campaign = lock_campaign(campaign.pk)
    check_at_rest(campaign, "categories")
    title = _checked_title(title)
    key = key or key_of(title)
    if not _KEY.fullmatch(key) or len(key) > _LONGEST_KEY:
        raise InvalidInputError(
            f"key: give a letter, then letters, digits and _, at most {_LONGEST_KEY}.", field="key"
        )
    if campaign.error_categories.filter(key=key).exists():
        raise InvalidInputError(
            f"key: {key!r} is a category of this campaign already, or was one.", field="key"
        )
    _check_room(campaign, "title")
    last = campaign.error_categories.aggregate(position=Max("position"))["position"]
    position = 0 if last is None else last + 1
    category = ErrorCategory.objects.create(
        campaign=campaign, key=key, title=title, position=position
    )
    version = write_new_version(campaign, by, now)
    details = {"key": key, "title": title, "version": version}
    record(campaign, by, "category_added", details, now)
    return category


@transaction.atomic
def change_category(
    campaign: Campaign,
    key: str,
    by: User,
    now: datetime,
    *,
    title: str | None = None,
    retired: bool | None = None,
) -> ErrorCategory:
    """Give a category another title, offer it no more, or offer it again.

    It is never deleted: verdicts name it. Raises NotFoundError, NotNowError where people are at
    work, and InvalidInputError naming the field.
    """
    campaign = lock_campaign(campaign.pk)
    category = campaign.error_categories.filter(key=key).first()
    if category is None:
        raise NotFoundError(f"The campaign has no error category {key!r}.", field="key")
    was = (category.title, category.retired_at is not None)
    wanted = (
        was[0] if title is None else _checked_title(title),
        was[1] if retired is None else retired,
    )
    if wanted == was:
        return category
    if key == CANNOT_JUDGE:
        raise InvalidInputError(
            f"key: {CANNOT_JUDGE_TITLE!r} is built into every campaign and stays as it is.",
            field="key",
        )
    check_at_rest(campaign, "categories")
    if was[1] and not wanted[1]:
        _check_room(campaign, "retired")
    category.title = wanted[0]
    if wanted[1] != was[1]:
        category.retired_at = now if wanted[1] else None
    category.save(update_fields=["title", "retired_at"])
    version = write_new_version(campaign, by, now)
    details = {"key": key, "from": was[0], "to": wanted[0], "retired": wanted[1]}
    record(campaign, by, "category_changed", details | {"version": version}, now)
    return category


def _check_room(campaign: Campaign, field: str) -> None:
    offered = campaign.error_categories.filter(retired_at__isnull=True)
    if offered.exclude(key=CANNOT_JUDGE).count() >= MOST_CATEGORIES:
        raise InvalidInputError(
            f"{field}: a campaign offers at most {MOST_CATEGORIES}; retire one first.",
            field=field,
        )


def key_of(title: str) -> str:
    """A key of a title as SynAnno's are: "Wrong side" becomes "wrongSide"."""
    words = re.findall(r"[A-Za-z0-9]+", title)
    key = "".join(word[:1].upper() + word[1:] for word in words)[:_LONGEST_KEY]
    return key[:1].lower() + key[1:]


def _checked_title(title: str) -> str:
    title = title.strip()
    if not title or len(title) > _LONGEST_TITLE:
        raise InvalidInputError(
            f"title: give between 1 and {_LONGEST_TITLE} characters.", field="title"
        )
    return title


@transaction.atomic
def add_picture(
    campaign: Campaign, picture: Picture, caption: str, by: User, now: datetime
) -> ExamplePicture:
    """Show one more picture beside the instructions.

    Raises InvalidInputError naming the field, and NotNowError for an archived campaign.
    """
    campaign = lock_campaign(campaign.pk)
    check_not_archived(campaign, "picture")
    added = put_picture(campaign, picture, caption)
    version = write_new_version(campaign, by, now)
    details = {"picture": added.pk, "caption": added.caption, "version": version}
    record(campaign, by, "picture_added", details, now)
    return added


@transaction.atomic
def remove_picture(campaign: Campaign, picture_id: int, by: User, now: datetime) -> None:
    """Show a picture no more; asking again changes nothing.

    Raises NotFoundError, and NotNowError for an archived campaign.
    """
    campaign = lock_campaign(campaign.pk)
    check_not_archived(campaign, "picture")
    picture = campaign.pictures.defer("content").filter(pk=picture_id).first()
    if picture is None:
        raise NotFoundError(f"The campaign has no picture {picture_id}.")
    if picture.removed_at is not None:
        return
    take_out_picture(picture, now)
    version = write_new_version(campaign, by, now)
    details = {"picture": picture.pk, "caption": picture.caption, "version": version}
    record(campaign, by, "picture_removed", details, now)
