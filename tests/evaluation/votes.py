"""Votes as tables for tests."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np

from apps.evaluation.domain.votes import LABELS, Votes

Row = tuple[int, int, str]  # item, person, label


def votes_of(rows: Sequence[Row]) -> Votes:
    """Votes of rows, numbered as verdicts in their order, a minute apart."""
    order = sorted(range(len(rows)), key=lambda n: rows[n][:2])
    columns = [
        order,
        [rows[n][0] for n in order],
        [rows[n][1] for n in order],
        [LABELS.index(rows[n][2]) for n in order],
    ]
    verdict, item, person, label = (np.array(column, dtype=np.int64) for column in columns)
    return Votes(verdict, item, person, label, np.array(order, dtype=float) * 60)


def random_rows(seed: int, *, items: int = 120, people: int = 6) -> list[Row]:
    """Two to four votes on each item by people who are right three times in four."""
    dice = random.Random(seed)
    rows = []
    for item in range(items):
        truth = dice.choice(LABELS)
        for person in dice.sample(range(1, people + 1), dice.randint(2, 4)):
            label = truth if dice.random() < 0.75 else dice.choice(LABELS)
            rows.append((item, person, label))
    return rows
