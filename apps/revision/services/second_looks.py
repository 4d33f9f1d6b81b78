"""Have instances that were decided on looked at again, each by itself: nothing else of its page is
handed out, no label is deleted, and gold, which is nobody's to mend, is left alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, prefetch_related_objects

from apps.campaigns.models import Campaign, Item
from apps.campaigns.services.audit import record_all
from apps.proofreading.domain import State
from apps.proofreading.models import Settlement
from apps.revision.models import AddedSynapse, Revision, RevisionSettings, SecondLook
from apps.revision.selectors.queue import CAN_BE_REVISED, settings_of
from apps.revision.services.finishing import named, to_lock

LONGEST_BECAUSE = 300


@dataclass(frozen=True)
class Again:
    """Why somebody is to look at an instance again, as they are told, and since when that is so: it
    is not asked for where somebody has decided since."""

    instance: int
    because: str
    since: datetime


def why_nobody_looks(campaign: Campaign) -> str:
    """Why nothing is opened again in a campaign now, as the rest of a sentence; "" where it may be.
    Nothing is opened while nothing is handed out to be mended; in one that is closed it still is.
    """
    status = Campaign.Status(Campaign.objects.values_list("status", flat=True).get(pk=campaign.pk))
    if status is Campaign.Status.ARCHIVED:
        return "the campaign is archived"
    if status not in CAN_BE_REVISED:
        return "the campaign is not open"
    return "revision is paused" if settings_of(campaign).is_paused else ""


def lock_queue(campaign: Campaign) -> None:
    """Of two who put instances into the queue of a campaign one waits until the other's transaction
    has ended, so that neither waits for a row of the other."""
    RevisionSettings.objects.get_or_create(campaign=campaign)
    RevisionSettings.objects.select_for_update(no_key=True).get(campaign=campaign)


@transaction.atomic
def look_again(
    campaign: Campaign, asked: Iterable[Again], now: datetime
) -> dict[int, SecondLook | None]:
    """Have somebody look at these instances of a campaign again, by their ids: whatever they came
    to be they are handed out as what is to be mended, and until somebody has finished with one it
    stays what it is. Where nobody has come to one that was asked for before, the newer reason is
    told from now on. Each is on record.

    By instance the look that was asked for, also where it was before; None where somebody has
    decided since, or the campaign has no such instance any more.
    """
    lock_queue(campaign)
    wanted = {one.instance: one for one in asked}
    revisions = {one.instance.pk: one for one in _revisions_of(campaign, [*wanted])}
    decided = _settled_at([one.item_id for one in revisions.values() if one.item_id is not None])
    open_looks = SecondLook.objects.filter(revision__in=revisions.values(), ended_at__isnull=True)
    looks = {one.revision_id: one for one in open_looks.select_related("lease__user")}
    found: dict[int, SecondLook | None] = dict.fromkeys(wanted)
    new: list[tuple[Revision, Again]] = []
    told: list[SecondLook] = []
    for pk, revision in revisions.items():
        last = max(
            (at for at in (revision.finished_at, decided.get(revision.item_id or 0)) if at),
            default=None,
        )
        look = looks.get(revision.pk)
        if look is not None and revision.wanted:
            found[pk] = look
            if look.because != wanted[pk].because[:LONGEST_BECAUSE]:
                look.revision, look.because = revision, wanted[pk].because[:LONGEST_BECAUSE]
                told.append(look)
        elif last is None or last <= wanted[pk].since:
            new.append((revision, wanted[pk]))
    for new_look in _ask(campaign, new, looks, now):
        found[new_look.revision.instance.pk] = new_look
    _tell(campaign, told, now)
    return found


def _tell(campaign: Campaign, looks: list[SecondLook], now: datetime) -> None:
    """Keep the newer reasons of looks that are asked for already."""
    SecondLook.objects.bulk_update(looks, ["because"], batch_size=500)
    details = [named(one.revision) | {"because": one.because} for one in looks]
    record_all(campaign, None, "revision_reason_changed", details, now)


def _revisions_of(campaign: Campaign, instances: list[int]) -> list[Revision]:
    """Locked; those that were never to be mended are made."""
    items = Item.objects.filter(campaign=campaign, sheet__isnull=False, instance__in=instances)
    fresh = items.filter(revision__isnull=True).order_by("position")
    Revision.objects.bulk_create(
        [Revision(campaign=campaign, item=item, rank=item.position) for item in fresh],
        ignore_conflicts=True,
    )
    added = AddedSynapse.objects.filter(
        campaign=campaign, withdrawn_at__isnull=True, instance__in=instances
    )
    # By ids that are read before: a lock on rows that are joined would be on those as well.
    is_of = Q(item__in=[*items.values_list("pk", flat=True)])
    is_of |= Q(added__in=[*added.values_list("pk", flat=True)])
    found = list(to_lock().filter(is_of, campaign=campaign).order_by("pk"))
    prefetch_related_objects(found, "lease__user")
    return found


def _settled_at(items: list[int]) -> Mapping[int, datetime]:
    settled = Settlement.objects.filter(item__in=items, state=State.SETTLED)
    return dict(settled.values_list("item_id", "settled_at"))


def _ask(
    campaign: Campaign,
    asked: list[tuple[Revision, Again]],
    before: Mapping[int, SecondLook],
    now: datetime,
) -> list[SecondLook]:
    """`before` are looks by revision that nobody has come to: what stands with them stays so, and
    what came since the first of them may be half done."""
    looks = []
    for revision, again in asked:
        look = SecondLook(revision=revision, asked_at=now, because=again.because[:LONGEST_BECAUSE])
        earlier = before.get(revision.pk)
        if earlier is not None:
            look.stands_since = earlier.stands_since or earlier.asked_at
        stands = earlier or (revision if revision.decision else None)
        if stands is not None:
            look.decision, look.note = stands.decision, stands.note
            look.lease, look.finished_at = stands.lease, stands.finished_at
        looks.append(look)
    details = [named(one.revision) | {"because": one.because} | _was(one) for one in looks]
    changed = [one for one, _ in asked if not one.wanted or one.finished_at is not None]
    for revision in changed:
        revision.wanted = True
        if revision.finished_at is not None:
            revision.lease, revision.held_until = None, None
            revision.decision, revision.note, revision.finished_at = "", "", None
    Revision.objects.bulk_update(
        changed,
        ["wanted", "lease", "held_until", "decision", "note", "finished_at"],
        batch_size=500,
    )
    given_up = [before[revision.pk].pk for revision, _ in asked if revision.pk in before]
    SecondLook.objects.filter(pk__in=given_up).update(ended_at=now)
    record_all(campaign, None, "revision_reopened", details, now)
    return SecondLook.objects.bulk_create(looks)


def _was(look: SecondLook) -> dict[str, object]:
    """What was decided before, for the record."""
    if look.finished_at is None or look.lease is None:
        return {}
    return {
        "decision": look.decision,
        "note": look.note,
        "person": look.lease.user.username,
        "finished_at": look.finished_at.isoformat(),
    }
