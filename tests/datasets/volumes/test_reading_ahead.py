"""Storage far away is read for several cutouts at once; one that may end its reader is alone."""

from __future__ import annotations

from threading import Barrier

import numpy as np
import numpy.typing as npt
import pytest

from apps.datasets.domain import CutoutRequest, VolumeRef
from apps.datasets.services import reading_ahead
from apps.datasets.services.reading import PlaceUnreadableError, Reader
from apps.datasets.services.reading_ahead import (
    FAR_S,
    MOST_AT_ONCE,
    MOST_VOXELS,
    ClaimedCutout,
    read_each,
)
from apps.voxels.cutouts import Grid, Region
from apps.voxels.geometry import Box, Point, Resolution

ADDRESS = "https://far.example/em"
GRID = Grid(Resolution(8, 8, 40), Box(Point(0, 0, 0), Point(4000, 4000, 400)))
SMALL = Point(64, 64, 8)
VOLUME = VolumeRef(ADDRESS, 0, "xyz", "1", GRID)


def cutouts(*attempts: int, crop: Point = SMALL) -> list[ClaimedCutout]:
    """Cutouts beside each other, the first one at x = 100."""
    return [
        ClaimedCutout(
            CutoutRequest(VOLUME, VOLUME, Point(100 + n, 200, 50), crop, None, None), attempt
        )
        for n, attempt in enumerate(attempts)
    ]


class Storage:
    """Notes for which cutouts it is read. `together`: reads that wait until all are there."""

    def __init__(self) -> None:
        self.begun: set[int] = set()
        self.together: Barrier | None = None
        self.closed: set[int] = set()

    def reader_of(self, volume: VolumeRef, kind: str, region: Region, kept_as: str) -> Reader:
        number = (region.wanted.lo.x + region.wanted.hi.x) // 2 - 100

        def read() -> npt.NDArray[np.generic]:
            self.begun.add(number)
            if number in self.closed:
                raise PlaceUnreadableError(f"The {kind} volume is closed.", 10)
            if self.together is not None:
                self.together.wait(60)
            return np.full((1, 1, 1), number, np.uint8)

        return read


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> Storage:
    one = Storage()
    monkeypatch.setattr(reading_ahead, "reader_of", one.reader_of)
    monkeypatch.setattr(reading_ahead, "_paces", {})
    return one


@pytest.fixture
def far(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> Storage:
    monkeypatch.setattr(reading_ahead, "_paces", {ADDRESS: 100 * FAR_S})
    return storage


def test_what_is_near_is_read_when_its_turn_has_come(storage: Storage) -> None:
    for number, (_, read) in enumerate(read_each(cutouts(1, 1, 1))):
        assert storage.begun == set(range(number))
        assert read().image.item() == number


def test_what_is_far_is_read_for_many_at_once(far: Storage) -> None:
    far.together = Barrier(2 * MOST_AT_ONCE)  # image and clefts of each
    found = [(read().image.item(), read().mask.item()) for _, read in _all(MOST_AT_ONCE)]
    assert found == [(number, number) for number in range(MOST_AT_ONCE)]


def _all(count: int) -> list[tuple[ClaimedCutout, reading_ahead.Read]]:
    return list(read_each(cutouts(*[1] * count)))


def test_no_more_are_read_at_once_than_fit_into_memory(far: Storage) -> None:
    large = Point(512, 512, MOST_VOXELS // 512**2 // 2 + 1)  # two of them are too large
    for number, (_, read) in enumerate(read_each(cutouts(1, 1, crop=large))):
        assert far.begun == set(range(number))
        read()


def test_what_may_end_its_reader_is_read_alone(far: Storage) -> None:
    waiting = read_each(cutouts(1, 1, 2, 1))
    for number in (0, 1):
        next(waiting)[1]()
        assert far.begun <= {0, 1}, number
    _, read = next(waiting)
    assert far.begun == {0, 1}
    read()
    assert far.begun == {0, 1, 2}
    next(waiting)[1]()


def test_a_place_that_cannot_be_read_is_told_of_its_own_cutout(far: Storage) -> None:
    far.closed = {1}
    first, second, third = (read for _, read in read_each(cutouts(1, 1, 1)))
    assert first().image.item() == 0
    with pytest.raises(PlaceUnreadableError, match="is closed"):
        second()
    assert third().mask.item() == 2
