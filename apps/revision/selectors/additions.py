"""What lies near a place, what was added to a campaign, and the marks that wait for an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Membership
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import may, role_in
from apps.core.errors import NotFoundError
from apps.datasets.models import SynapseTable
from apps.proofreading.models import MissedMark
from apps.proofreading.selectors.marks import missed_in
from apps.revision.domain.near import box_around
from apps.revision.models import AddedSynapse, AnsweredMark, RevisionSettings
from apps.revision.selectors.queue import settings_of
from apps.voxels.geometry import Point
from apps.voxels.morton_ranges import morton_ranges

Answer = AnsweredMark.Answer
MOST_NEAR = 20
MOST_AROUND = 1_000
AROUND_NM = 4_000.0  # along each axis
MOST_MARKS = 500
MOST_ADDED = 500
_RANGES = 32
_NOT_ANSWERED = ["", Answer.OPEN]
# By the index on the place; what was added and withdrawn is no synapse of any table.
_NEAR = """
SELECT id, source_id, center_x, center_y, center_z, distance FROM (
    SELECT i.id, i.source_id, i.center_x, i.center_y, i.center_z, sqrt(
        power((i.center_x - %(x)s::float8) * %(size_x)s, 2)
        + power((i.center_y - %(y)s::float8) * %(size_y)s, 2)
        + power((i.center_z - %(z)s::float8) * %(size_z)s, 2)
    ) AS distance
    FROM datasets_instance i
    WHERE i.table_id = ANY(%(tables)s) AND ({places})
      AND i.center_x >= %(lo_x)s AND i.center_x < %(hi_x)s
      AND i.center_y >= %(lo_y)s AND i.center_y < %(hi_y)s
      AND i.center_z >= %(lo_z)s AND i.center_z < %(hi_z)s
      AND NOT EXISTS (
          SELECT 1 FROM revision_addedsynapse added
          WHERE added.instance_id = i.id AND added.withdrawn_at IS NOT NULL
      )
) found
WHERE distance <= %(reach)s ORDER BY distance, id LIMIT %(most)s
"""


@dataclass(frozen=True)
class Neighbour:
    """An instance near a place; `id` is the instance's, `center` in voxels of the table."""

    id: int
    source_id: int
    is_added: bool
    distance_nm: float
    center: Point


def near(
    campaign: Campaign, position: Point, settings: RevisionSettings | None = None
) -> list[Neighbour]:
    """The instances of the campaign's table, judged in it or not, and those that were added to it,
    or to another campaign on the same dataset with voxels of the same size, whose middles lie
    within `RevisionSettings.near_nm` of a voxel's; the nearest first, at most `MOST_NEAR`. What was
    withdrawn is not among them. `settings` are the campaign's, where the caller has read them."""
    settings = settings or settings_of(campaign)
    return _within(campaign, position, settings.near_nm, MOST_NEAR)


def around(campaign: Campaign, position: Point) -> list[Neighbour]:
    """The same for showing: within `AROUND_NM`, and at most `MOST_AROUND`."""
    return _within(campaign, position, AROUND_NM, MOST_AROUND)


def _within(campaign: Campaign, position: Point, reach_nm: float, most: int) -> list[Neighbour]:
    """A statement for the campaign's table, and one for all to which was added, if there are."""
    own = campaign.table_id
    added = [table for table in additions_beside(campaign) if table != own]
    found = _near_in([own], campaign, position, reach_nm, most, is_added=False)
    if added:
        found += _near_in(added, campaign, position, reach_nm, most, is_added=True)
    return sorted(found, key=lambda one: (one.distance_nm, one.id))[:most]


def additions_beside(campaign: Campaign) -> list[int]:
    """The tables of what campaigns add whose voxels are the campaign's: two may share a table."""
    table = campaign.table
    x_nm, y_nm, z_nm = table.resolution
    beside = SynapseTable.objects.filter(
        additions_of__isnull=False,
        dataset=table.dataset_id,
        resolution_x=x_nm,
        resolution_y=y_nm,
        resolution_z=z_nm,
    )
    return list(beside.order_by("pk").values_list("pk", flat=True))


