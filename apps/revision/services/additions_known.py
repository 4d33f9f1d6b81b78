"""Add very many synapses at once that somebody added elsewhere, as in a file that is restored.

Nobody else who adds to the dataset waits meanwhile: all is found out and written first. Only for
the last moment of the transaction the dataset is locked, and what others have added since is
looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q

from apps.accounts.models import User
from apps.campaigns.models import Campaign
from apps.core.errors import InvalidInputError
from apps.core.jobs import Job, enqueue
from apps.datasets.models import Dataset, Instance, SynapseTable, Volume
from apps.datasets.selectors import volumes_of
from apps.datasets.services.adding import NewInstance, add_instances
from apps.revision.domain.near import place_of
from apps.revision.models import AddedSynapse, Revision, RevisionSettings
from apps.revision.selectors.additions import MOST_NEAR, Neighbour, additions_beside
from apps.revision.selectors.additions_many import Found, Search, near_many
from apps.revision.services.additions import (
    AFTER_ITEMS,
    NewSynapse,
    box_of,
    check_places,
    table_to_add_to,
    told_neighbour,
)
from apps.revision.services.markers import CHECKED_WITHIN

_BATCH = 1_000
_SENT_AT_ONCE = 100  # the neurons of the others are read by and by (`sweeping`)
_MOST_BESIDE = 1_000  # of those that were written, near one that somebody added meanwhile


class UnplacedError(InvalidInputError):
    """One of them cannot be where it is said to be; `number` is its place among them, from 0."""

    def __init__(self, number: int, error: InvalidInputError) -> None:
        super().__init__(error.sentence, field=error.field)
        self.number = number


@dataclass(frozen=True)
class KnownSynapses:
    """What was added, in the order in which it was given. `rows`: how many the tables had to which
    people add, by their ids, when neighbours were looked for; `table` is its own."""

    campaign: Campaign
    table: int
    near_nm: float
    added: Sequence[AddedSynapse]
    rows: dict[int, int] = field(default_factory=dict)


def add_known_synapses(
    campaign: Campaign, user: User, new: Sequence[NewSynapse], now: datetime
) -> KnownSynapses:
    """Add them, at least one, to a campaign in whatever state, also where others are near, which is
    kept with each; `look_again` follows at the end of the transaction.

    Raises UnplacedError.
    """
    _check(campaign, new)
    RevisionSettings.objects.get_or_create(campaign=campaign)
    settings = RevisionSettings.objects.select_for_update(no_key=True).get(campaign=campaign)
    table = table_to_add_to(campaign, settings)
    rows = _rows(campaign)
    given = [
        NewInstance(one.position, place_of(one.position), box_of(one), one.pre, one.post)
        for one in new
    ]
    instances = add_instances(table, given)
    near = _neighbours(campaign, table, [*rows], settings.near_nm, instances)
    added = AddedSynapse.objects.bulk_create(
        (
            _added(campaign, user, one, instance, near.get(instance.source_id, ()), now)
            for one, instance in zip(new, instances, strict=True)
        ),
        batch_size=_BATCH,
    )
    Revision.objects.bulk_create(
        (Revision(campaign=campaign, added=one, rank=AFTER_ITEMS + one.pk) for one in added),
        batch_size=_BATCH,
    )
    _find_partners(campaign, added, now)
    return KnownSynapses(campaign, table.pk, settings.near_nm, added, rows)


def look_again(known: KnownSynapses) -> None:
    """Keep with them what others have added near them since. From here to the end of the
    transaction others on the dataset wait: whoever adds next sees these."""
    campaign = known.campaign
    Dataset.objects.select_for_update(no_key=True).get(pk=campaign.table.dataset_id)
    since = Q(pk__in=())
    for table, count in _rows(campaign).items():
        if table != known.table and count > known.rows.get(table, 0):
            since |= Q(table=table, source_id__gte=known.rows.get(table, 0))
    others = {one.pk: one for one in Instance.objects.filter(since)}
    if not others:
        return
    search = Search([known.table], campaign.table.resolution, known.near_nm, most=_MOST_BESIDE)
    by_instance = {one.instance_id: one for one in known.added}
    changed: dict[int, AddedSynapse] = {}
    for pk, found in near_many(search, {pk: one.center for pk, one in others.items()}).items():
        other = others[pk]
        for beside in found:
            told = _told(Found(pk, other.source_id, other.table_id, other.center, beside[-1]), True)
            one = changed[beside.id] = by_instance[beside.id]
            one.near = sorted([*one.near, told], key=_distance)[:MOST_NEAR]
    AddedSynapse.objects.bulk_update(changed.values(), ["near"], batch_size=_BATCH)


def _check(campaign: Campaign, new: Sequence[NewSynapse]) -> None:
    volumes = volumes_of(campaign.table.dataset_id)
    for number, one in enumerate(new):
        try:
            check_places(one, campaign.table.resolution, volumes)
        except InvalidInputError as error:
            raise UnplacedError(number, error) from error


def _rows(campaign: Campaign) -> dict[int, int]:
    """How many synapses the tables have to which people add, and whose voxels are the campaign's,
    by their ids. They are numbered from 0."""
    tables = SynapseTable.objects.filter(pk__in=additions_beside(campaign))
    return dict(tables.exclude(pk=campaign.table_id).values_list("pk", "row_count"))


def _neighbours(
    campaign: Campaign,
    table: SynapseTable,
    beside: Sequence[int],
    near_nm: float,
    instances: Sequence[Instance],
) -> dict[int, list[dict[str, Any]]]:
    """What is near each, as it is kept, by their source ids."""
    tables = dict.fromkeys([campaign.table_id, *beside, table.pk])
    search = Search([*tables], campaign.table.resolution, near_nm, own=table.pk)
    found = near_many(search, {one.source_id: one.center for one in instances})
    return {
        number: [_told(one, one.table != campaign.table_id) for one in near]
        for number, near in found.items()
    }


def _told(one: Found, is_added: bool) -> dict[str, Any]:
    return told_neighbour(Neighbour(one.id, one.source_id, is_added, one.distance_nm, one.center))


def _distance(told: dict[str, Any]) -> float:
    return float(told["distance_nm"])


def _added(
    campaign: Campaign,
    user: User,
    new: NewSynapse,
    instance: Instance,
    near: Sequence[dict[str, Any]],
    now: datetime,
) -> AddedSynapse:
    return AddedSynapse(
        key=new.key,
        campaign=campaign,
        instance=instance,
        first_z=new.first_z,
        last_z=new.last_z,
        note=new.note,
        near=list(near),
        added_by=user,
        added_at=now,
    )


def _find_partners(campaign: Campaign, added: Sequence[AddedSynapse], now: datetime) -> None:
    """Have it read in which neurons the points lie, where the dataset has any. A job for each would
    hold up the jobs of others for long: most are read by and by."""
    if Volume.Kind.NEURON not in volumes_of(campaign.table.dataset_id):
        return
    has_point = Q(instance__pre_x__isnull=False) | Q(instance__post_x__isnull=False)
    waiting = AddedSynapse.objects.filter(has_point, campaign=campaign, pk__gte=added[0].pk)
    waiting.update(retry_at=now + CHECKED_WITHIN)
    for pk in waiting.order_by("pk").values_list("pk", flat=True)[:_SENT_AT_ONCE]:
        enqueue(Job.FIND_PARTNERS, added_id=pk)
