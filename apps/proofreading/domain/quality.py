"""What the votes of a campaign say of its annotators."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from apps.proofreading.domain.dawid_skene import dawid_skene
from apps.proofreading.domain.labels import Label
from apps.proofreading.domain.settling import CLASSES, UNMEASURED, Quality

# How many votes a newcomer's usual rates weigh. It also keeps "correct" and "incorrect" from
# changing places in the fit, which nothing else decides where most votes are wrong.
BELIEF = 4.0


def measure_quality(
    votes: Sequence[tuple[Hashable, Hashable, Label]],
    known: Mapping[Hashable, Label] | None = None,
) -> Quality:
    """The quality of everybody who voted, by Dawid-Skene over `(item, annotator, label)`.

    `known` are the answers of gold items; how often each class occurs is measured without them,
    for somebody chose them. Without votes it is the quality of nobody in particular.
    """
    if not votes:
        return UNMEASURED
    believed = {
        truth: {answer: BELIEF * rate for answer, rate in answers.items()}
        for truth, answers in UNMEASURED.usual.items()
    }
    posteriors, rates = dawid_skene(votes, classes=CLASSES, smoothing=believed, known=known)
    found = [posterior for item, posterior in posteriors.items() if item not in (known or {})]
    prior = {
        truth: (sum(each[truth] for each in found) + 1) / (len(found) + len(CLASSES))
        for truth in CLASSES
    }
    return Quality(prior=prior, usual=UNMEASURED.usual, rates=rates)
