"""Skeletons of neurons: read, healed to a tree, pruned, walked in sections, points snapped to them.

    tree = prune_twigs(heal(skeleton))
    way = walk(tree)                  # sections, depth-first from the soma
    snapped = snap(way, points_nm)    # the section of each point, and its place in the walk

Places are x, y, z in nm. Nothing here knows a framework or reads a file.
"""

from apps.connectome.errors import SkeletonError
from apps.connectome.skeletons.healing import heal
from apps.connectome.skeletons.pruning import prune_twigs
from apps.connectome.skeletons.skeleton import Skeleton
from apps.connectome.skeletons.snapping import Snapped, snap
from apps.connectome.skeletons.swc import read_swc
from apps.connectome.skeletons.walking import Section, Walk, walk
from apps.connectome.twigs import TWIG_NM

__all__ = [
    "TWIG_NM",
    "Section",
    "Skeleton",
    "SkeletonError",
    "Snapped",
    "Walk",
    "heal",
    "prune_twigs",
    "read_swc",
    "snap",
    "walk",
]
