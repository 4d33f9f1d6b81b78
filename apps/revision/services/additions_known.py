"""Add very many synapses at once that somebody added elsewhere, as in a file that is restored.

Nobody else who adds to the dataset waits meanwhile: all is found out and written first, and what
others have added since is looked at. Only for the last moment of the transaction the dataset is
locked, and what came while that was done is looked at as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
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
    campaign: Campaign,
    user: User,
    new: Sequence[NewSynapse],
    added_at: datetime,
    now: datetime,
) -> KnownSynapses:
    """Add them, at least one, to a campaign in whatever state, also where others are near, which is
    kept with each; `look_again` follows at the end of the transaction. `added_at` is when somebody
    added them, wherever that was: long ago, or by a clock that is wrong.

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
            _added(campaign, user, one, instance, near.get(instance.source_id, ()), added_at)
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
    transaction others on the dataset wait: whoever adds next sees these. What very many have added
    is looked at before, so that nobody waits for that."""
    rows = _look(known, known.rows)
    Dataset.objects.select_for_update(no_key=True).get(pk=known.campaign.table.dataset_id)
    _look(known, rows)


def _look(known: KnownSynapses, before: Mapping[int, int]) -> dict[int, int]:
    """Keep what tables have got since they had as many rows as `before` says; how many they have
    by now."""
    by_instance = {one.instance_id: one for one in known.added}
    rows = _rows(known.campaign)
    for table, count in rows.items():
        first = before.get(table, 0)
        if table != known.table and count > first:
            for others in _batches(table, first, count):
                _keep_beside(known, by_instance, others)
    return rows


def _batches(table: int, first: int, stop: int) -> Iterator[dict[int, Instance]]:
    """The synapses of these numbers, but for those that were withdrawn, by their ids."""
    numbered = Instance.objects.filter(table=table, source_id__range=(first, stop - 1))
    left = numbered.filter(added__withdrawn_at__isnull=True).iterator(chunk_size=_BATCH)
    while batch := {one.pk: one for one in islice(left, _BATCH)}:
        yield batch


def _keep_beside(
    known: KnownSynapses,
    by_instance: Mapping[int, AddedSynapse],
    others: Mapping[int, Instance],
) -> None:
    """Keep the others with those that they are near, unless they were found already."""
    own = known.campaign.table_id
    size = known.campaign.table.resolution
    search = Search([known.table], size, known.near_nm, most=_MOST_BESIDE)
    changed: dict[int, AddedSynapse] = {}
    for pk, found in near_many(search, {pk: one.center for pk, one in others.items()}).items():
        other = others[pk]
        for beside in found:
            one = by_instance[beside.id]
            if any(told["id"] == str(pk) for told in one.near):
                continue
            at = Found(pk, other.source_id, other.table_id, other.center, beside.distance_nm)
            told = _told(at, other.table_id != own)
            one.near = sorted([*one.near, told], key=_distance)[:MOST_NEAR]
            changed[one.pk] = one
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
    return dict(tables.values_list("pk", "row_count"))


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
    added_at: datetime,
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
        added_at=added_at,
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
