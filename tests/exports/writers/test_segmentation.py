"""Corrected masks as a segmentation, read back by CloudVolume voxel by voxel."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
import redis
from cloudvolume import CloudVolume
from django.conf import LazySettings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from apps.campaigns.models import Campaign
from apps.core.errors import SynAnnoError
from apps.core.times import told_time
from apps.datasets.gateways.volume_states import VolumeStates
from apps.datasets.gateways.volumes import forget_readers
from apps.datasets.models import Volume
from apps.exports.domain.formats import ExportOptions, Format
from apps.exports.gateways import segmentation_masks, segmentation_volume
from apps.exports.gateways.export_folder import size_of
from apps.exports.gateways.segmentation_masks import add_mask
from apps.exports.gateways.segmentation_volume import MaskVolume
from apps.exports.gateways.zip_files import part_zip
from apps.exports.models import Export
from apps.exports.services.folders import folder_of
from apps.exports.services.writers.base import Wanted
from apps.exports.services.writers.segmentation import SegmentationWriter
from apps.exports.services.writing_exports import MOST_ATTEMPTS, PATIENCE, TOLD_AFTER
from apps.revision.domain import Decision
from apps.revision.selectors import outcomes
from apps.revision.services.finishing import finish
from apps.voxels.cutouts import Grid
from apps.voxels.geometry import Box, Point, Resolution
from apps.voxels.pyramids import Level, plan_levels
from tests.exports.writers.written import write
from tests.support.drawing import Reviser, revise, true_mask
from tests.support.exports import ask, exports_in, written
from tests.support.people import Team
from tests.support.volumes import PhantomFiles

pytestmark = pytest.mark.django_db


def voxels_of(folder: Path, mip: int = 0) -> Any:
    """All of it, `(z, y, x)`."""
    address = f"precomputed://file://{folder}"
    volume = CloudVolume(address, mip=mip, progress=False, fill_missing=True)
    return np.asarray(volume[:, :, :])[..., 0].transpose(2, 1, 0)


def redrawn(reviser: Reviser, z: int) -> Any:
    """Have another square drawn in a slice; as it then is, `(y, x)` on the box."""
    reviser.draw(reviser.drawn(z))
    plane = np.zeros((reviser.height, reviser.width), bool)
    plane[30:38, 20:28] = True
    return plane


def expected_with(expected: Any, reviser: Reviser, mask: Any) -> None:
    x, y, z = reviser.easel["box"]["lo"]
    depth, height, width = mask.shape
    expected[z : z + depth, y : y + height, x : x + width][mask] = (
        reviser.lease.revision.instance.pk
    )


def test_what_was_drawn_replaces_the_volumes_own_mask_in_its_slices_alone(
    mended: Campaign, team: Team, phantom_files: PhantomFiles, tmp_path: Path
) -> None:
    anna, ben = revise(mended, team.anna), revise(mended, team.ben)
    expected = np.zeros(phantom_files.phantom.clefts.shape, np.uint64)
    for reviser in (ben, anna):
        mask = true_mask(reviser, phantom_files)
        assert mask.any()
        first = reviser.easel["box"]["lo"][2]
        z = first + int(np.flatnonzero(mask.any(axis=(1, 2)))[0])
        mask[z - first] = redrawn(reviser, z)
        expected_with(expected, reviser, mask)
    target = write(mended, Format.SEGMENTATION, tmp_path / "out", a_part=1)
    found = voxels_of(target / "layer")
    assert found.dtype == np.uint64
    assert (found == expected).all()
    notes = json.loads((target / "notes.json").read_text())
    assert (notes["instances"], notes["voxels_outside"]) == (2, 0)
    assert notes["voxels"] - notes["overlap_voxels"] == np.count_nonzero(expected)
    cleft = Volume.objects.get(dataset=mended.table.dataset, kind="cleft")
    scale, _ = json.loads((target / "layer" / "info").read_text())["scales"]
    assert scale["resolution"] == [*cleft.resolution]
    assert (scale["voxel_offset"], scale["size"]) == ([*cleft.bounds.lo], [*cleft.bounds.size])
    with ZipFile(target / "segmentation.zip") as zipped:
        zipped.extractall(tmp_path / "unpacked")
    assert (voxels_of(tmp_path / "unpacked" / "segmentation") == expected).all()


def test_what_is_no_synapse_is_left_out_and_what_is_empty_is_told(
    mended: Campaign, team: Team, tmp_path: Path
) -> None:
    anna, ben = revise(mended, team.anna), revise(mended, team.ben)
    redrawn(anna, anna.zs[0])
    finish(anna.lease, Decision.NO_SYNAPSE, "", timezone.now())
    nothing = [ben.width * ben.height]
    ben.draw(*(ben.drawn(z, runs=nothing) for z in ben.zs))
    target = write(mended, Format.SEGMENTATION, tmp_path / "out")
    assert not voxels_of(target / "layer").any()
    notes = json.loads((target / "notes.json").read_text())
    assert (notes["left_out_no_synapse"], notes["without_voxels"]) == (1, 1)
    assert notes["instances"] == 0


def test_a_part_costs_as_many_statements_however_much_was_drawn(
    mended: Campaign, team: Team, tmp_path: Path
) -> None:
    for person in (team.anna, team.ben):
        reviser = revise(mended, person)
        redrawn(reviser, reviser.zs[0])
    campaign = Campaign.objects.select_related("table__dataset").get(pk=mended.pk)
    wanted = Wanted(campaign, ExportOptions(), uuid.uuid4())
    drawn = [one for one in outcomes(campaign) if one.drawn]
    counts = []
    for part in (drawn[:1], drawn):
        with CaptureQueriesContext(connection) as asked:
            SegmentationWriter(wanted).write_part(part, tmp_path / f"{len(part)}.part")
        counts.append(len(asked))
    assert len(drawn) == 2
    assert counts[0] == counts[1] < 10


def test_a_volume_that_cannot_be_read_is_told(mended: Campaign, team: Team, tmp_path: Path) -> None:
    anna = revise(mended, team.anna)
    redrawn(anna, anna.zs[0])
    Volume.objects.filter(kind="cleft").update(address=f"file://{tmp_path}/gone", version="other")
    with pytest.raises(SynAnnoError, match=r"cleft volume near .* cannot be read"):
        write(mended, Format.SEGMENTATION, tmp_path / "out")


def silence(client: redis.Redis) -> None:
    """Have the cleft volume be known as one that does not answer."""
    VolumeStates(client).note_down(Volume.objects.get(kind="cleft").address)


def notes_of(export: Export) -> Any:
    return next(one["notes"] for one in export.files if one["format"] == "segmentation")


@pytest.fixture
def asked(mended: Campaign, team: Team, tmp_path: Path, settings: LazySettings) -> Export:
    """A segmentation of an instance that somebody drew on."""
    settings.ENVIRONMENT = exports_in(tmp_path / "exports")
    anna = revise(mended, team.anna)
    redrawn(anna, anna.zs[0])
    return ask(mended, Format.SEGMENTATION)


def test_a_silent_volume_is_waited_for_however_often_it_is_tried(
    asked: Export, redis_client: redis.Redis
) -> None:
    silence(redis_client)
    for _ in range(MOST_ATTEMPTS + 2):
        assert written(asked).state == Export.State.WRITING
    assert "does not answer" in asked.failure
    redis_client.flushdb()
    assert written(asked).state == Export.State.READY
    assert (asked.failure, asked.waits_since, notes_of(asked)["instances"]) == ("", None, 1)


def test_what_was_waited_for_in_vain_is_left_out_and_counted(
    asked: Export, redis_client: redis.Redis
) -> None:
    silence(redis_client)
    written(asked)
    Export.objects.filter(pk=asked.pk).update(waits_since=timezone.now() - PATIENCE)
    assert written(asked).state == Export.State.READY
    assert (notes_of(asked)["unreadable"], notes_of(asked)["instances"]) == (1, 0)


def test_a_damaged_chunk_is_named_after_a_while(
    mended: Campaign,
    team: Team,
    phantom_files: PhantomFiles,
    tmp_path: Path,
    settings: LazySettings,
) -> None:
    """The others can be read; the export goes on without that part later, and says when."""
    settings.ENVIRONMENT = exports_in(tmp_path / "exports")
    damaged = phantom_files.copy_to(tmp_path / "damaged")
    Volume.objects.filter(kind="cleft").update(address=damaged.cleft, version="damaged")
    anna = revise(mended, team.anna)
    redrawn(anna, anna.zs[0])
    [folder] = [one for one in (tmp_path / "damaged" / "cleft").iterdir() if one.is_dir()]
    x, y, z = anna.lease.revision.instance.center
    [chunk] = [path for path in folder.iterdir() if holds(path, (x, y, z))]
    chunk.write_bytes(b"no chunk")
    forget_readers()
    export = written(ask(mended, Format.SEGMENTATION))
    assert export.state == Export.State.WRITING
    assert "damaged" in export.failure
    assert chunk.name.removesuffix(".gz") not in export.failure
    since = timezone.now() - TOLD_AFTER
    Export.objects.filter(pk=export.pk).update(waits_since=since)
    written(export)
    assert f"{folder.name}/{chunk.name.removesuffix('.gz')} is the cause" in export.failure
    assert f"At {told_time(since + PATIENCE)} the export" in export.failure


def holds(chunk: Path, place: tuple[int, int, int]) -> bool:
    """Whether the chunk with this name has a voxel."""
    spans = [span.split("-") for span in chunk.name.removesuffix(".gz").split("_")]
    return all(int(lo) <= at < int(hi) for (lo, hi), at in zip(spans, place, strict=True))


def test_what_was_deleted_meanwhile_is_counted(
    asked: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "apps.exports.services.writers.segmentation.revisions_with_all", lambda _: {}
    )
    assert written(asked).state == Export.State.READY
    assert notes_of(asked)["unreadable"] == 1


class KilledError(BaseException):
    """Stands for SIGKILL: nothing catches it."""


def test_a_process_that_is_killed_between_scales_leaves_those_that_are_whole(
    asked: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    write_piece = SegmentationWriter.write_piece

    def killed_once(writer: SegmentationWriter, name: str, *rest: Any) -> None:
        begun.append(name)
        if len(begun) == 2:
            raise KilledError
        write_piece(writer, name, *rest)

    monkeypatch.setattr(SegmentationWriter, "write_piece", killed_once)
    with pytest.raises(KilledError):
        written(asked)
    assert written(asked).state == Export.State.READY
    folder = folder_of(asked).path
    layer = folder / "segmentation" / "layer"
    finest, coarse = (scale["key"] for scale in json.loads((layer / "info").read_text())["scales"])
    assert begun == [finest, coarse, coarse]
    assert all(voxels_of(layer, mip).any() for mip in (0, 1))
    assert notes_of(asked)["overlap_voxels"] == 0
    assert sorted(path.name for path in folder.iterdir()) == ["manifest.json", "segmentation"]


def test_a_scale_takes_no_more_room_than_is_looked_for_and_may_be_given_up(tmp_path: Path) -> None:
    """Of small masks that lie far apart, of which each has chunks and shards of its own."""
    bounds = Box(Point(0, 0, 0), Point(200_000, 150_000, 6_000))
    random = np.random.default_rng(3)
    y, x = np.ogrid[-8:8, -12:12]
    ellipse = np.stack([(x / 12) ** 2 + (y / 8) ** 2 < 1] * 3)
    asked: list[int] = []
    count = 40
    with part_zip(tmp_path / "part") as zipped:
        for label in range(count):
            lo = Point(*random.integers(0, np.array(bounds.hi) - 40, 3).tolist())
            add_mask(zipped, label + 1, lo, ellipse)
    volume = MaskVolume(Grid(Resolution(4, 4, 40), bounds))
    for name in (volume.scales[0], volume.scales[3]):
        asked.clear()
        folder = tmp_path / name
        volume.write_scale(name, folder, [tmp_path / "part"], lambda: asked.append(1))
        assert size_of([folder]) <= SegmentationWriter.growth * size_of([tmp_path / "part"])
        assert len(asked) >= count


coordinates = st.integers(-20, 30)
masks = st.lists(
    st.tuples(
        st.builds(Point, coordinates, coordinates, coordinates),
        st.tuples(*[st.integers(1, 20)] * 3),
        st.integers(0, 99),
    ),
    max_size=5,
)


def seen_from_afar(mask: Any, lo: Point, level: Level) -> Any:
    """Which coarser voxels `(z, y, x)`, of two of the finest along x and y, have any of a mask."""
    coarse = np.zeros(level.bounds.size[::-1], bool)
    z, y, x = np.nonzero(mask)
    coarse[z, (y + lo.y) // 2 - level.bounds.lo.y, (x + lo.x) // 2 - level.bounds.lo.x] = True
    return coarse


@examples(max_examples=15)
@given(masks, st.integers(1, 3))
def test_masks_that_reach_over_blocks_and_each_other_are_whole(
    placed: list[tuple[Point, Any, int]], parts: int
) -> None:
    """Blocks are small here; where masks overlap the smaller id has the voxel, and of a coarser
    one, which of its finer ones any mask has."""
    bounds = Box(Point(-21, -20, -20), Point(50, 50, 50))
    levels = plan_levels(Resolution(8, 8, 30), bounds, 1)
    coarse = np.zeros(levels[1].bounds.size[::-1], np.uint64)
    expected = np.zeros(bounds.size[::-1], np.uint64)
    overlap = 0
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(segmentation_volume, "CHUNK", Point(16, 16, 8))
        patch.setattr(segmentation_volume, "plan_levels", lambda *_: levels)
        for name_of_bits, bits in (("BLOCK", 2), ("MINISHARD", 3), ("MINISHARDS", 1)):
            patch.setattr(segmentation_volume, name_of_bits, bits)
        patch.setattr(segmentation_masks, "_OPEN_PARTS", 1)
        paths = [Path(name) / f"{number}.part" for number in range(parts)]
        for number, path in enumerate(paths):
            with part_zip(path) as zipped:
                for label, (lo, size, seed) in enumerate(placed, 1):
                    mask = np.random.default_rng(seed).random(size) < 0.5
                    if label % parts == number:
                        add_mask(zipped, label, lo, mask)
        for label, (lo, size, seed) in enumerate(placed, 1):
            mask = np.random.default_rng(seed).random(size) < 0.5
            start = [at - first for at, first in zip(lo[::-1], bounds.lo[::-1], strict=True)]
            here = tuple(slice(at, at + side) for at, side in zip(start, size, strict=True))
            overlap += int(np.count_nonzero(expected[here][mask]))
            expected[here][mask & (expected[here] == 0)] = label
            seen = np.zeros(expected.shape, bool)
            seen[here] = mask
            coarse[seen_from_afar(seen, bounds.lo, levels[1]) & (coarse == 0)] = label
        volume, folder = MaskVolume(Grid(Resolution(8, 8, 30), bounds)), Path(name) / "volume"
        overlaps, *of_coarser = (
            volume.write_scale(scale, folder / scale, paths, lambda: None)
            for scale in volume.scales
        )
        folder.mkdir(exist_ok=True)
        volume.write_info(folder)
        assert (voxels_of(Path(name) / "volume") == expected).all()
        assert (voxels_of(Path(name) / "volume", mip=1) == coarse).all()
    assert overlaps is not None
    assert of_coarser == [None]
    assert overlaps.voxels == overlap == sum(voxels for *_, voxels in overlaps.first())
    assert all(kept < other for kept, other, _ in overlaps.first())
