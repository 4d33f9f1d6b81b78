"""Add the synapses that a campaign's table missed, and withdraw them again."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Membership
from apps.campaigns.services.audit import record
from apps.campaigns.services.changing import check_not_archived
from apps.core.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from apps.core.jobs import Job, enqueue
from apps.datasets.domain import VolumeRef, convert_point
from apps.datasets.models import Dataset, SynapseTable, Volume
from apps.datasets.selectors import volumes_of
from apps.datasets.services.adding import add_instance, create_table_to_add_to, withdraw_instance
from apps.revision.domain.near import place_of
from apps.revision.models import AddedSynapse, AnsweredMark, Revision, RevisionSettings
from apps.revision.selectors.additions import (
    Neighbour,
    added_synapse,
    latest_answers,
    mark_for,
    may_withdraw,
    near,
)
from apps.revision.services.additions_marks import answer_mark
from apps.revision.services.markers import CHECKED_WITHIN
from apps.revision.services.taking_part import why_not_now
from apps.voxels.cutouts import Grid
from apps.voxels.geometry import Box, Point, Resolution

LONGEST_NOTE = 2000
MOST_SLICES = 512
AFTER_ITEMS = 2**40  # what is added is handed out when the items are done, or as it is asked for
Answer = AnsweredMark.Answer


@dataclass(frozen=True)
class NewSynapse:
    """A synapse as somebody describes it, in voxels of the campaign's table. `first_z` to `last_z`
    are the slices that it is seen in, both included. `despite` are the ids of instances that the
    person was shown as near. `mark` is the key of the mark that it answers."""

    key: uuid.UUID
    position: Point
    first_z: int
    last_z: int
    pre: Point | None = None
    post: Point | None = None
    note: str = ""
    mark: uuid.UUID | None = None
    despite: frozenset[int] = frozenset()


class NearError(ConflictError):
    """Others are near that the person was not shown; `near` lists all that are."""

    code = "near"

    def __init__(self, neighbours: Sequence[Neighbour]) -> None:
        one = "A synapse is" if len(neighbours) == 1 else f"{len(neighbours)} synapses are"
        super().__init__(
            f"{one} known near this place, the nearest {neighbours[0].distance_nm:.0f} nm away. "
            "It may be the same.",
            details={"near": [told_neighbour(one) for one in neighbours]},
        )


def told_neighbour(one: Neighbour) -> dict[str, Any]:
    """As JSON tells it: ids of instances are text."""
    return {
        "id": str(one.id),
        "source_id": str(one.source_id),
        "origin": "added" if one.is_added else "table",
        "distance_nm": round(one.distance_nm, 1),
        "center": [*one.center],
    }


@transaction.atomic
def add_synapse(campaign: Campaign, user: User, new: NewSynapse, now: datetime) -> AddedSynapse:
    """Add a synapse: an instance of the campaign's table of what was missed, which is made with the
    first, and a revision, so that it can be drawn at once.

    Of two who add in a campaign, or in two on the same dataset, one waits, so that each sees what
    the other added. The same key again adds nothing. Raises InvalidInputError naming the field;
    NearError where others are near that are not among `despite`; ConflictError where the campaign
    takes no more, or the mark has been answered.
    """
    RevisionSettings.objects.get_or_create(campaign=campaign)
    settings = RevisionSettings.objects.select_for_update(no_key=True).get(campaign=campaign)
    known = AddedSynapse.objects.filter(key=new.key).select_related("instance", "revision").first()
    if known is not None:
        _check_same(known, campaign, user, new)
        return known
    _check_takes_part(campaign, user)
    check_places(new, campaign.table.resolution, volumes_of(campaign.table.dataset_id))
    if new.mark is not None:
        mark_for(campaign, user, new.mark)
        _check_waits(campaign, new.mark)
    # After the settings, in whatever campaign: so nobody waits in a circle.
    Dataset.objects.select_for_update(no_key=True).get(pk=campaign.table.dataset_id)
    neighbours = near(campaign, new.position, settings)
    if any(one.id not in new.despite for one in neighbours):
        raise NearError(neighbours)
    added = _add(campaign, settings, user, new, neighbours, now)
    if new.mark is not None:
        answer_mark(campaign, new.mark, Answer.ADDED, user, now, added=added)
    record(campaign, user, "synapse_added", _named(added), now)
    return added


def _add(
    campaign: Campaign,
    settings: RevisionSettings,
    user: User,
    new: NewSynapse,
    neighbours: Sequence[Neighbour],
    now: datetime,
) -> AddedSynapse:
    box = box_of(new)
    instance = add_instance(
        table_to_add_to(campaign, settings),
        new.position,
        place_of(new.position),
        box,
        new.pre,
        new.post,
    )
    has_points = new.pre is not None or new.post is not None
    added = AddedSynapse.objects.create(
        key=new.key,
        campaign=campaign,
        instance=instance,
        first_z=new.first_z,
        last_z=new.last_z,
        note=new.note,
        near=[told_neighbour(one) for one in neighbours],
        added_by=user,
        added_at=now,
        retry_at=now + CHECKED_WITHIN if has_points else None,
    )
    Revision.objects.create(campaign=campaign, added=added, rank=AFTER_ITEMS + added.pk)
    if has_points:
        enqueue(Job.FIND_PARTNERS, added_id=added.pk)
    return added


def table_to_add_to(campaign: Campaign, settings: RevisionSettings) -> SynapseTable:
    """The campaign's table of what was missed. The settings are locked: none is made twice."""
    if settings.additions is None:
        settings.additions = create_table_to_add_to(
            campaign.table.dataset,
            f"Missed in {campaign.name}",
            campaign.table.resolution,
            told=f"campaign {campaign.pk}",
        )
        settings.save(update_fields=["additions"])
    return settings.additions


