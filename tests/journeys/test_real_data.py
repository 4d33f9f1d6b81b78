"""From arrays of real tissue to a finished campaign and its file, the way a laboratory goes it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import redis
from django.core.management import call_command
from django.test import Client

from apps.campaigns.models import Campaign, Item
from apps.campaigns.selectors import items_of_page, requests_of
from apps.campaigns.services.rendering import prepare_campaign
from apps.datasets.services.cutouts import await_frames
from apps.voxels.cutouts import crop_box
from apps.voxels.frames import Frame, decode_frames
from apps.voxels.geometry import Box, Point
from apps.voxels.masks import nearest_component
from apps.voxels.padding import IMAGE_PADDING
from tests.real_data import (
    PATCH_CHUNK,
    Cube,
    Prototype,
    RealDataset,
    needs_real_data,
    write_fib25,
    write_prototype,
)
from tests.support.people import Team
from tests.support.tiles import decode_tile
from workers.campaigns import render_items

JPEG_ERROR = 4.0  # mean difference in gray levels that compression may make


@dataclass(frozen=True)
class Seen:
    """A tile as an annotator got it: the number of its row, and its frames."""

    row: int
    middle: Frame
    rest: Frame


def open_by_commands(data: RealDataset, crop: tuple[int, int, int]) -> Campaign:
    """Create the dataset and open the campaign as at the command line."""
    volumes = [word for kind, address in data.volumes.items() for word in (f"--{kind}", address)]
    quiet = io.StringIO()
    call_command("create_dataset", "real", *volumes, "--table", str(data.table), stdout=quiet)
    call_command(
        *("open_campaign", "Real", "--dataset", "real", "--manager", "manager"),
        *("--annotator", "anna", "ben", "--crop", *map(str, crop)),
        stdout=quiet,
    )
    campaign = Campaign.objects.get(name="Real")
    prepare_campaign(campaign.pk)
    campaign.refresh_from_db()
    assert campaign.status == Campaign.Status.OPEN
    return campaign


def work_through(campaign: Campaign, client: Client) -> Iterator[Seen]:
    """Lease, look at and submit every page; its tiles are rendered by the workers' own jobs."""
    for page in campaign.pages.order_by("number"):
        items = items_of_page(page)
        render_items(item_ids=[item.pk for item in items])
        answer = client.post(f"/api/campaigns/{campaign.pk}/lease")
        head, *middles = decode_frames(answer.content)
        assert head.header["page"]["number"] == page.number
        keys = [request.key for request in requests_of(campaign, items)]
        rests = [next(decode_frames(frame)) for frame in await_frames("rest", keys, 0)]
        for item, middle, rest in zip(items, middles, rests, strict=True):
            yield Seen(item.instance.source_id, middle, rest)
        answer = client.post(
            head.header["lease"]["submit_url"],
            data={"verdicts": [], "labels": {str(item.pk): "correct" for item in items}},
            content_type="application/json",
        )
        assert answer.status_code == 200, answer.content


def exported(campaign: Campaign, folder: Path) -> list[dict[str, Any]]:
    call_command("export", campaign.name, "--output", str(folder), stdout=io.StringIO())
    records: list[dict[str, Any]] = json.loads((folder / "synanno.json").read_text())["Metadata"]
    return records


def cut(array: npt.NDArray[Any], box: Box, beyond: int) -> npt.NDArray[Any]:
    """The box of an array `(z, y, x)` that begins at 0; `beyond` where it ends before the box."""
    spans = list(zip(box.lo[::-1], box.hi[::-1], array.shape, strict=True))
    inside = array[tuple(slice(max(lo, 0), min(hi, size)) for lo, hi, size in spans)]
    around = [(max(-lo, 0), max(hi - size, 0)) for lo, hi, size in spans]
    return np.pad(inside, around, constant_values=beyond)


