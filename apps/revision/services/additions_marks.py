"""Answer the marks that say where a synapse may be missed."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction

from apps.accounts.models import User
from apps.campaigns.models import Campaign
from apps.campaigns.services.changing import check_not_archived
from apps.core.errors import ConflictError
from apps.revision.models import AddedSynapse, AnsweredMark, RevisionSettings
from apps.revision.selectors.additions import latest_answers, mark_for

LONGEST_REASON = 200
Answer = AnsweredMark.Answer


def answer_mark(
    campaign: Campaign,
    mark: uuid.UUID,
    answer: AnsweredMark.Answer,
    user: User,
    now: datetime,
    *,
    added: AddedSynapse | None = None,
    reason: str = "",
) -> None:
    """Append it. Call it while the campaign's `RevisionSettings` are locked."""
    AnsweredMark.objects.create(
        campaign=campaign,
        mark=mark,
        answer=answer,
        added=added,
        reason=reason,
        user=user,
        made_at=now,
    )


def dismiss_mark(
    campaign: Campaign, key: uuid.UUID, user: User, reason: str, now: datetime
) -> None:
    """There is no synapse missed at this mark. Again is harmless.

    Raises NotFoundError for a mark that is not this person's to answer, and ConflictError where
    what it marks has been added, or the campaign is archived.
    """
    _answer(campaign, key, user, Answer.DISMISSED, reason, now)


def reopen_mark(campaign: Campaign, key: uuid.UUID, user: User, now: datetime) -> None:
    """The mark was dismissed too early: it waits again. Raises as `dismiss_mark`."""
    _answer(campaign, key, user, Answer.OPEN, "", now)


@transaction.atomic
def _answer(
    campaign: Campaign,
    key: uuid.UUID,
    user: User,
    answer: AnsweredMark.Answer,
    reason: str,
    now: datetime,
) -> None:
    check_not_archived(campaign, "mark")
    RevisionSettings.objects.get_or_create(campaign=campaign)
    RevisionSettings.objects.select_for_update(no_key=True).get(campaign=campaign)
    mark_for(campaign, user, key)
    before = latest_answers(campaign, [key]).get(key)
    if before is not None and before.answer == Answer.ADDED:
        raise ConflictError(
            "mark: what it marks has been added; withdraw that synapse instead.", field="mark"
        )
    if (Answer.OPEN if before is None else before.answer) != answer:
        answer_mark(campaign, key, answer, user, now, reason=reason)
