"""Hand revisions to people one by one: what they hold, else the next one."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from random import randint
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Membership
from apps.campaigns.permissions import ALLOWED, Action
from apps.core.errors import NotFoundError
from apps.revision.domain.queue import SENTENCES, WhyNone
from apps.revision.models import Revision, RevisionLease
from apps.revision.selectors.queue import CAN_BE_REVISED, counts_of, settings_of
from apps.revision.services import lease_statements as sql
from apps.revision.services.gathering import gather
from apps.revision.services.leasing import lease_duration
from apps.revision.services.taking_part import why_not_now

_HAS_IT = "Somebody else is mending this instance."
_IS_DONE = (
    "This instance is finished. Who finished it can open it again under “My revisions”, a manager "
    "in any case."
)
_NOT_WANTED = (
    "This instance need not be mended any more: its label has changed, or it is discarded."
)
# Of those that wait, when one is looked for that somebody did not call incorrect themselves.
LOOKED_AT = 500
# From how many places by chance it is looked for one before they are handed their own.
TRIES = 8
_INSTANCE = ("revision", "revision__item__instance", "revision__added__instance")


@dataclass(frozen=True)
class Handout:
    """A revision that is handed to somebody, else why none is, with a sentence for them; whether it
    was looked for one."""

    lease: RevisionLease | None
    why: WhyNone | None = None
    sentence: str = ""
    looked: bool = False


def lease_revision(
    campaign: Campaign, user: User, now: datetime, wanted: int | None = None
) -> Handout:
    """The revision that this person holds, else the next one for them; `wanted` is the id of the
    very one that they ask for. What they hold they are handed also while revision rests.

    Raises NotFoundError for somebody who does not take part, and for a revision that is not there.
    """
    handout = _lease(campaign, user, now, wanted)
    is_empty = handout.looked and handout.why in (WhyNone.NONE_LEFT, WhyNone.NOT_YET)
    if is_empty and gather(campaign).come:
        handout = _lease(campaign, user, now, wanted)
    return handout


@transaction.atomic
def _lease(campaign: Campaign, user: User, now: datetime, wanted: int | None) -> Handout:
    membership = enter(campaign, user)
    if wanted is not None:
        _check_there(campaign, wanted)
    held = _held(campaign, user, wanted)
    if held is not None:
        if wanted is not None:
            lay_down_others(campaign, user, wanted, now)
        held.revision.held_until = now + lease_duration()
        held.revision.save(update_fields=["held_until"])
        return Handout(held)
    refusal = _why_not(campaign, membership)
    if refusal is not None:
        return refusal
    lease_id = grant(campaign, user, now, wanted)
    if lease_id is None:
        return _none(campaign, now, wanted)
    lease = RevisionLease.objects.select_related(*_INSTANCE).get(pk=lease_id)
    if wanted is not None:
        lay_down_others(campaign, user, wanted, now)
    return Handout(lease)


def enter(campaign: Campaign, user: User) -> Membership:
    """How somebody takes part, locked: of two requests of a person one waits."""
    members = Membership.objects.select_for_update(of=("self",), no_key=True)
    found = members.filter(
        campaign=campaign, user=user, role__in=ALLOWED[Action.REVISE]
    ).select_related("campaign")
    membership = found.first()
    if membership is None:
        raise NotFoundError(f"You take part in no campaign {campaign.pk}.")
    return membership


def _check_there(campaign: Campaign, revision_id: int) -> None:
    if not Revision.objects.filter(pk=revision_id, campaign=campaign).exists():
        raise no_such_revision(revision_id)


def no_such_revision(revision_id: int) -> NotFoundError:
    return NotFoundError(f"revision: the campaign has no revision {revision_id}.", field="revision")


def _held(campaign: Campaign, user: User, wanted: int | None) -> RevisionLease | None:
    """The lease, expired or not, of a revision that this person has and nobody else was given; the
    revision is locked."""
    if campaign.status not in CAN_BE_REVISED:
        return None
    held = Revision.objects.select_for_update(of=("self",), no_key=True).filter(
        campaign=campaign,
        lease__user=user,
        lease__ended_at__isnull=True,
        finished_at__isnull=True,
    )
    if wanted is not None:
        held = held.filter(pk=wanted)
    of_lease = [name.removeprefix("revision__") for name in _INSTANCE[1:]]
    revision = held.select_related("lease", *of_lease).order_by("-held_until", "pk").first()
    if revision is None or revision.lease is None:
        return None
    revision.lease.revision = revision
    return revision.lease


def lay_down_others(campaign: Campaign, user: User, revision_id: int, now: datetime) -> None:
    """Who asks for one after the other by name holds the last one alone. The others are as if their
    time had run out: they can go on with one while nobody else was handed it."""
    others = Revision.objects.filter(
        campaign=campaign,
        lease__user=user,
        lease__ended_at__isnull=True,
        finished_at__isnull=True,
        held_until__gt=now,
    )
    others.exclude(pk=revision_id).update(held_until=now)


def _why_not(campaign: Campaign, membership: Membership) -> Handout | None:
    """Why this person is handed nothing at all, before anything is looked for."""
    refusal = why_not_now(membership)
    if refusal is not None:
        return Handout(None, refusal.why, refusal.sentence)
    return _no(WhyNone.PAUSED) if settings_of(campaign).is_paused else None


def grant(campaign: Campaign, user: User, now: datetime, wanted: int | None) -> int | None:
    """Hand somebody the next one, or the one that is wanted, if it is free: the id of the lease."""
    values: dict[str, Any] = {
        "campaign": campaign.pk,
        "user": user.pk,
        "token": uuid.uuid4(),
        "now": now,
        "until": now + lease_duration(),
        "statuses": [status.value for status in CAN_BE_REVISED],
        "revision": wanted,
        "most": LOOKED_AT,
    }
    with connection.cursor() as cursor:
        for way in _ways(campaign, wanted):
            statement = sql.GRANT.format(which=way.which, order=way.order)
            cursor.execute(statement, values | {"first_rank": way.first_rank})
            found = cursor.fetchone()
            if found is not None:
                return int(found[0])
    return None


@dataclass(frozen=True)
class _Way:
    """Which revisions may be handed out, from which rank on, and which of them first."""

    which: str
    first_rank: int = 0
    order: str = sql.UP


def _ways(campaign: Campaign, wanted: int | None) -> Iterator[_Way]:
    """The best first. Who called all incorrect that waits first is handed something from elsewhere,
    and where that fails their own from anywhere."""
    if wanted is not None:
        yield _Way(sql.THIS_ONE)
        return
    yield _Way(sql.NOT_OWN)
    waiting = _waiting_items(campaign)
    last = waiting.last() or 0
    if waiting[LOOKED_AT : LOOKED_AT + 1].exists():
        for _ in range(TRIES):
            yield _Way(sql.NOT_OWN, _any_rank(last))
    anywhere = _any_rank(last)
    yield _Way(sql.FROM_RANK_UP, anywhere)
    yield _Way(sql.FROM_RANK_DOWN, anywhere, sql.DOWN)
    yield _Way(sql.ANY_ONE)


def _waiting_items(campaign: Campaign) -> QuerySet[Revision, int]:
    """The ranks of the items of the campaign that wait or are held, in their order."""
    waiting = Revision.objects.filter(
        campaign=campaign, finished_at__isnull=True, wanted=True, added__isnull=True
    )
    return waiting.order_by("rank", "pk").values_list("rank", flat=True)


def _any_rank(last: int) -> int:
    return randint(0, last)  # noqa: S311 - it need not be hard to guess


def _none(campaign: Campaign, now: datetime, wanted: int | None) -> Handout:
    """Why there is none, as it is now."""
    if wanted is not None:
        return Handout(None, WhyNone.TAKEN, _why_taken(wanted, now))
    left = counts_of(campaign, now)
    if left.waiting or left.held:
        return _no(WhyNone.ALL_HELD)  # what waits by now is being handed to somebody
    why = WhyNone.NONE_LEFT if left.done else WhyNone.NOT_YET
    return Handout(None, why, SENTENCES[why], looked=True)


def _why_taken(revision_id: int, now: datetime) -> str:
    revision = Revision.objects.get(pk=revision_id)
    if revision.finished_at is not None:
        return _IS_DONE
    if revision.held_until is not None and revision.held_until > now:
        return _HAS_IT
    return _HAS_IT if revision.wanted else _NOT_WANTED


def _no(why: WhyNone) -> Handout:
    return Handout(None, why, SENTENCES[why])
