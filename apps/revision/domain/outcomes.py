"""What becomes of an instance, from what its verdicts come to and what a reviser decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from apps.proofreading.domain import FALSE_POSITIVE, Label
from apps.revision.domain import Decision


class FinalState(StrEnum):
    """Where an instance stands."""

    UNJUDGED = "unjudged"
    WAITING = "waiting"  # for more votes; its label is what was said so far
    DISPUTED = "disputed"
    SETTLED = "settled"
    DISCARDED = "discarded"
    ADDED = "added"  # by somebody, and not mended yet
    MENDED = "mended"
    FINE = "fine"
    NO_SYNAPSE = "no_synapse"
    UNMENDABLE = "unmendable"


@dataclass(frozen=True)
class Final:
    """What an instance is. No label where nobody has judged it yet."""

    state: FinalState
    label: Label | None
    categories: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decided:
    """What a reviser said of it, and when."""

    decision: Decision
    at: datetime


def final_of(
    judged: Final,
    judged_at: datetime | None,
    decided: Decided | None,
    *,
    by_expert: bool = False,
) -> Final:
    """A decision is the last word, but for what came after it: that the instance was discarded,
    settled as correct, or settled by an expert. `judged_at` is when it was discarded or settled so.

    What is mended or was fine is correct, and has no errors any more; what is no synapse is a false
    positive; what cannot be mended is what it was.
    """
    if decided is None:
        return judged
    is_later = judged_at is not None and judged_at > decided.at
    if is_later and _may_overrule(judged, by_expert):
        return judged
    state = FinalState(decided.decision.value)
    if decided.decision in (Decision.MENDED, Decision.FINE):
        return Final(state, Label.CORRECT)
    if decided.decision is Decision.NO_SYNAPSE:
        return Final(state, Label.INCORRECT, (FALSE_POSITIVE,))
    return Final(state, judged.label, judged.categories)


def _may_overrule(judged: Final, by_expert: bool) -> bool:
    """Votes that call it incorrect again say what the reviser knew."""
    if judged.state is FinalState.DISCARDED:
        return True
    return judged.state is FinalState.SETTLED and (by_expert or judged.label is Label.CORRECT)
