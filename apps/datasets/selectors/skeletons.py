"""Reads of sources of skeletons."""

from __future__ import annotations

from dataclasses import dataclass

from apps.connectome.twigs import TWIG_NM
from apps.datasets.models import Dataset, SkeletonSource, StoredSkeleton


@dataclass(frozen=True)
class DescribedSource:
    """Where the skeletons of a dataset come from, and how far they are; fields as the API tells
    them."""

    kind: str | None = None
    address: str = ""
    secret: str = ""
    nm_per_unit: float = 1.0
    twig_nm: float = TWIG_NM
    state: str = "none"
    problem: str = ""
    files: int = 0
    stored: int = 0


def described_source(dataset: Dataset) -> DescribedSource:
    """What is known of the source of a dataset's skeletons."""
    source = SkeletonSource.objects.select_related("secret").filter(dataset=dataset).first()
    if source is None:
        return DescribedSource()
    return DescribedSource(
        kind=source.kind,
        address=source.address,
        secret=source.secret.name if source.secret else "",
        nm_per_unit=source.nm_per_unit,
        twig_nm=source.twig_nm,
        state=_state(source),
        problem=source.problem,
        files=source.files.count(),
        stored=StoredSkeleton.objects.filter(dataset=dataset, content__isnull=False).count(),
    )


def _state(source: SkeletonSource) -> str:
    if source.checked_version < source.version:
        return "checking"
    return "unusable" if source.problem else "usable"
