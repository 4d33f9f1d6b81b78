"""Reads of revisions, and of what becomes of instances."""

from apps.revision.selectors.outcome_reading import masks_of, outcomes
from apps.revision.selectors.outcome_values import (
    DrawnSlice,
    Judged,
    MaskOfSlice,
    Outcome,
    PointOutcome,
    Revised,
)

__all__ = [
    "DrawnSlice",
    "Judged",
    "MaskOfSlice",
    "Outcome",
    "PointOutcome",
    "Revised",
    "masks_of",
    "outcomes",
]
