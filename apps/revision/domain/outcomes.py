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


def final_of(judged: Final, settled_at: datetime | None, decided: Decided | None) -> Final:
    """A decision is the last word, but for what came after it: that the instance was discarded, or
    settled as correct.

    What is mended or was fine is correct, and has no errors any more; what is no synapse is a false
    positive; what cannot be mended is what it was.
    """
    if decided is None or judged.state is FinalState.DISCARDED:
        return judged
    is_later = settled_at is not None and settled_at > decided.at
    if is_later and judged.state is FinalState.SETTLED and judged.label is Label.CORRECT:
        return judged
    state = FinalState(decided.decision.value)
    if decided.decision in (Decision.MENDED, Decision.FINE):
        return Final(state, Label.CORRECT)
    if decided.decision is Decision.NO_SYNAPSE:
        return Final(state, Label.INCORRECT, (FALSE_POSITIVE,))
    return Final(state, judged.label, judged.categories)
