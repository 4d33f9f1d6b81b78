"""How much gold a page gets, where it lies, and when a training is passed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from random import Random
from typing import TypeVar

T = TypeVar("T")

_ROUNDING = 1e-9  # 0.8 of 5 is 4, whatever the last bit of a float says


@dataclass(frozen=True)
class GoldRate:
    """The share of gold on pages: `rate` for a newcomer, near `floor` after much experience."""

    rate: float
    floor: float
    halving_pages: int

    def share(self, pages_done: int) -> float:
        """The share on the next page of somebody who has done so many."""
        fading: float = 2.0 ** (-pages_done / self.halving_pages)
        return self.floor + (self.rate - self.floor) * fading


def gold_count(share: float, others: int, random: Random) -> int:
    """How many gold items to mix into a page of so many others, so that their share of the page
    is on average as asked. The fraction of an item is left to chance."""
    wanted = others * share / (1 - share)
    whole = math.floor(wanted)
    return whole + int(random.random() < wanted - whole)


def places_among(count: int, others: int, random: Random) -> list[int]:
    """Before which of the other items each of `count` gold items lies; `others` is the end."""
    return sorted(random.randint(0, others) for _ in range(count))


def mixed(others: Sequence[T], gold: Sequence[tuple[int, T]]) -> list[T]:
    """The items of a page in their order; `gold` are places and items, places that are equal in
    the order given."""
    shown: list[T] = []
    left = sorted(gold, key=lambda one: one[0])
    for place, other in enumerate(others):
        while left and left[0][0] <= place:
            shown.append(left.pop(0)[1])
        shown.append(other)
    return shown + [item for _, item in left]


def own_order(ids: Sequence[int], seed: str) -> list[int]:
    """The ids in an order that looks random and is always the same for a seed."""
    return sorted(ids, key=lambda one: blake2b(f"{seed} {one}".encode()).digest())


@dataclass(frozen=True)
class TrainingScore:
    """How many of the training items of a round somebody judged right."""

    right: int
    shown: int
    pass_mark: float

    @property
    def needed(self) -> int:
        return math.ceil(self.pass_mark * self.shown - _ROUNDING)

    @property
    def is_passed(self) -> bool:
        return self.right >= self.needed


def training_sentence(score: TrainingScore, *, is_more_left: bool) -> str:
    """What a person is told of their round."""
    counted = f"{score.right} of {score.shown} right"
    if score.is_passed:
        return f"{counted}; you have passed the training. What comes now is real work."
    asked = f"{counted}; {score.needed} are needed."
    if is_more_left:
        return f"{asked} Another round with other synapses follows."
    return f"{asked} No training page is left: ask the manager of the campaign how to go on."
