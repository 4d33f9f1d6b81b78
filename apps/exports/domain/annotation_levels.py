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
Int32s = npt.NDArray[np.int32]
Places = npt.NDArray[np.float32]

Grid = tuple[int, int, int]

LIMIT = 4_000
_SEED = 7  # the same lines, the same levels: a file that is made again is the same
# Cells are not made smaller where lines would lie in so many of them, on the average.
_MOST_CELLS_EACH = 4
_MOST_LEVELS = 16


@dataclass(frozen=True)
class Level:
    """A level of the index. `grid`: its cells along x, y, z; `size`: of a cell, in the units of the
    lines. `limit`: the most lines in a cell.

    lines: (m,) which lines it has, by their places, in a random order; cells: (m, 3) in which cell
    of the grid. A line is there once for each of its cells.
    """

    grid: Grid
    size: Floats
    limit: int
    lines: Int32s
    cells: Int32s


def levels_of(low: Places, high: Places, lower: Floats, upper: Floats) -> Iterator[Level]:
    """The levels of lines whose boxes reach from `low` to `high`, (n, 3) each, within the bounds
    `lower` and `upper`, (3,) each, from the coarsest to the finest; at least one."""
    extent = np.maximum(upper - lower, 1.0)
    left = np.random.default_rng(_SEED).permutation(len(low)).astype(np.int32)
    grid = (1, 1, 1)
    for number in range(_MOST_LEVELS):
        size = extent / grid
        lines, cells = _in_cells(
            left, _cells(low[left], lower, size, grid), _cells(high[left], lower, size, grid)
        )
        most = _most(cells, grid)
        finer = _finer(grid, extent)
        is_finest = (
            most <= LIMIT
            or number == _MOST_LEVELS - 1
            or _cells_each(low[left], high[left], lower, extent / finer, finer) > _MOST_CELLS_EACH
        )
        if is_finest:
            yield Level(grid, size, max(most, 1), lines, cells)
            return
        # Of lines in a random order the first are a random part.
        share = int(len(left) * LIMIT / most)
        chosen = np.zeros(len(low), np.bool_)
        chosen[left[:share]] = True
        here = chosen[lines]
        lines, cells = lines[here], cells[here]
        yield Level(grid, size, max(_most(cells, grid), LIMIT), lines, cells)
        left, grid = left[share:], finer


def _finer(grid: Grid, extent: Floats) -> Grid:
    """Axes along which cells are long are halved, so that cells become more nearly cubes."""
    size = extent / grid
    x, y, z = np.where(size > size.max() / 2, 2, 1).tolist()
    return (grid[0] * x, grid[1] * y, grid[2] * z)


def _cells(at: Places, lower: Floats, size: Floats, grid: Grid) -> Int32s:
    """The cell of each place, (n, 3)."""
    found = at.astype(np.float64)
    found -= lower
    found /= size
    np.floor(found, out=found)
    np.clip(found, 0, np.array(grid) - 1.0, out=found)
    return found.astype(np.int32)


def _cells_each(low: Places, high: Places, lower: Floats, size: Floats, grid: Grid) -> float:
    """In how many cells a line lies, on the average."""
    spans = _cells(high, lower, size, grid) - _cells(low, lower, size, grid) + 1
    return float(spans.prod(axis=1, dtype=np.float64).mean())


def _in_cells(lines: Int32s, first: Int32s, last: Int32s) -> tuple[Int32s, Int32s]:
    """Each line once for each cell from `first` to `last`: the lines (m,) and the cells (m, 3)."""
    spans = last - first + 1
    counts = spans.prod(axis=1)
    if not len(lines) or counts.max() == 1:
        return lines, first
    which = np.repeat(np.arange(len(lines), dtype=np.int32), counts)
    place = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    cells = np.empty((len(which), 3), np.int32)
    for axis in range(3):
        along = spans[which, axis]
        cells[:, axis] = first[which, axis] + place % along
        place //= along
    return lines[which], cells


def _most(cells: Int32s, grid: Grid) -> int:
    """How many lines the fullest cell has."""
    key = (cells[:, 0].astype(np.int64) * grid[1] + cells[:, 1]) * grid[2] + cells[:, 2]
    key.sort()
    ends = np.flatnonzero(np.diff(key, append=-1))
    return int(np.diff(ends, prepend=-1).max(initial=0))
