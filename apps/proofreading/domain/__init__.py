"""Rules of proofreading, free of any framework."""

from apps.proofreading.domain.dawid_skene import dawid_skene
from apps.proofreading.domain.labels import DEFAULT_LABEL, STANDARD_CATEGORIES, Label
from apps.proofreading.domain.quality import measure_quality
from apps.proofreading.domain.settling import (
    ADAPTIVE_MOST_VOTES,
    ADAPTIVE_THRESHOLDS,
    ADAPTIVE_VOTES,
    CLASSES,
    UNMEASURED,
    Policy,
    PolicyError,
    Quality,
    Redundancy,
    Rule,
    Settlement,
    State,
    Vote,
    settle,
)

__all__ = [
    "ADAPTIVE_MOST_VOTES",
    "ADAPTIVE_THRESHOLDS",
    "ADAPTIVE_VOTES",
    "CLASSES",
    "DEFAULT_LABEL",
    "STANDARD_CATEGORIES",
    "UNMEASURED",
    "Label",
    "Policy",
    "PolicyError",
    "Quality",
    "Redundancy",
    "Rule",
    "Settlement",
    "State",
    "Vote",
    "dawid_skene",
    "measure_quality",
    "settle",
]
