"""Rules of proofreading, free of any framework.

`dawid_skene` and `quality` beside it need numpy and are imported by themselves: the web
application does without.
"""

from apps.proofreading.domain.kinds import kinds_of
from apps.proofreading.domain.labels import (
    CANNOT_JUDGE,
    CANNOT_JUDGE_TITLE,
    DEFAULT_LABEL,
    FALSE_POSITIVE,
    NO_KIND,
    NO_KIND_TITLE,
    STANDARD_CATEGORIES,
    Label,
)
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
    "CANNOT_JUDGE",
    "CANNOT_JUDGE_TITLE",
    "CLASSES",
    "DEFAULT_LABEL",
    "FALSE_POSITIVE",
    "NO_KIND",
    "NO_KIND_TITLE",
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
    "kinds_of",
    "settle",
]
