"""A spatial index of many lines: which of them are shown from afar, and in which cells they lie.

Neuroglancer reads the levels from the coarsest on, and of each the cells that are seen. A level
has at most `LIMIT` lines in a cell where that can be: a random part of those that no coarser level
has. The finest has all that is left. A line that reaches over the border of cells is in each that
its box touches, all of the same level.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]

LIMIT = 4_000
_SEED = 7  # the same lines, the same levels: a file that is made again is the same
# Cells are not made smaller where lines would lie in so many of them, on the average.
_MOST_CELLS_EACH = 4
_MOST_LEVELS = 16


@dataclass(frozen=True)
class Level:
    """A level of the index. `grid`: its cells along x, y, z; `size`: of a cell, in the units of the
    lines. `limit`: the most lines in a cell.

    lines: (m,) which lines it has, by their places; cells: (m, 3) in which cell of the grid. A line
    is there once for each of its cells.
    """

    grid: tuple[int, int, int]
    size: Floats
    limit: int
    lines: Int64s
    cells: Int64s


def levels_of(low: Floats, high: Floats, lower: Floats, upper: Floats) -> Iterator[Level]:
    """The levels of lines whose boxes reach from `low` to `high`, (n, 3) each, within the bounds
    `lower` and `upper`, (3,) each, from the coarsest to the finest; at least one."""
    extent = np.maximum(upper - lower, 1.0)
    order = np.random.default_rng(_SEED).permutation(len(low))
    left = order.astype(np.int64)
    grid = np.ones(3, np.int64)
    for number in range(_MOST_LEVELS):
        size = extent / grid
        first, last = (_cells(at[left], lower, size, grid) for at in (low, high))
        lines, cells = _in_cells(left, first, last)
        counts = _counts(cells, grid)
        most = int(counts.max(initial=0))
        finer = _finer(grid, extent)
        is_finest = most <= LIMIT or number == _MOST_LEVELS - 1
        if not is_finest:
            spans = [_cells(at[left], lower, extent / finer, finer) for at in (low, high)]
            each = (spans[1] - spans[0] + 1).prod(axis=1, dtype=np.float64).mean()
            is_finest = bool(each > _MOST_CELLS_EACH)
        if is_finest:
            yield _level(grid, size, most, lines, cells)
            return
        # Of lines in a random order the first are a random part.
        share = int(len(left) * LIMIT / most)
        chosen = np.zeros(len(low), np.bool_)
        chosen[left[:share]] = True
        here = chosen[lines]
        yield _level(grid, size, LIMIT, lines[here], cells[here])
        left, grid = left[share:], finer


def _level(grid: Int64s, size: Floats, limit: int, lines: Int64s, cells: Int64s) -> Level:
    x, y, z = (int(n) for n in grid)
    most = int(_counts(cells, grid).max(initial=0))
    return Level((x, y, z), size, max(limit, most, 1), lines, cells)


def _finer(grid: Int64s, extent: Floats) -> Int64s:
    """Axes along which cells are long are halved, so that cells become more nearly cubes."""
    size = extent / grid
    return np.where(size > size.max() / 2, grid * 2, grid)


def _cells(at: Floats, lower: Floats, size: Floats, grid: Int64s) -> Int64s:
    """The cell of each place, (n, 3)."""
    found = np.floor((at - lower) / size).astype(np.int64)
    return np.clip(found, 0, grid - 1)


def _in_cells(lines: Int64s, first: Int64s, last: Int64s) -> tuple[Int64s, Int64s]:
    """Each line once for each cell from `first` to `last`: the lines (m,) and the cells (m, 3)."""
    spans = last - first + 1
    counts = spans.prod(axis=1)
    which = np.repeat(np.arange(len(lines)), counts)
    place = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    cells = np.empty((len(which), 3), np.int64)
    for axis in range(3):
        along = spans[which, axis]
        cells[:, axis] = first[which, axis] + place % along
        place = place // along
    return lines[which], cells


def _counts(cells: Int64s, grid: Int64s) -> Int64s:
    """How many lines each cell that has any has."""
    key = (cells[:, 0] * grid[1] + cells[:, 1]) * grid[2] + cells[:, 2]
    return np.asarray(np.unique(key, return_counts=True)[1], np.int64)
