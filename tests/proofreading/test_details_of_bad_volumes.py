"""A page some of whose instances cannot be shown: each says what is wrong and why, the others come,
and the page can be submitted honestly."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis

from apps.campaigns.models import Campaign
from apps.campaigns.services.rendering import render_items
from apps.datasets.gateways.volumes import forget_readers
from apps.datasets.models import Instance, Volume
from apps.proofreading.domain import CANNOT_JUDGE
from apps.proofreading.models import Verdict
from apps.voxels.frames import Frame
from tests.datasets.volumes.stored import served
from tests.support.campaigns import make_campaign, make_table
from tests.support.people import Team
from tests.support.volumes import PhantomFiles
from tests.support.work import client_of, labels_of, lease, post, verdict

pytestmark = pytest.mark.django_db

MIP = "8_8_32"


@pytest.fixture
def files(phantom_files: PhantomFiles, tmp_path: Path, redis_client: redis.Redis) -> PhantomFiles:
    forget_readers()
    return phantom_files.copy_to(tmp_path / "volumes")


def tiles(campaign: Campaign, team: Team) -> tuple[dict[str, Any], list[Frame]]:
    page, *frames = lease(client_of(team.anna), campaign)
    assert len(frames) == 6
    return dict(page.header), frames


def sentences(frames: list[Frame]) -> list[str]:
    return [one.header["sentence"] for one in frames if one.header["part"] == "unreadable"]


def test_a_volume_that_answers_403_is_told_and_the_page_is_submitted(
    files: PhantomFiles, team: Team
) -> None:
    """Nothing of the clefts comes; the images of no tile are shown without them."""
    with served(files.folder) as server:
        behind = replace(files, cleft=f"precomputed://{server.address}/cleft")
        table = make_table(behind)
        server.forbidden = f"/cleft/{MIP}/"
        page, frames = tiles(make_campaign(table, team), team)
    told = sentences(frames)
    assert len(told) == 6
    for one in told:
        assert one.startswith("The cleft volume near (")
        assert "cannot be read: its server refuses access (status 403)." in one
        assert server.address not in one
    items = [tile["item"] for tile in page["tiles"]]
    said = [verdict(one, "unsure", categories=[CANNOT_JUDGE]) for one in items]
    body = {"verdicts": said, "labels": labels_of(page, dict.fromkeys(items, "unsure"))}
    assert post(client_of(team.anna), page["lease"]["submit_url"], body).status_code == 200
    assert Verdict.objects.filter(categories__key=CANNOT_JUDGE).count() == 6


def remove(chunk: Path) -> None:
    chunk.unlink()


def damage(chunk: Path) -> None:
    chunk.write_bytes(gzip.compress(gzip.decompress(chunk.read_bytes())[:100]))


@pytest.mark.parametrize(
    ("spoil", "why"),
    [(remove, "a part of it is not stored"), (damage, "a part of it is damaged")],
)
def test_what_lies_on_a_bad_chunk_is_marked_and_the_others_come(
    files: PhantomFiles, team: Team, spoil: Callable[[Path], None], why: str
) -> None:
    table = make_table(files)
    first = min((files.folder / "image" / MIP).iterdir(), key=lambda chunk: chunk.name)
    spoil(first)
    _, frames = tiles(make_campaign(table, team), team)
    told = sentences(frames)
    assert 0 < len(told) < 6
    assert all(one.startswith("The image volume near (") and why in one for one in told)


def remarks(frame: Frame) -> dict[str, str]:
    return {one["kind"]: one["sentence"] for one in frame.header["remarks"]}


def place(campaign: Campaign, number: int, x: int) -> None:
    """Put an instance elsewhere, as no import would."""
    item = campaign.items.order_by("position")[number]
    Instance.objects.filter(pk=item.instance_id).update(
        center_x=x, box_lo_x=x, box_hi_x=x + 1, pre_x=x, post_x=x
    )


def test_what_lies_outside_the_volume_is_told_and_the_others_come(
    campaign: Campaign, team: Team
) -> None:
    width = Volume.objects.get(kind=Volume.Kind.IMAGE).hi_x
    for number, x in enumerate((width + 5000, width + 10, width - 10)):
        place(campaign, number, x)
    render_items([item.pk for item in campaign.items.order_by("position")[:6]])
    _, frames = tiles(campaign, team)
    far, outside, border = frames[:3]
    assert far.header["part"] == "unreadable"
    assert far.header["sentence"].startswith(
        f"This synapse lies outside the image volume: it is near ({width + 5000}, "
    )
    assert far.header["retry_after_s"] == 300
    assert remarks(outside)["outside"].startswith("This synapse lies outside the image;")
    assert remarks(border)["border"].startswith("The image ends within this cutout;")
    assert all(frame.header["part"] == "middle" for frame in frames[1:])


def test_a_cutout_without_a_mask_says_so(files: PhantomFiles, team: Team) -> None:
    table = make_table(files)
    Volume.objects.filter(kind=Volume.Kind.CLEFT).update(is_sparse=True)
    for chunk in (files.folder / "cleft" / MIP).iterdir():
        chunk.unlink()
    _, frames = tiles(make_campaign(table, team), team)
    told = {"no mask": "There is no mask: the cleft volume has no label here."}
    for frame in frames:
        assert {kind: one for kind, one in remarks(frame).items() if kind == "no mask"} == told


def test_what_is_as_usual_has_no_remark(files: PhantomFiles, team: Team) -> None:
    table = make_table(files)
    campaign = make_campaign(table, team)
    middle = Volume.objects.get(kind=Volume.Kind.IMAGE)
    inside = [
        frame
        for frame, item in zip(
            tiles(campaign, team)[1],
            campaign.items.select_related("instance").order_by("position"),
            strict=False,
        )
        if 48 <= item.instance.center_x < middle.hi_x - 48
        and 48 <= item.instance.center_y < middle.hi_y - 48
        and 3 <= item.instance.center_z < middle.hi_z - 3
    ]
    assert inside
    assert all(frame.header["remarks"] == [] for frame in inside)