def check_against(data: RealDataset, seen: Seen, crop: Point) -> None:
    """The pixels are those of the image, and the mask is that of this synapse alone."""
    box = crop_box(data.centers[seen.row], crop)
    image = cut(data.image, box, IMAGE_PADDING).astype(int)
    clefts = cut(data.clefts, box, 0)
    centre = [size // 2 for size in clefts.shape]
    expected = nearest_component(clefts, centre)
    assert (clefts[expected] == data.labels[seen.row]).all()
    shown = np.zeros(crop.z, dtype=bool)
    for frame in (seen.middle, seen.rest):
        slices = frame.header["slices"]
        if not slices:
            continue
        tile = decode_tile(frame, (crop.y, crop.x))
        assert np.abs(tile.gray - image[slices]).mean() < JPEG_ERROR
        assert (tile.mask == expected[slices]).all()
        shown[slices] = True
    assert shown.all()


def place(data: RealDataset, seen: Seen, crop: Point, name: str) -> tuple[int, int, int]:
    """The voxel (z, y, x) that the point of a tile lies in."""
    x, y, z = seen.middle.header["points"][name]
    lo = crop_box(data.centers[seen.row], crop).lo
    return (lo.z + z, lo.y + int(y // 1), lo.x + int(x // 1))


@pytest.fixture(scope="module")
def prototype(tmp_path_factory: pytest.TempPathFactory) -> Prototype:
    return write_prototype(tmp_path_factory.mktemp("prototype"))


@pytest.fixture(scope="module")
def fib25(tmp_path_factory: pytest.TempPathFactory) -> Cube:
    return write_fib25(tmp_path_factory.mktemp("fib25"))


@needs_real_data("synanno_prototype")
@pytest.mark.django_db
def test_synapses_of_the_prototype(
    prototype: Prototype, team: Team, client: Client, redis_client: redis.Redis, tmp_path: Path
) -> None:
    """123 synapses, of which 79 have an image: those are shown, the others are marked."""
    crop = Point(72, 72, 1)
    campaign = open_by_commands(prototype, crop)
    client.force_login(team.anna)
    drawn = 0
    for seen in work_through(campaign, client):
        if not is_known(prototype, seen.row, crop):
            assert seen.middle.header["part"] == "unreadable"
            assert "cannot be read" in seen.middle.header["sentence"]
            assert seen.middle.payload == b""
            continue
        check_against(prototype, seen, crop)
        drawn += 1
    assert sum(prototype.has_image) == 79
    assert drawn >= 79

    records = exported(campaign, tmp_path)
    assert len(records) == 123
    assert [(r["cx0"], r["cy0"], r["cz0"]) for r in records] == list(prototype.centers)
    assert {r["Label"] for r in records} == {"correct"}
    for record in records:
        check_sides(prototype, record)


def is_known(data: Prototype, row: int, crop: Point) -> bool:
    """Whether every chunk under this crop was written; all rows with an image must be."""
    box = crop_box(data.centers[row], crop).clamp(Box(Point(0, 0, 0), Point(700, 700, 100)))
    side = PATCH_CHUNK
    rows = slice(box.lo.y // side * side, -(-box.hi.y // side) * side)
    columns = slice(box.lo.x // side * side, -(-box.hi.x // side) * side)
    known = bool(data.have[box.lo.z, rows, columns].all())
    assert known or not data.has_image[row]
    return known


def check_sides(data: Prototype, record: dict[str, Any]) -> None:
    """Both points lie in the mask of their own synapse."""
    label = data.labels[record["Image_Index"]]
    for side in ("pre", "post"):
        z, y, x = (record[f"{side}_pt_{axis}"] for axis in "zyx")
        assert data.clefts[z, y, x] == label


@needs_real_data("fib25")
@pytest.mark.django_db
def test_contacts_of_the_fib25_neurons(
    fib25: Cube, team: Team, client: Client, redis_client: redis.Redis, tmp_path: Path
) -> None:
    """An isotropic volume with neurons: contacts between them stand for synapses."""
    crop = Point(128, 128, 16)
    campaign = open_by_commands(fib25, crop)
    client.force_login(team.ben)
    drawn, padded = 0, 0
    for seen in work_through(campaign, client):
        check_against(fib25, seen, crop)
        instance = Item.objects.get(campaign=campaign, position=seen.row).instance
        assert fib25.neurons[place(fib25, seen, crop, "pre")] == instance.pre_root_id
        assert fib25.neurons[place(fib25, seen, crop, "post")] == instance.post_root_id
        drawn += 1
        padded += any(map(any, seen.middle.header["padding"]))
    assert drawn == len(fib25.labels) == 36
    assert padded > 3, "some lie at the border"

    records = exported(campaign, tmp_path)
    assert len(records) == 36
    assert all(record["Adjusted_Bbox"][0] >= 0 for record in records)
    assert any(record["Padding"] != [[0, 0]] * 3 for record in records)
