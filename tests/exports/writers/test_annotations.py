"""The layer of annotations: what is read from it again, however many there are."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
from cloudvolume.datasource.precomputed import mmh3
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.campaigns.models import Campaign
from apps.datasets.domain.viewer_state import middle_nm
from apps.datasets.gateways.tables.annotations import open_annotations
from apps.datasets.models import Instance
from apps.exports.domain import annotation_levels
from apps.exports.domain.annotation_levels import levels_of
from apps.exports.domain.annotation_words import STATES, VERDICTS
from apps.exports.domain.annotations import ROW, Rows, bounds_of, murmur
from apps.exports.domain.formats import Format
from apps.exports.gateways import annotation_shards
from apps.exports.gateways.annotation_layer import write_layer
from apps.exports.gateways.export_folder import size_of
from apps.exports.gateways.zip_files import zip_folder
from apps.exports.services.writers.annotations import AnnotationsWriter
from apps.proofreading.domain import Label
from apps.revision.domain.outcomes import FinalState
from apps.revision.models import MarkerCheck
from apps.revision.selectors import outcomes
from apps.voxels.geometry import Resolution
from tests.exports.writers.written import write
from tests.revision.drawing import set_point
from tests.revision.test_additions import FAR, add, seen
from tests.support.people import Team
from tests.support.revisions import take_revision, to_mend

SIZE = Resolution(8, 4, 33)
NAMED = ("pre_segment", "post_segment")
Read = dict[int, dict[str, Any]]


def read(folder: Path, *, related: bool = True) -> Read:
    """By id, what the server's own reader of annotations finds: with the segments, from the index
    by id; without, from the cells."""
    table = open_annotations(f"file://{folder}")
    names = [*table.columns] if related else [n for n in table.columns if n not in NAMED]
    rows = [row for batch in table.batches(names) for row in batch.arrow.table.to_pylist()]
    found = {row["id"]: {name: row[name] for name in names} for row in rows}
    assert len(found) == len(rows), "each is found once"
    return found


def some_rows(count: int, seed: int, reach: float = 20.0) -> Rows:
    random = np.random.default_rng(seed)
    rows = np.zeros(count, ROW)
    rows["id"] = random.permutation(3 * count)[:count] + 70_000
    rows["at"][:, 0] = random.uniform(-50, 5_000, (count, 3))
    rows["at"][:, 1] = rows["at"][:, 0] + random.uniform(-reach, reach, (count, 3))
    rows["verdict"] = random.integers(0, len(VERDICTS), count)
    rows["state"] = random.integers(0, len(STATES), count)
    rows["p_correct"] = random.random(count)
    rows["votes"] = random.integers(0, 2**16, count)
    segments = np.array([0, 1, 2**53 + 1, 2**64 - 2, 720575940379283214, 5], np.uint64)
    for name in NAMED:
        rows[name] = random.choice(segments, count)
    return rows


def told(rows: Rows) -> Read:
    """As `read` tells it."""
    found = {}
    for row in rows:
        nm = row["at"].astype(np.float64) * [*SIZE]
        ends = {
            f"{end}_{axis}": nm[place, n]
            for place, end in enumerate("ab")
            for n, axis in enumerate("xyz")
        }
        plain = {name: row[name].item() for name in ("verdict", "state", "votes", "p_correct")}
        segments = {name: int(row[name]) or None for name in NAMED}
        found[int(row["id"])] = {"id": int(row["id"])} | ends | plain | segments
    return found


def assert_alike(found: Read, expected: Read) -> None:
    assert found.keys() == expected.keys()
    for one, row in found.items():
        assert row == {name: pytest.approx(expected[one][name]) for name in row}


@settings(max_examples=25)
@given(st.integers(0, 30), st.integers(0, 99), st.sampled_from([0.0, 20.0, 3_000.0]))
def test_what_is_read_is_what_was_written_however_it_is_laid_out(
    count: int, seed: int, reach: float
) -> None:
    rows = some_rows(count, seed, reach)
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(annotation_levels, "LIMIT", 5)
        patch.setattr(annotation_shards, "_ROWS_A_SHARD", 7)
        for few in (count, 0) if count else (0,):
            folder = Path(name) / str(few)
            write_layer(folder, rows, SIZE, lambda: None, few)
            if count:
                assert_alike(read(folder), told(rows))
                assert_alike(read(folder, related=False), told(rows))


def test_a_layer_of_nothing_is_one_that_neuroglancer_can_read(tmp_path: Path) -> None:
    write_layer(tmp_path / "layer", some_rows(0, 1), SIZE, lambda: None)
    info = json.loads((tmp_path / "layer" / "info").read_text(), parse_constant=pytest.fail)
    assert info["lower_bound"] == info["upper_bound"] == [0, 0, 0]


def test_a_layer_takes_no_more_room_than_is_looked_for_and_may_be_given_up(
    tmp_path: Path,
) -> None:
    rows, asked = some_rows(3_000, 2, 500.0), []
    write_layer(tmp_path / "layer", rows, SIZE, lambda: asked.append(1))
    zip_folder(tmp_path / "all.zip", tmp_path / "layer", top="annotations", go_on=lambda: None)
    assert size_of([tmp_path]) <= AnnotationsWriter.growth * rows.nbytes
    assert len(asked) >= len([*(tmp_path / "layer").rglob("*.shard")]) > 3


def test_many_lie_in_cells_that_are_not_too_full_and_each_in_one_level(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(annotation_levels, "LIMIT", 500)
    rows = some_rows(20_000, 3)
    at = rows["at"]
    low, high = at.min(axis=1), at.max(axis=1)
    lower, upper = bounds_of(rows)
    levels = [*levels_of(low, high, lower, upper)]
    assert len(levels) > 2
    assert levels[0].grid == (1, 1, 1)
    seen = np.zeros(len(rows), np.int64)
    for level in levels:
        cell_of = {(line, *cell) for line, *cell in np.c_[level.lines, level.cells].tolist()}
        assert len(cell_of) == len(level.lines), "no line twice in a cell"
        counts = np.unique(level.cells, axis=0, return_counts=True)[1]
        assert counts.max() <= level.limit < 1.2 * 500
        lines = np.unique(level.lines)
        seen[lines] += 1
        for line in lines[:200].tolist():
            first, last = (
                np.clip(np.floor((end[line] - lower) / level.size), 0, np.array(level.grid) - 1)
                for end in (low, high)
            )
            reached = np.ndindex(*(last - first + 1).astype(int))
            for step in reached:
                assert (line, *(first.astype(int) + step).tolist()) in cell_of
    assert (seen == 1).all(), "each is in one level"


def test_lines_as_long_as_the_volume_do_not_fill_all_cells() -> None:
    rows = some_rows(9_000, 5, reach=50_000.0)
    at = rows["at"]
    levels = [*levels_of(at.min(axis=1), at.max(axis=1), *bounds_of(rows))]
    assert sum(len(level.lines) for level in levels) <= 5 * len(rows)


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=20))
def test_shards_are_found_by_the_hash_that_readers_take(ids: list[int]) -> None:
    keys = np.array(ids, np.uint64)
    expected = [mmh3.hash64(key.tobytes(), x64arch=False)[0] % 2**64 for key in keys]
    assert murmur(keys).tolist() == expected


def test_words_of_properties_are_those_of_outcomes() -> None:
    assert {*STATES} == {state.value for state in FinalState}
    assert {*VERDICTS} == {"none", *(label.value for label in Label)}


@pytest.fixture
def paper(db: None, tmp_path: Path, team: Team) -> Campaign:
    """Of the first, a point was set and the other taken away; one was added."""
    campaign = to_mend(tmp_path, team)
    Instance.objects.filter(table=campaign.table).update(pre_root_id=2**64 - 3, post_root_id=9)
    lease = take_revision(campaign, team.ben)
    MarkerCheck.objects.create(marker=set_point(lease, "pre", 1, 40), segment=2**63 + 9)
    set_point(lease, "post", 1, None, origin="reset")
    add(campaign, team.anna, seen(FAR))
    return campaign


@pytest.mark.parametrize("few", [0, 1_000])
def test_a_line_leads_from_the_presynaptic_to_the_postsynaptic_point(
    paper: Campaign, tmp_path: Path, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_layer, "__defaults__", (few,))
    target = write(paper, Format.ANNOTATIONS, tmp_path / "out", a_part=2)
    found = read(target / "layer")
    told_of = [*outcomes(paper)]
    assert [*sorted(found)] == sorted(one.instance.pk for one in told_of)
    for one in told_of:
        row = found[one.instance.pk]
        centre = middle_nm(one.instance.center, paper.table.resolution)
        a = one.pre.nm if one.pre else centre
        b = one.post.nm if one.post else centre
        assert [row[f"a_{axis}"] for axis in "xyz"] == pytest.approx([*a])
        assert [row[f"b_{axis}"] for axis in "xyz"] == pytest.approx([*b])
        label = one.final.label
        assert VERDICTS[row["verdict"]] == ("none" if label is None else label.value)
        assert STATES[row["state"]] == one.final.state.value
        assert row["votes"] == one.judged.votes
        p_correct = one.judged.p_correct
        assert row["p_correct"] == pytest.approx(-1.0 if p_correct is None else p_correct)
        assert row["pre_segment"] == (one.pre.segment if one.pre else None)
        assert row["post_segment"] == (one.post.segment if one.post else None)
    notes = json.loads((target / "notes.json").read_text())
    assert notes["lines"] == len(told_of)
    with ZipFile(target / "annotations.zip") as zipped:
        assert zipped.read("annotations/info") == (target / "layer" / "info").read_bytes()
    again = write(paper, Format.ANNOTATIONS, tmp_path / "again", a_part=50)
    assert [
        (path.name, path.read_bytes()) for path in sorted(again.rglob("*")) if path.is_file()
    ] == [(path.name, path.read_bytes()) for path in sorted(target.rglob("*")) if path.is_file()]
