"""Small skeletons, as files and as sources."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from apps.connectome.skeletons import Skeleton
from apps.connectome.skeletons.precomputed import encode
from apps.datasets.models import Dataset, SkeletonSource

# A Y: from the soma 20 µm up, then one arm of 10 µm and one of 30 µm; a twig of 1 µm on the stem.
FORK_SWC = """\
# a fork, in nm
1 1 0 0 0 4000 -1
2 3 0 0 10000 200 1
3 3 0 0 20000 200 2
4 3 0 10000 20000 100 3
5 3 0 -15000 20000 100 3
6 3 0 -30000 20000 100 5
7 3 1000 0 10000 50 2
"""


def fork() -> Skeleton:
    """The same without its twig."""
    vertices = [(0, 0, 0), (0, 0, 1), (0, 0, 2), (0, 1, 2), (0, -1.5, 2), (0, -3, 2)]
    edges = [(0, 1), (1, 2), (2, 3), (2, 4), (4, 5)]
    radii = np.array([4000.0, 200, 200, 100, 100, 100])
    return Skeleton(np.array(vertices) * 10_000.0, np.array(edges), radii, 0)


def write_swc_folder(folder: Path, files: Mapping[int, str]) -> str:
    """A folder of SWC files by root id; its address."""
    folder.mkdir(parents=True, exist_ok=True)
    for root_id, text in files.items():
        (folder / f"{root_id}.swc").write_text(text)
    return f"file://{folder}"


def write_precomputed_skeletons(folder: Path, skeletons: Mapping[int, Skeleton]) -> str:
    """A precomputed source of skeletons in nm; its address."""
    folder.mkdir(parents=True, exist_ok=True)
    attributes = [{"id": "radius", "data_type": "float32", "num_components": 1}]
    info = {"@type": "neuroglancer_skeletons", "vertex_attributes": attributes}
    (folder / "info").write_text(json.dumps(info))
    for root_id, skeleton in skeletons.items():
        (folder / str(root_id)).write_bytes(encode(skeleton))
    return f"file://{folder}"


def swc_source(dataset: Dataset, folder: Path, files: Mapping[int, str]) -> SkeletonSource:
    """The dataset's skeletons are these files, in nm."""
    address = write_swc_folder(folder, files)
    return SkeletonSource.objects.create(
        dataset=dataset, kind=SkeletonSource.Kind.SWC, address=address
    )
