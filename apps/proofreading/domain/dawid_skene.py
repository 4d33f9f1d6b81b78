"""The truth behind many votes, with how each annotator errs.

Source: A. P. Dawid and A. M. Skene, "Maximum likelihood estimation of observer error-rates using
the EM algorithm", Applied Statistics 28 (1979) 20-28.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Item = TypeVar("Item", bound=Hashable)
Annotator = TypeVar("Annotator", bound=Hashable)
Answer = TypeVar("Answer", bound=Hashable)

Floats = npt.NDArray[np.float64]
Confusions = dict[Annotator, dict[Answer, dict[Answer, float]]]

# Pseudo-counts that keep an annotator of few votes away from rates of 0 and 1, of which no later
# vote could bring them back.
SMOOTHING = 0.01
MAX_ROUNDS = 500
TOLERANCE = 1e-7  # of the objective per vote


@dataclass(frozen=True)
class _Votes:
    """Votes as indices: three arrays of one length, and the names behind the indices."""

    item: npt.NDArray[np.intp]
    annotator: npt.NDArray[np.intp]
    answer: npt.NDArray[np.intp]
    items: int
    annotators: int
    answers: int


def dawid_skene(
    votes: Sequence[tuple[Item, Annotator, Answer]],
    *,
    classes: Collection[Answer] | None = None,
    smoothing: float | Mapping[Answer, Mapping[Answer, float]] = SMOOTHING,
    known: Mapping[Item, Answer] | None = None,
) -> tuple[dict[Item, dict[Answer, float]], Confusions[Annotator, Answer]]:
    """Posterior of the true class of each item, and the confusion matrix of each annotator.

    `votes` are `(item, annotator, answer)`. `classes` are the answers that can be the truth; by
    default every answer that occurs. An answer outside them, such as "unsure", is evidence like
    any other but never true. `smoothing` is a pseudo-count for each cell of a confusion matrix,
    one number or `smoothing[class][answer]`: what is believed of people before they vote. `known`
    are items whose class is certain, as gold is; they anchor the rates.

    Returns `posteriors[item][class]`, which add up to 1 over the classes, and
    `confusions[annotator][class][answer]`, which add up to 1 over the answers. Without votes both
    are empty. The order of the votes does not matter.

    Raises ValueError for a smoothing that is not positive, for classes that are empty and for a
    known class that is none of them.
    """
    if not votes:
        return {}, {}
    items = list(dict.fromkeys(item for item, _, _ in votes))
    annotators = list(dict.fromkeys(annotator for _, annotator, _ in votes))
    truths, answers = _classes_and_answers(votes, classes)
    indexed = _indexed(votes, items, annotators, answers)
    believed = _believed(truths, answers, smoothing)
    fixed = _fixed(items, truths, known or {})
    posterior, rates = _fit(indexed, believed, fixed)
    return (
        {
            item: dict(zip(truths, map(float, row), strict=True))
            for item, row in zip(items, posterior, strict=True)
        },
        {
            annotator: {
                truth: dict(zip(answers, map(float, row), strict=True))
                for truth, row in zip(truths, matrix, strict=True)
            }
            for annotator, matrix in zip(annotators, rates, strict=True)
        },
    )


def _classes_and_answers(
    votes: Sequence[tuple[Item, Annotator, Answer]], classes: Collection[Answer] | None
) -> tuple[list[Answer], list[Answer]]:
    """The classes, and all answers with the classes first. Sorted, so that no order of votes
    decides between equals."""
    given = sorted({answer for _, _, answer in votes}, key=repr)
    if classes is None:
        return given, given
    if not classes:
        raise ValueError("classes must not be empty.")
    truths = list(dict.fromkeys(classes))
    return truths, truths + [answer for answer in given if answer not in truths]


def _indexed(
    votes: Sequence[tuple[Item, Annotator, Answer]],
    items: Sequence[Item],
    annotators: Sequence[Annotator],
    answers: Sequence[Answer],
) -> _Votes:
    item_at = {item: i for i, item in enumerate(items)}
    annotator_at = {annotator: i for i, annotator in enumerate(annotators)}
    answer_at = {answer: i for i, answer in enumerate(answers)}
    return _Votes(
        item=np.array([item_at[item] for item, _, _ in votes], dtype=np.intp),
        annotator=np.array([annotator_at[who] for _, who, _ in votes], dtype=np.intp),
        answer=np.array([answer_at[answer] for _, _, answer in votes], dtype=np.intp),
        items=len(items),
        annotators=len(annotators),
        answers=len(answers),
    )


def _believed(
    truths: Sequence[Answer],
    answers: Sequence[Answer],
    smoothing: float | Mapping[Answer, Mapping[Answer, float]],
) -> Floats:
    """The pseudo-counts of every confusion matrix, `(classes, answers)`."""
    if isinstance(smoothing, Mapping):
        counts = np.array(
            [[smoothing.get(t, {}).get(a, SMOOTHING) for a in answers] for t in truths], dtype=float
        )
    else:
        counts = np.full((len(truths), len(answers)), float(smoothing))
    if not (counts > 0).all():
        raise ValueError("smoothing must be positive.")
    return counts


def _fixed(items: Sequence[Item], truths: Sequence[Answer], known: Mapping[Item, Answer]) -> Floats:
    """The posterior of items whose class is certain, `(items, classes)`; rows of NaN elsewhere."""
    fixed = np.full((len(items), len(truths)), np.nan)
    at = {truth: i for i, truth in enumerate(truths)}
    for row, item in enumerate(items):
        if item in known:
            if known[item] not in at:
                raise ValueError(f"known: {known[item]!r} is none of the classes.")
            fixed[row] = 0.0
            fixed[row, at[known[item]]] = 1.0
    return fixed


def _fit(votes: _Votes, believed: Floats, fixed: Floats) -> tuple[Floats, Floats]:
    """Posterior `(items, classes)` and rates `(annotators, classes, answers)`, by EM from the
    shares of the votes. How often a class occurs is learned from the items that are not fixed:
    the others were chosen by somebody."""
    classes = len(believed)
    is_free = np.isnan(fixed[:, :1])
    free = is_free[:, 0]
    posterior = np.where(is_free, _shares(votes, classes), fixed)
    rates = _rates(votes, posterior, believed)
    before = -np.inf
    for _ in range(MAX_ROUNDS):
        prior = (posterior[free].sum(axis=0) + SMOOTHING) / (free.sum() + classes * SMOOTHING)
        expected, likelihoods = _expect(votes, prior, rates)
        posterior = np.where(is_free, expected, fixed)
        of_fixed = _log_likelihoods(votes, rates)[~free] * fixed[~free]
        likelihood = float(likelihoods[free].sum() + of_fixed.sum())
        # What EM never lowers is the likelihood with the pseudo-counts of rates and prior.
        objective = likelihood + _log_belief(prior, rates, believed)
        rates = _rates(votes, posterior, believed)
        if objective - before < TOLERANCE * len(votes.item):
            break
        before = objective
    return posterior, rates


def _log_belief(prior: Floats, rates: Floats, believed: Floats) -> float:
    """How well prior and rates agree with the pseudo-counts, as a log-density up to a constant."""
    return float((believed * np.log(rates)).sum() + SMOOTHING * np.log(prior).sum())


def _shares(votes: _Votes, classes: int) -> Floats:
    """The share of each class in the votes of an item; even where none is for a class."""
    counts = np.zeros((votes.items, votes.answers))
    np.add.at(counts, (votes.item, votes.answer), 1.0)
    for_classes = counts[:, :classes]
    total = for_classes.sum(axis=1, keepdims=True)
    even = np.full_like(for_classes, 1.0 / classes)
    np.divide(for_classes, total, out=even, where=total > 0)
    return even


def _rates(votes: _Votes, posterior: Floats, believed: Floats) -> Floats:
    """How often each annotator gives each answer where each class is true."""
    counts = np.tile(believed.T, (votes.annotators, 1, 1))
    np.add.at(counts, (votes.annotator, votes.answer), posterior[votes.item])
    counts = counts.transpose(0, 2, 1)
    return np.asarray(counts / counts.sum(axis=2, keepdims=True))


def _expect(votes: _Votes, prior: Floats, rates: Floats) -> tuple[Floats, Floats]:
    """The posterior under the rates, and the log-likelihood of the votes on each item."""
    log = np.log(prior) + _log_likelihoods(votes, rates)
    peak = log.max(axis=1, keepdims=True)
    weights = np.exp(log - peak)
    total = weights.sum(axis=1, keepdims=True)
    return weights / total, (np.log(total) + peak)[:, 0]


def _log_likelihoods(votes: _Votes, rates: Floats) -> Floats:
    """The log-likelihood of the votes on each item under each class, `(items, classes)`."""
    log = np.zeros((votes.items, rates.shape[1]))
    np.add.at(log, votes.item, np.log(rates[votes.annotator, :, votes.answer]))
    return log
