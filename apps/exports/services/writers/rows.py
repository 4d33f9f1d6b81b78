"""Rows of results, made of outcomes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from apps.datasets.domain.viewer_state import middle_nm
from apps.datasets.models import SynapseTable
from apps.exports.domain.columns import COLUMNS, Column, ResultPoint, ResultRow, Value
from apps.exports.services.writers.base import Wanted
from apps.exports.services.writers.people import names_of, people_in
from apps.revision.selectors import Outcome, PointOutcome

Cell = Value


class Rows:
    """Makes rows of outcomes, a cell for each of `columns`."""

    columns: Sequence[Column] = COLUMNS

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._campaign = wanted.campaign
        self._tables = {wanted.campaign.table_id: wanted.campaign.table}

    def of(self, part: Sequence[Outcome]) -> Iterator[tuple[Cell, ...]]:
        """The rows of a part; people are read once for all of it."""
        names = names_of(people_in(part), self._wanted)
        for outcome in part:
            row = self._row(outcome, names)
            yield tuple(column.read(row) for column in self.columns)

    def _row(self, outcome: Outcome, names: Mapping[int, str]) -> ResultRow:
        instance, judged, revised = outcome.instance, outcome.judged, outcome.revised
        table = self._table(instance.table_id)
        final = outcome.final
        return ResultRow(
            instance_id=instance.pk,
            source_id=instance.source_id,
            table=table.name,
            table_version=table.version,
            campaign_id=self._campaign.pk,
            campaign_version=outcome.version,
            index=None if outcome.item is None else outcome.item.position,
            page=outcome.page_number,
            is_added=outcome.added is not None,
            centre=instance.center,
            centre_nm=middle_nm(instance.center, self._campaign.table.resolution),
            pre=_point(outcome.pre, names),
            post=_point(outcome.post, names),
            pre_root_id=instance.pre_root_id,
            post_root_id=instance.post_root_id,
            score=instance.score,
            size=instance.size,
            state=final.state.value,
            verdict=None if final.label is None else final.label.value,
            categories=final.categories,
            judged=None if judged.label is None else judged.label.value,
            p_correct=judged.p_correct,
            votes=judged.votes,
            by_expert=judged.by_expert,
            annotators=tuple(names[one] for one in judged.people if one in names),
            note=judged.note,
            judged_at=judged.at,
            decision=None if revised is None else revised.decision.value,
            decision_note="" if revised is None else revised.note,
            decided_by=None if revised is None else names.get(revised.by),
            decided_at=None if revised is None else revised.at,
            drawn_slices=len(outcome.drawn),
        )

    def _table(self, table_id: int) -> SynapseTable:
        """That of the campaign, or of the synapses that were added to it; each is read once."""
        if table_id not in self._tables:
            self._tables[table_id] = SynapseTable.objects.get(pk=table_id)
        return self._tables[table_id]


def _point(point: PointOutcome | None, names: Mapping[int, str]) -> ResultPoint | None:
    if point is None:
        return None
    by = None if point.by is None else names.get(point.by)
    return ResultPoint(point.voxel, point.nm, point.segment, point.origin, by, point.at)
