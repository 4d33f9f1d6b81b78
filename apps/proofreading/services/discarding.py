"""Discard what a person called false positives, and take that back."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Membership
from apps.core.errors import ConflictError, InvalidInputError, NotFoundError
from apps.core.jobs import Job, enqueue
from apps.proofreading.models import Discard, Recount
from apps.proofreading.selectors.cards import false_positives_of
from apps.proofreading.selectors.discards import holding_in
from apps.proofreading.selectors.mine import state_words
from apps.proofreading.services.fates import UsedKeyError


class OtherNumberError(ConflictError):
    """There are more or fewer false positives than the person was shown."""

    code = "other_number"


def why_none_discarded(campaign: Campaign) -> str | None:
    """Why nothing can be discarded now, as a sentence; None where it can."""
    if campaign.status == Campaign.Status.OPEN:
        return None
    return f"The campaign {state_words(campaign)}; what is discarded stays as it is."


def discard_false_positives(
    campaign: Campaign, user: User, batch: uuid.UUID, count: int, now: datetime
) -> int:
    """Discard all that this person calls false positives; how many there were.

    `count` is how many they were shown. Sending the same batch again changes nothing. Raises
    OtherNumberError where it is another number by now, UsedKeyError where they discarded another
    number in this batch, ConflictError in a campaign that is not open, and InvalidInputError for a
    batch that is somebody else's.
    """
    with transaction.atomic():
        _lock(campaign, user)
        known = Discard.objects.filter(batch=batch)
        if known.exists():
            _check_same(known, campaign, user, batch, count)
            return count
        _check_open(campaign)
        verdicts = false_positives_of(campaign, user)
        if len(verdicts) != count:
            raise OtherNumberError(_other_number(len(verdicts)), details={"count": len(verdicts)})
        _append(campaign, verdicts, batch, user, now, taken_back=False)
    return count


def take_back(campaign: Campaign, user: User, batch: uuid.UUID, now: datetime) -> int:
    """Put back what this person discarded in a batch; how many there were. Again, there is
    nothing left of it.

    Raises NotFoundError for what is no batch of theirs, and ConflictError as above.
    """
    with transaction.atomic():
        _lock(campaign, user)
        mine = Discard.objects.filter(
            batch=batch, made_by=user, verdict__item__campaign=campaign, taken_back=False
        )
        if not mine.exists():
            raise NotFoundError(f"key: you have discarded nothing as {batch}.", field="key")
        _check_open(campaign)
        verdicts = holding_in(campaign, user, batch)
        _append(campaign, verdicts, batch, user, now, taken_back=True)
    return len(verdicts)


def _lock(campaign: Campaign, user: User) -> None:
    """Of two requests of a person one waits."""
    members = Membership.objects.select_for_update(no_key=True)
    members.get(campaign=campaign, user=user)


def _check_same(
    known: QuerySet[Discard], campaign: Campaign, user: User, batch: uuid.UUID, count: int
) -> None:
    mine = known.filter(made_by=user, verdict__item__campaign=campaign, taken_back=False)
    before = mine.count()
    if before == 0:
        raise InvalidInputError(f"key: {batch} was used for something else.", field="key")
    if before != count:
        were = "one false positive was" if before == 1 else f"{before} false positives were"
        raise UsedKeyError(
            f"key: {were} discarded as {batch}, not {count}. Take another key.", field="key"
        )


def _check_open(campaign: Campaign) -> None:
    reason = why_none_discarded(campaign)
    if reason is not None:
        raise ConflictError(reason)


def _append(
    campaign: Campaign,
    verdicts: Iterable[int],
    batch: uuid.UUID,
    user: User,
    now: datetime,
    *,
    taken_back: bool,
) -> None:
    enqueue(Job.GATHER_REVISIONS)  # what is discarded is mended no more
    Discard.objects.bulk_create(
        Discard(verdict_id=one, batch=batch, taken_back=taken_back, made_by=user, made_at=now)
        for one in verdicts
    )
    Recount.objects.create(campaign=campaign)


def _other_number(count: int) -> str:
    are = "is one false positive" if count == 1 else f"are {count} false positives"
    return f"There {are} of yours now, another number than you were shown. Nothing was discarded."
