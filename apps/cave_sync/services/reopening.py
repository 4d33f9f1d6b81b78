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

    Where nothing is handed out to be mended nothing is opened: the marks stay and say why, and are
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
    opened = _opened(delivery, instances)
    asked, looks = [], dict[int, SecondLook | None]()
    for chain in by_instance:
        last, (pre, post) = chain[-1], _sides(chain)
        newest = opened.get(last.instance_id)
        if not (pre.differs or post.differs):
            _leave(chain, _AS_BEFORE)
        elif newest is not None and _is_opened_with(newest, last, pre, post):
            looks[last.instance_id] = newest.look
        else:
            words = because(last.pull.version, pre, post)
            asked.append(Again(last.instance_id, words, last.seen_at))
    looks |= look_again(campaign, asked, timezone.now())
    for chain in by_instance:
        if chain[0].fate == Fate.WAITING:
            _open(chain, looks[chain[0].instance_id])
    every = [mark for chain in by_instance for mark in chain]
    update_rows(every, ["fate", "why_not", "look"])


def _opened(delivery: Delivery, instances: Iterable[int]) -> dict[int, RootChange]:
    """Of each instance the newest mark that was opened in the campaign, by whichever delivery from
    the same datastack."""
    opened = RootChange.objects.filter(
        instance_id__in=instances,
        fate=Fate.OPENED,
        look__isnull=False,
        pull__delivery__campaign=delivery.campaign_id,
        pull__delivery__server=delivery.server,
        pull__delivery__datastack=delivery.datastack,
    )
    in_order = opened.select_related("look", "pull").order_by("pull__version", "pk")
    return {mark.instance_id: mark for mark in in_order}


def _is_opened_with(opened: RootChange, last: RootChange, pre: Side, post: Side) -> bool:
    """Whether what another delivery has opened is this very change: it was seen there in a later
    version, or in an earlier one that had the same neurons by then."""
    if opened.pull.delivery_id == last.pull.delivery_id:
        return False
    if opened.pull.version >= last.pull.version:
        return True
    there = _sides([opened])
    return all(
        not ours.differs or ours.now == theirs.now
        for ours, theirs in zip((pre, post), there, strict=True)
    )


def _sides(chain: Sequence[RootChange]) -> tuple[Side, Side]:
    """From the first that is known to the last: a version may leave out what those before and after
    it have."""
    pre = [root for mark in chain for root in (mark.pre_before, mark.pre_now)]
    post = [root for mark in chain for root in (mark.post_before, mark.post_now)]
    return _from_first_to_last(pre), _from_first_to_last(post)


def _from_first_to_last(roots: Iterable[int | None]) -> Side:
    known = [root for root in roots if root is not None]
    return Side(known[0], known[-1]) if known else Side(None, None)


def _leave(chain: Iterable[RootChange], why_not: str) -> None:
    for mark in chain:
        mark.fate, mark.why_not = Fate.LEFT, why_not


def _open(chain: Iterable[RootChange], look: SecondLook | None) -> None:
    if look is None:
        _leave(chain, _SINCE)
        return
    for mark in chain:
        mark.fate, mark.why_not, mark.look = Fate.OPENED, "", look
