"""Two rows of a table at one place have one picture, and each its own label."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import redis

from apps.campaigns.models import Campaign
from apps.proofreading.models import Verdict
from apps.voxels.frames import decode_frames
from tests.support.campaigns import make_campaign, make_table
from tests.support.people import Team
from tests.support.volumes import PhantomFiles, write_table
from tests.support.work import client_of, labels_of, lease, post, verdict


@pytest.fixture
def campaign(
    phantom_files: PhantomFiles, team: Team, tmp_path: Path, redis_client: redis.Redis
) -> Campaign:
    """The second row of its table is the first one again."""
    files = phantom_files.copy_to(tmp_path / "twins")
    with files.table.open(newline="") as file:
        rows = [{key: int(value) for key, value in row.items()} for row in csv.DictReader(file)]
    write_table(files.table, [rows[0], rows[0], *rows[2:]])
    return make_campaign(make_table(files), team)


def test_both_come_with_the_picture_and_are_judged_apart(campaign: Campaign, team: Team) -> None:
    anna = client_of(team.anna)
    page, *middles = lease(anna, campaign)
    first, second = page.header["tiles"][:2]
    assert first["cutout"] == second["cutout"]
    assert first["item"] != second["item"]
    assert [frame.header["part"] for frame in middles] == ["middle"] * 6
    assert {tile["cutout"] for tile in page.header["tiles"]} == {
        frame.header["key"] for frame in middles
    }
    for name, part in (("tiles", "middle"), ("stacks", "rest")):
        url = page.header["lease"][f"{name}_url"]
        response = anna.get(f"{url}?items={first['item']},{second['item']}")
        frames = list(decode_frames(b"".join(response)))
        assert {frame.header["key"] for frame in frames} == {first["cutout"]}
        assert {frame.header["part"] for frame in frames} == {part}

    said = [verdict(second["item"], "incorrect")]
    seen = labels_of(page.header, {second["item"]: "incorrect"})
    body = {"verdicts": said, "labels": seen}
    assert post(anna, page.header["lease"]["submit_url"], body).json() == {"submitted": True}
    stored = dict(Verdict.objects.values_list("item_id", "label"))
    assert (stored[first["item"]], stored[second["item"]]) == ("correct", "incorrect")
