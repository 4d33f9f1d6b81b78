"""Skeletons for browsers, as a precomputed source: what is stored, or is read soon.

The web process uses it, and hands out bytes as they are; only where somebody tries a neuron does
it look at them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.core.errors import NotFoundError, UnavailableError
from apps.core.jobs import Job, enqueue
from apps.datasets.domain.skeletons import length_nm
from apps.datasets.models import Dataset, SkeletonSource, StoredSkeleton

INFO: dict[str, Any] = {
    "@type": "neuroglancer_skeletons",
    "transform": [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0],
    "vertex_attributes": [{"id": "radius", "data_type": "float32", "num_components": 1}],
}
_ASKED_AGAIN = timedelta(seconds=60)  # a job that was lost is sent again
_FAILED_FOR = timedelta(minutes=5)  # then it is tried again
_MOST_WAITING = 200  # of a dataset: whoever asks for ever more neurons is not followed


class SkeletonPendingError(UnavailableError):
    """A skeleton is being read; asking again in a while helps."""

    code = "skeleton_pending"


def has_skeletons(dataset_id: int) -> bool:
    """Whether the dataset has a source that can be used."""
    return SkeletonSource.objects.filter(dataset=dataset_id, problem="").exists()


@dataclass(frozen=True)
class TriedSkeleton:
    """What was found of one neuron: `state` is `found`, `none` or `reading`; the last two have a
    sentence."""

    state: str
    sentence: str = ""
    vertices: int = 0
    length_nm: float = 0.0
    has_soma: bool = False


def try_skeleton(dataset: Dataset, root_id: int) -> TriedSkeleton:
    """What there is of a neuron, for who says where skeletons come from; ask again while it is
    read. By kimimaro it is made as well, which may take minutes."""
    try:
        content = skeleton_bytes(dataset, root_id, may_be_made=True)
    except SkeletonPendingError as error:
        return TriedSkeleton("reading", error.sentence)
    except NotFoundError as error:
        return TriedSkeleton("none", error.sentence)
    soma = StoredSkeleton.objects.filter(dataset=dataset, root_id=root_id, soma__isnull=False)
    vertices = int.from_bytes(content[:4], "little")
    return TriedSkeleton("found", "", vertices, length_nm(content), soma.exists())


def skeleton_bytes(dataset: Dataset, root_id: int, *, may_be_made: bool = False) -> bytes:
    """The skeleton of a neuron as it is stored. One that nobody has read yet is read by a worker,
    but is not made by kimimaro unless it may be: that is for those who choose neurons.

    Raises SkeletonPendingError, and NotFoundError with the reason.
    """
    if not 0 < root_id < 2**64:
        raise NotFoundError(f"{root_id} is no neuron.")
    stored = StoredSkeleton.objects.filter(dataset=dataset, root_id=root_id).first()
    if stored is not None and stored.content is not None:
        return bytes(stored.content)
    now = timezone.now()
    if stored is not None and stored.made_at is not None and now - stored.made_at < _FAILED_FOR:
        raise NotFoundError(stored.failure)
    source = SkeletonSource.objects.filter(dataset=dataset).first()
    is_there = source is not None and (may_be_made or source.kind != SkeletonSource.Kind.KIMIMARO)
    if not is_there:
        raise NotFoundError(f"There is no skeleton of neuron {root_id} yet.")
    if stored is None or stored.asked_at is None or now - stored.asked_at > _ASKED_AGAIN:
        _ask(dataset, root_id)
    if stored is not None and stored.failure and stored.made_at is None:
        raise SkeletonPendingError(stored.failure)  # the source did not answer: it is asked again
    raise SkeletonPendingError(f"The skeleton of neuron {root_id} is being read.")


def _ask(dataset: Dataset, root_id: int) -> None:
    now = timezone.now()
    waiting = StoredSkeleton.objects.filter(
        dataset=dataset, content__isnull=True, asked_at__gt=now - _ASKED_AGAIN
    )
    if waiting.count() >= _MOST_WAITING:
        return
    with transaction.atomic():
        StoredSkeleton.objects.update_or_create(
            dataset=dataset, root_id=root_id, defaults={"asked_at": now}
        )
        enqueue(Job.READ_SKELETON, dataset_id=dataset.pk, root_id=str(root_id))
