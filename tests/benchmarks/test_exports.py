"""The bench of exports fills campaigns that can be exported, and holds its goals against the
largest."""

from __future__ import annotations

from pathlib import Path

import pytest

from apps.exports.models import Export
from benchmarks import exports, exports_work
from benchmarks.table_files import write_synapses, write_volumes


@pytest.mark.django_db(transaction=True)
def test_a_campaign_is_filled_and_written(tmp_path: Path) -> None:
    volumes = write_volumes(tmp_path / "volumes")
    tables = [str(write_synapses(tmp_path / "bench.csv", 250))]
    [campaign] = exports_work.fill(volumes, tables)["campaigns"]
    formats = [*exports.TOGETHER, exports.SEGMENTATION]
    figures = exports_work.export(campaign, str(tmp_path / "out"), formats)
    assert all(figures[f"{form}, instances/s"] > 0 for form in formats)
    [written] = Export.objects.all()
    assert written.counts["verdict"] == {"correct": 200, "incorrect": 50}
    notes = {one["format"]: one["notes"] for one in written.files}
    assert notes["segmentation"]["instances"] == 3
    assert notes["annotations"]["lines"] == 250


def test_goals_are_held_against_the_largest() -> None:
    def figures(each_s: float, peak: float) -> dict[str, float]:
        return {"instances/s": each_s, "peak memory, MB": peak}

    result = exports.as_result(
        {1_000: figures(10, 200), 10_000: figures(600, 210), 100_000: figures(500, 501)}
    )
    assert [(goal.what, goal.figure, goal.holds) for goal in result.goals] == [
        ("peak memory of the writing process, MB, 100,000 instances", 501, False),
        ("time an instance, 100,000 / 10,000 instances", 1.2, True),
    ]
