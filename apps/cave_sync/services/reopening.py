"""Have synapses whose neurons have changed in CAVE looked at again, where the delivery wants it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import groupby

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.cave_sync.domain.neurons import Side, because
from apps.cave_sync.models import Delivery, RootChange
from apps.cave_sync.services.inserting import update_rows
from apps.revision.models import SecondLook
from apps.revision.services.second_looks import Again, lock_queue, look_again, why_nobody_looks

A_PART = 500
_SINCE = "somebody has decided on it since"
_AS_BEFORE = "it lies in the same neurons again"
Fate = RootChange.Fate


def reopen_changed(delivery: Delivery) -> None:
    """Open again what is marked and waits for it: what the newest version has, and what could not
    be opened before. Each change once, however often this is done; what changed in two versions, or
    is delivered to two tables, is opened once as well.

    Where the campaign is paused or over nothing is opened: the marks stay and say why, and are
    opened when it goes on.
    """
    waiting = _waiting(delivery)
    if not Delivery.objects.filter(pk=delivery.pk, reopens_changed=True).exists():
        waiting.update(fate=Fate.MARKED, why_not="")
        return
    newest = delivery.pulls.order_by("-version").first()
    if newest is not None:
        newest.changes.filter(fate=Fate.MARKED).update(fate=Fate.WAITING)
    reason = why_nobody_looks(delivery.campaign)
    if reason:
        waiting.exclude(why_not=reason).update(why_not=reason)
        return
    instances = waiting.order_by("instance_id").values_list("instance_id", flat=True).distinct()
    while part := list(instances[:A_PART]):
        _reopen(delivery, part)


def _waiting(delivery: Delivery) -> QuerySet[RootChange]:
    return RootChange.objects.filter(pull__delivery=delivery, fate=Fate.WAITING)


@transaction.atomic
def _reopen(delivery: Delivery, instances: Collection[int]) -> None:
    """Of each instance all that waits is opened as one, or left: none waits any more."""
    campaign = delivery.campaign
    lock_queue(campaign)
    marks = _waiting(delivery).filter(instance_id__in=instances).select_related("pull")
    by_instance = [
        list(of_one)
        for _, of_one in groupby(
            marks.order_by("instance_id", "pull__version"), key=lambda mark: mark.instance_id
        )
    ]
    elsewhere = _opened_elsewhere(delivery, instances)
    asked, looks = [], dict[int, SecondLook | None]()
    for chain in by_instance:
        last, (pre, post) = chain[-1], _sides(chain)
        look, version = elsewhere.get(last.instance_id, (None, 0))
        if look is not None and version >= last.pull.version:
            looks[last.instance_id] = look
        elif not (pre.differs or post.differs):
            _leave(chain, _AS_BEFORE)
        else:
            words = because(last.pull.version, pre, post)
            asked.append(Again(last.instance_id, words, last.seen_at))
    looks |= look_again(campaign, asked, timezone.now())
    for chain in by_instance:
        if chain[0].fate == Fate.WAITING:
            _open(chain, looks[chain[0].instance_id])
    every = [mark for chain in by_instance for mark in chain]
    update_rows(every, ["fate", "why_not", "look"])


def _opened_elsewhere(
    delivery: Delivery, instances: Iterable[int]
) -> dict[int, tuple[SecondLook, int]]:
    """What another delivery of the campaign has opened for changes of the same datastack, by
    instance, with the newest version that it was opened for."""
    opened = RootChange.objects.filter(
        instance_id__in=instances,
        fate=Fate.OPENED,
        look__isnull=False,
        pull__delivery__campaign=delivery.campaign_id,
        pull__delivery__server=delivery.server,
        pull__delivery__datastack=delivery.datastack,
    )
    others = opened.exclude(pull__delivery=delivery).select_related("look", "pull")
    return {
        mark.instance_id: (mark.look, mark.pull.version)
        for mark in others.order_by("pull__version", "pk")
        if mark.look is not None
    }


def _sides(chain: Sequence[RootChange]) -> tuple[Side, Side]:
    """From before the first to the last."""
    first, last = chain[0], chain[-1]
    return Side(first.pre_before, last.pre_now), Side(first.post_before, last.post_now)


def _leave(chain: Iterable[RootChange], why_not: str) -> None:
    for mark in chain:
        mark.fate, mark.why_not = Fate.LEFT, why_not


def _open(chain: Iterable[RootChange], look: SecondLook | None) -> None:
    if look is None:
        _leave(chain, _SINCE)
        return
    for mark in chain:
        mark.fate, mark.why_not, mark.look = Fate.OPENED, "", look
