"""A spatial index of many lines: which of them are shown from afar, and in which cells they lie.

Neuroglancer reads the levels from the coarsest on, and of each the cells that are seen. A level
has at most `LIMIT` lines in a cell where that can be: a random part of those that no coarser level
has. The finest has all that is left. A line that reaches over the border of cells is in each that
its box touches, all of the same level.

Lines may be millions: what is made of all of them at once is small, and made piece by piece.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Places = npt.NDArray[np.float32]

Grid = tuple[int, int, int]

LIMIT = 4_000
_SEED = 7  # the same lines, the same levels: a file that is made again is the same
# Cells are not made smaller where lines would lie in so many of them, on the average.
_MOST_CELLS_EACH = 4
_MOST_LEVELS = 16
_A_PIECE = 1 << 16  # lines


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
        lines, cells = _in_cells(left, low, high, Cells(lower, size, grid))
        most = _most(cells, grid)
        finer = _finer(grid, extent)
        is_finest = (
            most <= LIMIT
            or number == _MOST_LEVELS - 1
            or _cells_each(left, low, high, Cells(lower, extent / finer, finer)) > _MOST_CELLS_EACH
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


@dataclass(frozen=True)
class Cells:
    """A grid of cells of a size, from a corner on."""

    lower: Floats
    size: Floats
    grid: Grid

    def of(self, at: Places) -> Int32s:
        """The cell of each place, (n, 3)."""
        found = at.astype(np.float64)
        found -= self.lower
        found /= self.size
        np.floor(found, out=found)
        np.clip(found, 0, np.array(self.grid) - 1.0, out=found)
        return found.astype(np.int32)


def _pieces(lines: Int32s) -> Iterator[Int32s]:
    return (lines[first : first + _A_PIECE] for first in range(0, len(lines), _A_PIECE))


def _counts(piece: Int32s, low: Places, high: Places, cells: Cells) -> Int64s:
    """In how many cells each line of a piece lies."""
    spans = cells.of(high[piece]) - cells.of(low[piece]) + 1
    counts: Int64s = spans.prod(axis=1, dtype=np.int64)
    return counts


def _cells_each(lines: Int32s, low: Places, high: Places, cells: Cells) -> float:
    """In how many cells a line lies, on the average."""
    return _sum(lines, low, high, cells) / max(1, len(lines))


def _sum(lines: Int32s, low: Places, high: Places, cells: Cells) -> int:
    return sum(int(_counts(piece, low, high, cells).sum()) for piece in _pieces(lines))


def _in_cells(lines: Int32s, low: Places, high: Places, cells: Cells) -> tuple[Int32s, Int32s]:
    """Each line once for each of its cells: the lines (m,) and the cells (m, 3)."""
    count = _sum(lines, low, high, cells)
    which, where = np.empty(count, np.int32), np.empty((count, 3), np.int32)
    done = 0
    for piece in _pieces(lines):
        repeated, found = _repeated(cells.of(low[piece]), cells.of(high[piece]))
        end = done + len(repeated)
        which[done:end], where[done:end] = piece[repeated], found
        done = end
    return which, where


def _repeated(first: Int32s, last: Int32s) -> tuple[Int64s, Int32s]:
    """Each line of a piece once for each cell from `first` to `last`, (n, 3): its place in the
    piece (m,), and the cells (m, 3)."""
    spans = last - first + 1
    counts = spans.prod(axis=1, dtype=np.int64)
    which = np.repeat(np.arange(len(first)), counts)
    place = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    cells = np.empty((len(which), 3), np.int32)
    for axis in range(3):
        along = spans[which, axis]
        cells[:, axis] = first[which, axis] + place % along
        place //= along
    return which, cells


def _most(cells: Int32s, grid: Grid) -> int:
    """How many lines the fullest cell has."""
    key = (cells[:, 0].astype(np.int64) * grid[1] + cells[:, 1]) * grid[2] + cells[:, 2]
    key.sort()
    ends = np.flatnonzero(np.append(key[1:] != key[:-1], len(key) > 0))
    return int(np.diff(ends, prepend=-1).max(initial=0))
