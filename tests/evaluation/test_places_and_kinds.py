"""Where errors are and of which kind: counted plainly."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from apps.evaluation.domain.kinds import KindCount, count_kinds
from apps.evaluation.domain.places import clusters, density_maps
from apps.evaluation.domain.votes import CORRECT, INCORRECT, SETTLED, Items
from apps.proofreading.domain import NO_KIND
from tests.evaluation.votes import votes_of


def scattered(seed: int, n: int = 900) -> tuple[np.ndarray, np.ndarray]:
    """Centres in a box of 8 x 4 x 2 µm; every tenth is an error, and most in one corner."""
    rng = np.random.default_rng(seed)
    center = rng.uniform((0, 0, 0), (8000, 4000, 2000), (n, 3))
    in_corner = (center < (1300, 1300, 1300)).all(axis=1)
    return center, rng.random(n) < np.where(in_corner, 0.8, 0.1)


def test_maps_count_what_lies_in_each_cell() -> None:
    center, is_error = scattered(1)
    for one in density_maps(center, is_error, center):
        a, b = ("xyz".index(axis) for axis in one.plane)
        columns, rows = one.judged.shape
        judged, errors = np.zeros((columns, rows), int), np.zeros((columns, rows), int)
        for point, wrong in zip(center, is_error, strict=True):
            column = int((point[a] - one.low[0]) / (one.high[0] - one.low[0]) * columns)
            row = int((point[b] - one.low[1]) / (one.high[1] - one.low[1]) * rows)
            cell = min(column, columns - 1), min(row, rows - 1)
            judged[cell] += 1
            errors[cell] += wrong
        assert one.judged.tolist() == judged.tolist()
        assert one.errors.tolist() == errors.tolist()


def test_maps_hold_also_what_is_not_judged_yet() -> None:
    center, is_error = scattered(1)
    some = center[:, 2] < 500
    for one in density_maps(center[some], is_error[some], center):
        axes = ["xyz".index(axis) for axis in one.plane]
        assert one.low == pytest.approx(center.min(axis=0)[axes])
        assert one.high == pytest.approx(center.max(axis=0)[axes])
        assert one.judged.sum() == some.sum()


def test_a_flat_volume_has_maps_too() -> None:
    center = np.array([[5.0, 5.0, 7.0], [905.0, 5.0, 7.0]])
    maps = density_maps(center, np.array([True, False]), center)
    assert [int(one.errors.sum()) for one in maps] == [1, 1, 1]
    assert density_maps(np.zeros((0, 3)), np.zeros(0, dtype=bool), np.zeros((0, 3))) == []


def test_the_cluster_is_found_and_no_other() -> None:
    center, is_error = scattered(2, 4000)
    found = clusters(center, is_error)
    assert found
    for cluster in found:
        assert all(low < 1300 for low in cluster.low)
        inside = ((center >= cluster.low) & (center < cluster.high)).all(axis=1)
        assert cluster.errors.n == inside.sum()
        assert cluster.errors.right == is_error[inside].sum()


def test_errors_by_chance_are_no_cluster() -> None:
    dice = random.Random(4)
    center, _ = scattered(3, 4000)
    assert clusters(center, np.array([dice.random() < 0.1 for _ in center])) == []
    assert clusters(center, np.zeros(len(center), dtype=bool)) == []


ROWS = [
    (1, 1, "incorrect"),  # verdict 0
    (1, 2, "incorrect"),  # 1
    (1, 3, "correct"),  # 2
    (2, 1, "incorrect"),  # 3
    (2, 2, "incorrect"),  # 4
    (2, 3, "incorrect"),  # 5
    (3, 1, "incorrect"),  # 6
    (3, 2, "correct"),  # 7
    (4, 1, "incorrect"),  # 8
    (4, 2, "incorrect"),  # 9
    (5, 1, "incorrect"),  # 10
]
NAMED = {
    0: ["falsePositive"],
    3: ["badFit"],
    4: ["badFit", "falsePositive"],
    5: ["badFit"],
    8: ["badFit"],
    9: ["falsePositive"],
}


def settled_as(labels: list[int]) -> Items:
    n = len(labels)
    return Items(
        np.arange(1, n + 1),
        np.full(n, SETTLED),
        np.array(labels),
        np.full(n, 3),
        np.zeros(n, dtype=bool),
        np.zeros(n),
        np.zeros((n, 3)),
    )


def test_kinds_are_counted_in_votes_and_in_instances() -> None:
    items = settled_as([INCORRECT, INCORRECT, CORRECT, INCORRECT, INCORRECT])
    found = count_kinds(votes_of(ROWS), items, NAMED, ["falsePositive", "badFit"], {})
    # Instance 1: who names no kind says nothing against falsePositive. Instance 2: all three name
    # badFit. Instance 3 is no error in the end, but a vote said so. Instance 4: neither kind is
    # named by more than half. Of instance 5 nobody names one.
    assert found == [
        KindCount("falsePositive", 3, 1),
        KindCount("badFit", 4, 1),
        KindCount(NO_KIND, 3, 1),
    ]


def test_where_an_expert_decided_the_kinds_are_the_experts() -> None:
    items = settled_as([INCORRECT] * 3)
    items = replace(items, by_expert=np.array([True, True, False]))
    named = NAMED | {20: ["badFit"]}
    # Of 1 annotators name falsePositive, and the expert badFit; of 2 the expert names none.
    decisions, kinds = {1: 20, 2: 21}, ["falsePositive", "badFit"]
    found = count_kinds(votes_of(ROWS[:6]), items, named, kinds, decisions)
    assert [(one.kind, one.items) for one in found] == [
        ("falsePositive", 0),
        ("badFit", 1),
        (NO_KIND, 2),
    ]