def box_of(new: NewSynapse) -> Box:
    """Holds the centre, the points, and the slices."""
    points = [new.position, *(point for point in (new.pre, new.post) if point is not None)]
    spread = [*points, *(new.position._replace(z=z) for z in (new.first_z, new.last_z))]
    return Box.around(spread)


def _check_same(known: AddedSynapse, campaign: Campaign, user: User, new: NewSynapse) -> None:
    if (known.campaign_id, known.added_by_id) != (campaign.pk, user.pk):
        raise InvalidInputError("key: it was used for another synapse.", field="key")
    instance = known.instance
    said = (instance.center, known.first_z, known.last_z, instance.pre_pt, instance.post_pt)
    if said != (new.position, new.first_z, new.last_z, new.pre, new.post):
        raise ConflictError(
            "You have added this synapse already, at another place or with other slices or points. "
            "Withdraw it, and add it anew.",
            field="key",
        )


def _check_takes_part(campaign: Campaign, user: User) -> None:
    """As it is now."""
    members = Membership.objects.filter(campaign=campaign, user=user).select_related("campaign")
    membership = members.first()
    if membership is None:
        raise NotFoundError(f"You take part in no campaign {campaign.pk}.")
    refusal = why_not_now(membership)
    if refusal is not None:
        raise ConflictError(refusal.sentence)


def _check_waits(campaign: Campaign, mark: uuid.UUID) -> None:
    answer = latest_answers(campaign, [mark]).get(mark)
    if answer is not None and answer.answer == Answer.ADDED:
        raise ConflictError("mark: what it marks has been added meanwhile.", field="mark")


def check_places(new: NewSynapse, resolution: Resolution, volumes: Mapping[str, VolumeRef]) -> None:
    """`resolution` is that of its table, `volumes` those of the dataset. Raises InvalidInputError
    naming the first field whose place cannot be."""
    for field, z in (("z1", new.first_z), ("z2", new.last_z)):
        if abs(z - new.position.z) > MOST_SLICES:
            raise InvalidInputError(
                f"{field}: {z} is more than {MOST_SLICES} slices from the position.", field=field
            )
    if new.first_z > new.last_z:
        raise InvalidInputError(
            f"z1: the first slice, {new.first_z}, lies behind the last one, {new.last_z}.",
            field="z1",
        )
    if not new.first_z <= new.position.z <= new.last_z:
        raise InvalidInputError(
            f"position: its slice, {new.position.z}, is none of {new.first_z} to {new.last_z}.",
            field="position",
        )
    image, cleft = volumes[Volume.Kind.IMAGE].grid, volumes[Volume.Kind.CLEFT].grid
    _check_inside("position", new.position, resolution, image, "image")
    _check_inside("position", new.position, resolution, cleft, "cleft volume")
    for field, point in (("pre", new.pre), ("post", new.post)):
        if point is not None:
            _check_inside(field, point, resolution, image, "image")
    for field, z in (("z1", new.first_z), ("z2", new.last_z)):
        _check_inside(field, new.position._replace(z=z), resolution, image, "image")


def _check_inside(field: str, point: Point, own: Resolution, grid: Grid, volume: str) -> None:
    """The middle of its voxel counts, as where tables are loaded."""
    if not grid.bounds.contains(convert_point(point, own, grid.resolution)):
        raise InvalidInputError(
            f"{field}: ({point.x}, {point.y}, {point.z}) lies outside of the {volume}.", field=field
        )


@transaction.atomic
def withdraw_synapse(campaign: Campaign, added_id: int, user: User, now: datetime) -> AddedSynapse:
    """Take what was added out of the results and of what is to be drawn: one's own, a manager
    everybody's. It is kept, and marks that it answered wait again. Again is harmless.

    Raises NotFoundError, ForbiddenError for what somebody else added, and NotNowError in an
    archived campaign.
    """
    check_not_archived(campaign, "added")
    RevisionSettings.objects.select_for_update(no_key=True).filter(campaign=campaign).first()
    added = added_synapse(campaign, added_id)
    if not may_withdraw(user, campaign, added):
        raise ForbiddenError("Somebody else has added this synapse: a manager can withdraw it.")
    if added.withdrawn_at is not None:
        return added
    added.withdrawn_by, added.withdrawn_at = user, now
    added.save(update_fields=["withdrawn_by", "withdrawn_at"])
    withdraw_instance(added.instance)
    Revision.objects.filter(added=added).update(wanted=False)
    for mark in _marks_of(added):
        answer_mark(campaign, mark, Answer.OPEN, user, now)
    record(campaign, user, "added_synapse_withdrawn", _named(added), now)
    return added


def _named(added: AddedSynapse) -> dict[str, object]:
    """How the audit log names it: for programs, and for people as pages name it, from 1."""
    return {
        "revision": added.revision.pk,
        "added": added.pk,
        "added_synapse": added.instance.source_id + 1,
    }


def _marks_of(added: AddedSynapse) -> list[uuid.UUID]:
    """The marks that it holds as the answer of."""
    keys = list(added.marks.values_list("mark", flat=True).distinct())
    latest = latest_answers(added.campaign, keys)
    return [key for key in keys if latest[key].added_id == added.pk]
