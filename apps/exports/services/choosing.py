"""Which outcomes an export holds."""

from __future__ import annotations

from apps.exports.domain.formats import Discarded, ExportOptions, Unjudged
from apps.revision.domain.outcomes import FinalState
from apps.revision.selectors import Outcome


def is_wanted(outcome: Outcome, options: ExportOptions) -> bool:
    """Whether it is in all formats of an export, or in none."""
    state = outcome.final.state
    if state is FinalState.DISCARDED:
        return options.discarded is Discarded.KEEP
    if outcome.final.label is None:
        return options.unjudged is Unjudged.KEEP
    return True
