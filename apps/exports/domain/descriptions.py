"""Error_Description in SynAnno's files: one text for what are categories and a note here.

SynAnno has one key, polaritySwitch, for swapped polarity and (since April 2025) for imaging
artifacts; here they are two categories.
"""

from __future__ import annotations

from collections.abc import Sequence

from apps.proofreading.domain import CANNOT_JUDGE, STANDARD_CATEGORIES, Label

NO_ERROR = "None"
FALSE_NEGATIVE = "False Negative"  # a synapse that the table missed
IMAGING_ARTIFACT = ("imagingArtifact", "Imaging artifact")
POLARITY_SWITCH = "polaritySwitch"
_KEYS = tuple(key for key, _ in STANDARD_CATEGORIES)


def describe_error(categories: Sequence[str], note: str) -> str:
    """An Error_Description: the categories, then what was written, or "None"."""
    keys = (POLARITY_SWITCH if key == IMAGING_ARTIFACT[0] else key for key in categories)
    named = ", ".join(keys)
    return ": ".join(part for part in (named, note) if part) or NO_ERROR


def split_error(description: str, known: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """The categories and the note of an Error_Description: what `describe_error` put together.

    `known` are the keys that name categories; any other text is a note.
    """
    if description in ("", NO_ERROR):
        return (), ""
    named, _, note = description.partition(": ")
    categories = tuple(named.split(", "))
    in_order = tuple(key for key in known if key in categories)
    if categories == in_order and describe_error(categories, note) == description:
        return categories, note
    return (), description


def read_error(description: str, label: Label) -> tuple[tuple[str, ...], str]:
    """The categories and the note of an Error_Description of something with this label, by the keys
    of SynAnno; what cannot be judged is unsure."""
    known = (*_KEYS, CANNOT_JUDGE) if label is Label.UNSURE else _KEYS
    return split_error(description, known)


def names_polarity(description: str, label: Label) -> bool:
    """Whether it names polaritySwitch as a category."""
    return POLARITY_SWITCH in read_error(description, label)[0]
