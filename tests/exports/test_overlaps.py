"""Overlaps of masks are counted exactly, in little memory."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.exports.domain import overlaps
from apps.exports.domain.overlaps import Overlaps

ids = st.integers(1, 12)


@given(st.lists(st.tuples(ids, ids, st.integers(1, 9)), max_size=60))
def test_the_first_pairs_are_counted_whole(met: list[tuple[int, int, int]]) -> None:
    """Pairs come in any order, a pair several times; three are told, six kept."""
    counted: Counter[tuple[int, int]] = Counter()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(overlaps, "MOST_TOLD", 3)
        patch.setattr(overlaps, "_MOST_KEPT", 6)
        found = Overlaps()
        for keeps, loses, voxels in met:
            found.add(keeps, loses, voxels)
            counted[keeps, loses] += voxels
            assert len(found._kept) <= 6
        told = list(found.first())
    assert found.voxels == counted.total()
    assert told == [(*pair, voxels) for pair, voxels in sorted(counted.items())][:3]
