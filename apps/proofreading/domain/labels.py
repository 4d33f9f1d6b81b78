"""The labels and error categories of proofreading."""

from __future__ import annotations

from enum import StrEnum


class Label(StrEnum):
    """What an annotator says of an instance."""

    CORRECT = "correct"
    INCORRECT = "incorrect"
    UNSURE = "unsure"


DEFAULT_LABEL = Label.CORRECT  # an instance starts as correct, as in SynAnno

FALSE_POSITIVE = "falsePositive"  # no synapse at all: what can be discarded

# SynAnno's error categories: the key in its files, and how it is shown.
STANDARD_CATEGORIES: tuple[tuple[str, str], ...] = (
    (FALSE_POSITIVE, "False positive"),
    ("badFit", "Mask does not fit"),
    ("polaritySwitch", "Pre and post swapped"),
)

# Built into every campaign, with `unsure` alone: what is to be judged cannot be seen.
CANNOT_JUDGE = "cannotJudge"
CANNOT_JUDGE_TITLE = "Cannot be judged"

NO_KIND = ""  # stands for a kind of error where nobody named one
NO_KIND_TITLE = "No kind named"
