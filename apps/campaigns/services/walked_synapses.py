"""The synapses of a neuron that is to be walked, and where each touches it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from django.db.models import Q, QuerySet
from numpy.typing import NDArray

from apps.campaigns.domain.neurons import FROM, ONTO, which_synapses
from apps.campaigns.models import Campaign, CampaignNeuron, Item
from apps.campaigns.selectors import selection_of
from apps.datasets.domain.viewer_state import middle_nm
from apps.datasets.models import Instance
from apps.voxels.geometry import Point

_ROWS_AT_ONCE = 5_000


@dataclass(frozen=True)
class Synapses:
    """Some synapses of a neuron: ids of instances, whether each is gold, and where each touches
    the neuron, (k, 3) float64 in nm."""

    ids: NDArray[np.int64]
    is_gold: NDArray[np.bool_]
    points_nm: NDArray[np.float64]


def read_synapses(campaign: Campaign, neuron: CampaignNeuron) -> Synapses:
    """Those of the neuron in the order of the table, and then the gold among its synapses: it
    shows where it lies as any other does."""
    gold = _gold_of(campaign, neuron)
    place: dict[int, Point] = {}
    for ids in _parts([*(neuron.instance_ids or ()), *gold]):
        instances = Instance.objects.filter(table=campaign.table_id, pk__in=ids)
        place |= _touching(instances, neuron.root_id)
    wanted = [pk for pk in (neuron.instance_ids or ()) if pk in place]
    kept = [*wanted, *(pk for pk in gold if pk in place)]
    table = campaign.table.resolution
    points = np.array([middle_nm(place[pk], table) for pk in kept], np.float64).reshape(-1, 3)
    is_gold = np.arange(len(kept)) >= len(wanted)
    return Synapses(np.array(kept, np.int64), is_gold, points)


def _gold_of(campaign: Campaign, neuron: CampaignNeuron) -> list[int]:
    """The gold of this neuron that is of none walked before."""
    before, after = (
        Q(instance__pre_root_id=neuron.root_id),
        Q(instance__post_root_id=neuron.root_id),
    )
    which = which_synapses(selection_of(campaign.pk))
    touches = {FROM: before, ONTO: after}.get(which, before | after)
    gold = Item.objects.filter(touches, campaign=campaign, sheet=None, section=None)
    return list(gold.order_by("instance__source_id").values_list("instance_id", flat=True))


def _touching(instances: QuerySet[Instance], root_id: int) -> Iterator[tuple[int, Point]]:
    """Where each touches the neuron, in voxels: the point on its side, else the centre."""
    columns = [f"{point}_{axis}" for point in ("pre", "post", "center") for axis in "xyz"]
    for pk, pre_root_id, *at in instances.values_list("pk", "pre_root_id", *columns):
        x, y, z = at[:3] if pre_root_id == root_id else at[3:6]
        yield pk, Point(at[6], at[7], at[8]) if x is None else Point(x, y, z)


def _parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _ROWS_AT_ONCE):
        yield ids[start : start + _ROWS_AT_ONCE]
