"""Outcomes in the words of the mapping, and who said them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from apps.cave_sync.domain.mapping import Said
from apps.datasets.domain.viewer_state import middle_nm
from apps.revision.selectors import Outcome
from apps.voxels.geometry import Resolution


@dataclass(frozen=True)
class Provenance:
    """Who said what a row says, when, and under which version of the campaign."""

    outcome: str
    people: tuple[int, ...]
    said_at: datetime | None
    version: int


def said_of(outcome: Outcome, resolution: Resolution) -> Said:
    """What the mapping needs of an outcome; `resolution` is that of the campaign's table."""
    instance, final, judged = outcome.instance, outcome.final, outcome.judged
    return Said(
        instance=instance.pk,
        source_id=instance.source_id,
        state=final.state.value,
        label=None if final.label is None else final.label.value,
        categories=final.categories,
        judged_label=None if judged.label is None else judged.label.value,
        judged_categories=judged.categories,
        is_added=outcome.added is not None,
        center_nm=middle_nm(instance.center, resolution),
        pre_nm=None if outcome.pre is None else outcome.pre.nm,
        post_nm=None if outcome.post is None else outcome.post.nm,
        size=instance.size,
        score=instance.score,
        p_correct=judged.p_correct,
        votes=judged.votes,
    )


def provenance_of(outcome: Outcome) -> Provenance:
    """All who had a part in what it is now: judges, revisers, and those who set its points."""
    people = list(outcome.judged.people)
    times = [outcome.judged.at]
    if outcome.revised is not None:
        people.append(outcome.revised.by)
        times.append(outcome.revised.at)
    for point in (outcome.pre, outcome.post):
        if point is not None and point.by is not None:
            people.append(point.by)
            times.append(point.at)
    return Provenance(
        outcome=outcome.final.state.value,
        people=tuple(dict.fromkeys(people)),
        said_at=max((at for at in times if at is not None), default=None),
        version=outcome.version,
    )
