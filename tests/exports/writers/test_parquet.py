"""The Parquet file: what it says of an instance, in the types of the field."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.utils import timezone

from apps.campaigns.models import Campaign
from apps.datasets.models import Instance
from apps.exports.domain.columns import COLUMNS
from apps.exports.domain.formats import ExportOptions, Format, People
from apps.exports.gateways import parquet_files
from apps.proofreading.domain import Label
from apps.proofreading.services.settling import count_submitted
from apps.revision.domain import Decision
from apps.revision.models import MarkerCheck
from apps.revision.services.finishing import finish
from apps.revision.services.gathering import gather_all
from tests.exports.writers.written import write
from tests.proofreading.test_cards_discards import BAD_FIT, says
from tests.revision.drawing import draw, set_point
from tests.revision.test_outcomes import add
from tests.support.paper import paper_campaign
from tests.support.people import Team
from tests.support.revisions import roles_of, take_revision

pytestmark = pytest.mark.django_db

NAMED = ExportOptions(people=People.NAMES)


@pytest.fixture
def paper(tmp_path: Path, team: Team) -> Campaign:
    """Seven instances: the first is mended, the second incorrect, the last not judged; and one that
    was added."""
    campaign = paper_campaign(tmp_path, roles_of(team), instances=7)
    Instance.objects.filter(table=campaign.table).update(pre_root_id=2**64 - 3, post_root_id=None)
    says(campaign, team.anna, {0: BAD_FIT, 1: (Label.INCORRECT, ("badFit", "polaritySwitch"))})
    count_submitted(timezone.now())
    gather_all()
    lease = take_revision(campaign, team.ben)
    draw(lease, 7, 2)
    MarkerCheck.objects.create(marker=set_point(lease, "pre", 1, 40), segment=2**63 + 9)
    set_point(lease, "post", 1, None, origin="reset")
    finish(lease, Decision.MENDED, 'the edge, "torn"', timezone.now())
    add(campaign, team.anna, note="a shaft synapse")
    return campaign


def read(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return rows


def test_a_row_says_what_became_of_an_instance(paper: Campaign, team: Team, tmp_path: Path) -> None:
    mended, judged, *_, unjudged, added = read(
        write(paper, Format.PARQUET, tmp_path / "out", options=NAMED)
    )
    instance = paper.items.get(position=0).instance
    assert mended["instance_id"] == instance.pk
    assert [mended[f"centre_{axis}"] for axis in "xyz"] == [*instance.center]
    size = [*paper.table.resolution]
    middles = [(at + 0.5) * nm for at, nm in zip(instance.center, size, strict=True)]
    assert [mended[f"centre_{axis}_nm"] for axis in "xyz"] == middles
    assert (mended["pre_x"], mended["pre_x_nm"], mended["pre_segment"]) == (40, 40.0, 2**63 + 9)
    assert (mended["pre_origin"], mended["pre_by"]) == ("set", "ben")
    assert mended["post_x"] is None
    assert (mended["pre_root_id"], mended["post_root_id"]) == (2**64 - 3, None)
    assert (mended["state"], mended["verdict"], mended["judged"]) == (
        *("mended", "correct"),
        "incorrect",
    )
    assert (mended["decision"], mended["decision_note"]) == ("mended", 'the edge, "torn"')
    assert mended["decided_by"] == "ben"
    assert abs(mended["decided_at"] - timezone.now()) < timedelta(hours=1)
    assert mended["decided_at"].utcoffset() == timedelta(0)
    assert mended["drawn_slices"] == 1
    assert (judged["categories"], judged["p_correct"], judged["votes"]) == (
        ["badFit", "polaritySwitch"],
        0.0,
        1,
    )
    assert (unjudged["verdict"], unjudged["p_correct"], unjudged["index"]) == (None, None, 6)
    assert (added["is_added"], added["index"], added["page"], added["note"]) == (
        *(True, None, None),
        "a shaft synapse",
    )
    assert added["annotators"] == ["anna"]
    assert (added["table"], added["table_version"]) == (paper.table.name, paper.table.version)


def test_columns_have_the_types_and_units_that_are_told(paper: Campaign, tmp_path: Path) -> None:
    schema = pq.read_schema(write(paper, Format.PARQUET, tmp_path / "out"))
    assert schema.names == [column.name for column in COLUMNS]
    assert schema.field("pre_segment").type == pa.uint64()
    assert schema.field("judged_at").type == pa.timestamp("us", tz="UTC")
    assert schema.field("categories").type == pa.list_(pa.string())
    assert schema.field("centre_x_nm").metadata[b"unit"] == b"nm"
    assert all(field.metadata[b"description"] for field in schema)


def test_it_says_the_same_as_the_csv(paper: Campaign, tmp_path: Path) -> None:
    rows = read(write(paper, Format.PARQUET, tmp_path / "parquet", options=NAMED))
    path = write(paper, Format.CSV, tmp_path / "csv", options=NAMED)
    with path.open(newline="") as file:
        told = [*csv.DictReader(file)]
    assert len(told) == len(rows) == 8
    for row, cells in zip(rows, told, strict=True):
        assert list(row) == list(cells)
        for name in ("instance_id", "pre_segment", "pre_root_id", "centre_z_nm", "verdict"):
            assert cells[name] == ("" if row[name] is None else str(row[name])), name


def test_parts_become_groups_and_none_is_lost(
    paper: Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_files, "ROWS_A_GROUP", 3)
    small = write(paper, Format.PARQUET, tmp_path / "small", a_part=1)
    whole = write(paper, Format.PARQUET, tmp_path / "whole", a_part=50)
    assert read(small) == read(whole)
    file = pq.ParquetFile(small).metadata
    assert [file.row_group(n).num_rows for n in range(file.num_row_groups)] == [3, 3, 2]
    assert small.read_bytes() == whole.read_bytes(), "made again it is the same file"


def test_a_campaign_of_which_nothing_is_wanted_gives_a_table_without_rows(
    paper: Campaign, tmp_path: Path
) -> None:
    parquet_files.write_rows(tmp_path / "part", COLUMNS, [])
    parquet_files.join_rows(tmp_path / "all", COLUMNS, [tmp_path / "part"])
    assert pq.read_table(tmp_path / "all").num_rows == 0
    assert pq.read_schema(tmp_path / "all").names == [column.name for column in COLUMNS]


def test_nobody_is_named_unless_asked(paper: Campaign, team: Team, tmp_path: Path) -> None:
    nobody = read(write(paper, Format.PARQUET, tmp_path / "nobody"))
    assert {(*row["annotators"], row["pre_by"], row["decided_by"]) for row in nobody} == {
        (None, None)
    }
    pseudonyms = ExportOptions(people=People.PSEUDONYMS)
    told = read(write(paper, Format.PARQUET, tmp_path / "pseudonyms", options=pseudonyms))
    assert told[0]["decided_by"] == told[0]["pre_by"]
    assert "ben" not in str(told)
