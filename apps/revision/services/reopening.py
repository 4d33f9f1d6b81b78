"""Open again what one has finished oneself, by mistake."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.accounts.models import User
from apps.campaigns.models import Campaign
from apps.core.errors import ConflictError
from apps.proofreading.models import Settlement
from apps.revision.domain.queue import SENTENCES, WhyNone
from apps.revision.models import Revision
from apps.revision.selectors.queue import settings_of
from apps.revision.services.finishing import check_wanted, lock_of, open_again
from apps.revision.services.granting import enter, grant, lay_down_others, no_such_revision
from apps.revision.services.taking_part import why_not_now

_A_MANAGER_CAN = "a manager can open it again"
_IS_OPEN = "This instance is not finished: it was opened again already. Ask for it under “Revise”."
_NOT_NOW = "Mending was paused or ended in this campaign just now: the instance stays finished."
_IS_OTHERS = f"Somebody else was handed this instance after you; {_A_MANAGER_CAN}."
_EXPERT_DECIDED = (
    f"An expert has decided about this instance since you finished it; {_A_MANAGER_CAN}."
)


@transaction.atomic
def reopen_own(campaign: Campaign, revision_id: int, user: User, now: datetime) -> None:
    """Take back that one has finished with an instance: it is open again, and in the hands of this
    person. The decision that was given is in the audit log. Again is harmless.

    Raises NotFoundError for what this person was never handed, and ConflictError, with a sentence
    for them, where it is too late.
    """
    _check_was_handed(campaign, revision_id, user)
    refusal = why_not_now(enter(campaign, user))
    if refusal is not None:
        raise ConflictError(refusal.sentence)
    if settings_of(campaign).is_paused:
        raise ConflictError(SENTENCES[WhyNone.PAUSED])
    revision = lock_of(campaign, revision_id)
    if _is_in_hand(revision, user):
        return
    _check_still_own(revision, user)
    check_wanted(revision)
    _check_no_expert(revision)
    open_again(campaign, revision, user, now)
    if grant(campaign, user, now, revision.pk) is None:
        raise ConflictError(_NOT_NOW)
    lay_down_others(campaign, user, revision.pk, now)


def _check_was_handed(campaign: Campaign, revision_id: int, user: User) -> None:
    """To try the ids tells nobody how many there are."""
    if not Revision.objects.filter(pk=revision_id, campaign=campaign, leases__user=user).exists():
        raise no_such_revision(revision_id)


def _is_in_hand(revision: Revision, user: User) -> bool:
    lease = revision.lease
    return lease is not None and lease.user_id == user.pk and revision.finished_at is None


def _check_still_own(revision: Revision, user: User) -> None:
    lease = revision.lease
    if lease is not None and lease.user_id != user.pk:
        raise ConflictError(_IS_OTHERS)
    if revision.finished_at is None:
        raise ConflictError(_IS_OPEN)


def _check_no_expert(revision: Revision) -> None:
    """An expert's word that came after the decision is not undone by who decided."""
    if revision.finished_at is None or revision.item_id is None:
        return
    later = Settlement.objects.filter(
        item=revision.item_id, by_expert=True, settled_at__gt=revision.finished_at
    )
    if later.exists():
        raise ConflictError(_EXPERT_DECIDED)
