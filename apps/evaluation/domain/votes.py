"""The votes of a campaign as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# The order of labels in every array and matrix of this room.
LABELS = ("correct", "incorrect", "unsure")
CORRECT, INCORRECT, UNSURE = range(3)


@dataclass(frozen=True)
class Votes:
    """The latest vote of each person on each item, sorted by item, then person.

    Arrays of one length: `verdict`, `item` and `person` are ids, `label` an index of LABELS, and
    `at` seconds since 1970 (UTC).
    """

    verdict: Ints
    item: Ints
    person: Ints
    label: Ints
    at: Floats

    def __len__(self) -> int:
        return len(self.item)

    def chosen(self, which: Flags) -> Votes:
        """Some of the votes."""
        return Votes(
            self.verdict[which],
            self.item[which],
            self.person[which],
            self.label[which],
            self.at[which],
        )


@dataclass(frozen=True)
class Items:
    """The items of a campaign with what they were settled as, sorted by id.

    `state` is an index of STATES; `label` an index of LABELS, -1 where there is none yet; `votes`
    how many votes were counted; `center_nm` is (n, 3) in x, y, z; `settled_at` seconds since 1970,
    NaN where not counted.
    """

    item: Ints
    state: Ints
    label: Ints
    votes: Ints
    by_expert: Flags
    settled_at: Floats
    center_nm: Floats

    def __len__(self) -> int:
        return len(self.item)


STATES = ("unjudged", "waiting", "settled", "disputed")
UNJUDGED, WAITING, SETTLED, DISPUTED = range(4)


def counts_by_label(votes: Votes) -> tuple[Ints, Ints]:
    """The items that have votes, `(n,)`, and how many of each label they have, `(n, 3)`."""
    items, where = np.unique(votes.item, return_inverse=True)
    cells = np.bincount(where * len(LABELS) + votes.label, minlength=len(items) * len(LABELS))
    return items, cells.reshape(len(items), len(LABELS)).astype(np.int64)


def positions(wanted: Ints, among: Ints) -> Ints:
    """Where each of `wanted` is in the sorted `among`; -1 where it is not."""
    if not len(among):
        return np.full(len(wanted), -1, dtype=np.int64)
    at = np.minimum(np.searchsorted(among, wanted), len(among) - 1)
    return np.where(among[at] == wanted, at, -1).astype(np.int64)