def _near_in(
    tables: Sequence[int],
    campaign: Campaign,
    position: Point,
    reach_nm: float,
    most: int,
    *,
    is_added: bool,
) -> list[Neighbour]:
    size = campaign.table.resolution
    box = box_around(position, size, reach_nm)
    ranges = morton_ranges(box, _RANGES)
    values: dict[str, Any] = {"tables": [*tables], "reach": reach_nm, "most": most}
    for axis in "xyz":
        values |= {
            axis: getattr(position, axis),
            f"size_{axis}": getattr(size, axis),
            f"lo_{axis}": getattr(box.lo, axis),
            f"hi_{axis}": getattr(box.hi, axis),
        }
    places = " OR ".join(f"i.place BETWEEN {first} AND {last}" for first, last in ranges)
    with connection.cursor() as cursor:
        cursor.execute(_NEAR.format(places=places), values)
        rows = cursor.fetchall()
    return [
        Neighbour(pk, source_id, is_added, distance, Point(x, y, z))
        for pk, source_id, x, y, z, distance in rows
    ]


def sees_all(user: User, campaign: Campaign) -> bool:
    """Whether somebody is told of the marks of others, and who added what: managers and experts.
    Annotators see that a synapse was added, lest they add it again, but not by whom."""
    return may(user, campaign, Action.MANAGE) or role_in(user, campaign) == Membership.Role.EXPERT


def may_withdraw(user: User, campaign: Campaign, added: AddedSynapse) -> bool:
    """One's own, and a manager those of all."""
    return added.added_by_id == user.pk or may(user, campaign, Action.MANAGE)


def added_to(campaign: Campaign) -> QuerySet[AddedSynapse]:
    """Everything that was added to a campaign, also what was withdrawn; the latest first."""
    added = AddedSynapse.objects.filter(campaign=campaign).order_by("-pk")
    return added.select_related("instance", "added_by", "withdrawn_by", "revision")


def added_synapse(campaign: Campaign, added_id: int) -> AddedSynapse:
    """One of them. Raises NotFoundError."""
    found = added_to(campaign).filter(pk=added_id).first()
    if found is None:
        raise NotFoundError(f"Nothing of the number {added_id} was added to this campaign.")
    return found


@dataclass(frozen=True)
class MarkedPlace:
    """A mark of a page to look for missed synapses on, and its latest answer, if it has one."""

    mark: MissedMark
    answer: AnsweredMark | None


def marks_waiting(campaign: Campaign, user: User) -> list[MarkedPlace]:
    """The marks that wait for an answer that this person may give; those set last first, at most
    `MOST_MARKS`."""
    return _places(campaign, _answered_as(campaign, user, _NOT_ANSWERED))


def marks_dismissed(campaign: Campaign, user: User) -> list[MarkedPlace]:
    """Likewise those that were dismissed."""
    return _places(campaign, _answered_as(campaign, user, [Answer.DISMISSED]))


def count_marks(campaign: Campaign, user: User) -> int:
    """How many marks wait for an answer that this person may give."""
    return _answered_as(campaign, user, _NOT_ANSWERED).count()


def mark_for(campaign: Campaign, user: User, key: UUID) -> MissedMark:
    """A mark that this person may answer. Raises NotFoundError for any other."""
    found = _visible(campaign, user).filter(key=key).first()
    if found is None:
        raise NotFoundError("mark: there is no such mark, or it was removed.", field="mark")
    return found


def latest_answers(campaign: Campaign, keys: Sequence[UUID]) -> dict[UUID, AnsweredMark]:
    """By key, what holds of marks that were ever answered."""
    answers = AnsweredMark.objects.filter(campaign=campaign, mark__in=keys).select_related("user")
    return {one.mark: one for one in answers.order_by("pk")}


def _visible(campaign: Campaign, user: User) -> QuerySet[MissedMark]:
    marks = missed_in(campaign)
    return marks if sees_all(user, campaign) else marks.filter(user=user)


def _answered_as(campaign: Campaign, user: User, answers: Sequence[str]) -> QuerySet[MissedMark]:
    """Those whose latest answer is one of `answers`; "" is that there was none."""
    given = AnsweredMark.objects.filter(campaign=campaign, mark=OuterRef("key"))
    latest = Subquery(given.order_by("-pk").values("answer")[:1])
    marks = _visible(campaign, user).annotate(answer=Coalesce(latest, Value("")))
    return marks.filter(answer__in=answers)


def _places(campaign: Campaign, marks: QuerySet[MissedMark]) -> list[MarkedPlace]:
    found = list(marks[:MOST_MARKS])
    latest = latest_answers(campaign, [one.key for one in found])
    return [MarkedPlace(one, latest.get(one.key)) for one in found]
