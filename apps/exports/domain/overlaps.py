"""Where masks of instances overlap, counted in little memory however many do."""

from __future__ import annotations

from collections.abc import Sequence

MOST_TOLD = 100
_MOST_KEPT = 2 * MOST_TOLD
Pair = tuple[int, int]


class Overlaps:
    """Of pairs of instances, that which keeps voxels and that which loses them to it: how many
    voxels, and by name the pairs of the smallest ids."""

    def __init__(self) -> None:
        self.voxels = 0
        self._kept: dict[Pair, int] = {}
        self._last: Pair | None = None  # larger pairs were forgotten

    def add(self, keeps: int, loses: int, voxels: int) -> None:
        """A pair may be added several times."""
        self.voxels += voxels
        pair = (keeps, loses)
        if self._last is not None and pair > self._last:
            return
        self._kept[pair] = self._kept.get(pair, 0) + voxels
        if len(self._kept) > _MOST_KEPT:
            self._kept = dict(self._sorted()[:MOST_TOLD])
            self._last = max(self._kept)

    def first(self) -> Sequence[tuple[int, int, int]]:
        """The first pairs, each with its voxels: they are counted whole."""
        return [(*pair, voxels) for pair, voxels in self._sorted()[:MOST_TOLD]]

    def _sorted(self) -> list[tuple[Pair, int]]:
        return sorted(self._kept.items())
