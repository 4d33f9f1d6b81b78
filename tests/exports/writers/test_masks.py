"""Masks that somebody drew, as pictures with SynAnno's names and as arrays."""

from __future__ import annotations

import io
import json
import uuid
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from apps.campaigns.models import Campaign
from apps.datasets.models import Instance
from apps.exports.domain.formats import Format
from apps.exports.domain.masks import (
    circle,
    corrected_mask,
    labels_under,
    paint,
    pictured_box,
    pooled,
    tight,
)
from apps.revision.domain import Decision
from apps.revision.models import MaskSlice, Revision
from apps.revision.selectors import masks_of, outcomes
from apps.revision.services.finishing import finish
from apps.voxels.cutouts import crop_box
from apps.voxels.geometry import Box, Point
from tests.exports.writers.written import write
from tests.revision.drawing import draw, set_point
from tests.revision.test_outcomes import add
from tests.support.drawing import revise
from tests.support.people import Team
from tests.support.revisions import take_revision

pytestmark = pytest.mark.django_db


@pytest.fixture
def drawn(mended: Campaign, team: Team) -> Campaign:
    """Two slices of the first were drawn, and a point of the second was set."""
    anna = revise(mended, team.anna)
    z = anna.zs[3]
    anna.draw(anna.drawn(z), anna.drawn(z + 1, runs=anna.square(0, 0, 4)))
    ben = take_revision(mended, team.ben)
    x, y, z = ben.revision.instance.center
    set_point(ben, "pre", 1, 0, x=x + 2, y=y, z=z)
    return mended


def records_of(campaign: Campaign, folder: Path) -> dict[int, dict[str, Any]]:
    """Of SynAnno's file, by Image_Index."""
    records = json.loads(write(campaign, Format.SYNANNO, folder).read_text())["Metadata"]
    return {record["Image_Index"]: record for record in records}


def test_pictures_have_synannos_names_and_the_box_of_its_file(
    drawn: Campaign, tmp_path: Path
) -> None:
    record = records_of(drawn, tmp_path / "synanno")[0]
    assert record["Annotated"] == "Yes"
    place = "_".join(map(str, record["Adjusted_Bbox"]))
    target = write(drawn, Format.MASKS, tmp_path / "masks")
    [(outcome, masks)] = masks_of(outcomes(drawn))
    with ZipFile(target / "masks.zip") as zipped:
        names = zipped.namelist()
        for mask in masks:
            name = f"curve_idx_0_slice_{mask.z}_cor_{place}"
            picture = Image.open(io.BytesIO(zipped.read(f"{name}.png")))
            array = np.load(io.BytesIO(zipped.read(f"npy/{name}.npy")))
            plane = np.frombuffer(mask.labels.plane, np.uint8)
            assert (array.dtype, array.shape) == (np.uint8, picture.size[::-1])
            assert (array == plane.reshape(array.shape)).all()
            pixels = np.asarray(picture)
            assert picture.mode == "RGBA"
            assert (pixels[array == 1] == (255, 0, 255, 255)).all()
            assert not pixels[array == 0].any()
        lo_x, hi_x, lo_y, hi_y, *_ = record["Adjusted_Bbox"]
        assert array.shape == (hi_y - lo_y, hi_x - lo_x)
        for side in ("Pre", "Post"):
            at = {axis: record[f"{side.lower()}_pt_{axis}"] for axis in "xyz"}
            name = f"circle{side}_idx_0_slice_{at['z']}_cor_{place}.png"
            pixels = np.asarray(Image.open(io.BytesIO(zipped.read(name))))
            colour = (0, 255, 0, 255) if side == "Pre" else (0, 0, 255, 255)
            assert (pixels[at["y"] - lo_y, at["x"] - lo_x] == colour).all()
        [whole] = [name for name in names if name.startswith(f"npz/instance_{outcome.instance.pk}")]
        assert whole == f"npz/instance_{outcome.instance.pk}_idx_0_cor_{place}.npz"
        arrays = np.load(io.BytesIO(zipped.read(whole)))
        assert arrays["z"].tolist() == [mask.z for mask in masks]
        assert (arrays["masks"][-1] == array).all()
        assert arrays["box"].tolist() == [
            [lo_x, lo_y, record["Adjusted_Bbox"][4]],
            [*(hi_x, hi_y, record["Adjusted_Bbox"][5])],
        ]
        assert arrays["resolution_nm"].tolist() == [8.0, 8.0, 32.0]
        assert outcome.pre is not None
        assert arrays["pre_nm"].tolist() == [*outcome.pre.nm]
    assert json.loads((target / "notes.json").read_text()) == {
        "instances": 2,
        "entries": len(names),
        "voxels_outside": 0,
    }


@pytest.mark.parametrize(
    ("x", "named"),
    [(20, "Adjusted_Bbox"), (310, "Adjusted_Bbox"), (-20, "Original_Bbox"), (340, "Original_Bbox")],
)
def test_where_the_box_is_cut_names_tell_what_pictures_show(
    mended: Campaign, team: Team, tmp_path: Path, x: int, named: str
) -> None:
    """The volume ends at 320: a box that leaves it is cut, as in SynAnno's file; of a synapse whose
    centre lies outside it is whole."""
    lease = take_revision(mended, team.anna)
    moved = {"center_x": x, "center_y": 40, "box_lo_x": -50, "box_hi_x": 400, "box_lo_y": 0}
    Instance.objects.filter(pk=lease.revision.instance.pk).update(**moved)
    lo = 8 if x < 160 else 305
    draw(lease, 11, 6, lo_x=lo, hi_x=lo + 3)
    record = records_of(mended, tmp_path / "synanno")[0]
    target = write(mended, Format.MASKS, tmp_path / "masks")
    name = f"curve_idx_0_slice_11_cor_{'_'.join(map(str, record[named]))}"
    with ZipFile(target / "masks.zip") as zipped:
        array = np.load(io.BytesIO(zipped.read(f"npy/{name}.npy")))
    lo_x, hi_x, lo_y, hi_y, *_ = record[named]
    assert array.shape == (hi_y - lo_y, hi_x - lo_x)
    expected = np.zeros_like(array)
    expected[20 - lo_y : 22 - lo_y, lo - lo_x : lo + 3 - lo_x] = 1
    assert (array == expected).all()
    assert record["Adjusted_Bbox"] != record["Original_Bbox"]
    assert all(0 <= edge <= 320 for edge in record["Adjusted_Bbox"][:4])


def test_a_proposal_that_was_accepted_is_called_so(drawn: Campaign, tmp_path: Path) -> None:
    first = MaskSlice.objects.order_by("z").first()
    assert first is not None
    first.pk, first.key, first.number = None, uuid.uuid4(), first.number + 1
    first.origin = MaskSlice.Origin.PROPOSED
    first.save()
    target = write(drawn, Format.MASKS, tmp_path / "masks")
    with ZipFile(target / "masks.zip") as zipped:
        names = zipped.namelist()
        [whole] = [name for name in names if name.startswith("npz/") and "idx_0" in name]
        arrays = np.load(io.BytesIO(zipped.read(whole)))
    kinds = {
        name.partition("_idx")[0]: f"_slice_{first.z}_" in name for name in names if "curve" in name
    }
    assert kinds == {
        "auto_curve": True, "npy/auto_curve": True, "curve": False, "npy/curve": False,
    }  # fmt: skip
    assert arrays["origins"].tolist() == ["proposed", "drawn"]


def test_what_only_had_a_point_set_has_its_circles(drawn: Campaign, tmp_path: Path) -> None:
    target = write(drawn, Format.MASKS, tmp_path / "masks")
    with ZipFile(target / "masks.zip") as zipped:
        of_second = [name for name in zipped.namelist() if "idx_1_" in name]
        assert sorted({name.partition("_")[0] for name in of_second}) == [
            *("circlePost", "circlePre", "npy/circlePost", "npy/circlePre", "npz/instance")
        ]
        assert not [name for name in zipped.namelist() if "idx_2_" in name], "nobody touched it"


def test_however_it_is_parted_it_is_the_same_file(drawn: Campaign, tmp_path: Path) -> None:
    small = write(drawn, Format.MASKS, tmp_path / "small", a_part=1) / "masks.zip"
    whole = write(drawn, Format.MASKS, tmp_path / "whole", a_part=100) / "masks.zip"
    assert small.read_bytes() == whole.read_bytes()


def test_what_was_added_is_numbered_as_in_synannos_file(
    drawn: Campaign, team: Team, tmp_path: Path
) -> None:
    for decision in (Decision.MENDED, Decision.NO_SYNAPSE, Decision.MENDED):
        added = add(drawn, team.ben)
        revision = Revision.objects.create(campaign=drawn, added=added, rank=0)
        lease = take_revision(drawn, team.ben, revision.pk)
        draw(lease, 400, 1)
        finish(lease, decision, "", timezone.now())
    add(drawn, team.ben)
    missed = [
        record
        for record in records_of(drawn, tmp_path / "synanno").values()
        if record["Error_Description"] == "False Negative"
    ]
    target = write(drawn, Format.MASKS, tmp_path / "masks", a_part=1)
    with ZipFile(target / "masks.zip") as zipped:
        curves = [name for name in zipped.namelist() if name.startswith("curve")]
    numbers = [int(name.split("_")[2]) for name in curves if "_slice_400_" in name]
    assert numbers == [record["Image_Index"] for record in missed][:2]


coordinates = st.integers(-40, 40)
points = st.builds(Point, coordinates, coordinates, coordinates)
sizes = st.tuples(*[st.integers(1, 12)] * 3)


def filled(size: tuple[int, ...], seed: int) -> Any:
    return np.random.default_rng(seed).random(size) < 0.3


@given(points, sizes, points, sizes, st.integers(0, 99))
def test_a_label_is_painted_where_the_mask_and_the_block_meet(
    block_lo: Point, block_size: Any, lo: Point, size: Any, seed: int
) -> None:
    block, mask = np.zeros(block_size, np.uint64), filled(size, seed)
    block[filled(block_size, seed + 1)] = 5
    before = block.copy()
    lost = labels_under(block, block_lo, mask, lo)
    paint(block, block_lo, mask, lo, 9)
    for z, y, x in np.ndindex(*block.shape):
        at = (z + block_lo.z - lo.z, y + block_lo.y - lo.y, x + block_lo.x - lo.x)
        inside = all(0 <= one < side for one, side in zip(at, size, strict=True))
        assert block[z, y, x] == (9 if inside and mask[at] else before[z, y, x])
    count = int(np.count_nonzero((block == 9) & (before == 5)))
    assert lost == ({5: count} if count else {})


@given(sizes, points, st.integers(0, 99))
def test_a_tight_mask_has_all_voxels_and_no_spare_side(size: Any, lo: Point, seed: int) -> None:
    mask = filled(size, seed)
    part, first = tight(mask, lo)
    assert part.sum() == mask.sum()
    again = np.zeros(size, np.uint64)
    if part.size:
        sides: list[Any] = [np.moveaxis(part, axis, 0) for axis in range(3)]
        assert all(side[0].any() and side[-1].any() for side in sides)
        assert labels_under(again, lo, part, first) == {}
        paint(again, lo, part, first, 1)
    assert (again.astype(bool) == mask).all()


@given(sizes, points, st.builds(Point, *[st.sampled_from([1, 2, 8, 1 << 20])] * 3))
def test_a_coarser_voxel_has_what_any_of_its_finer_ones_has(
    size: Any, lo: Point, factor: Point
) -> None:
    """However coarse: of a small mask nothing large is made."""
    mask = filled(size, 3)
    found, first = pooled(mask, lo, factor)
    expected = np.zeros_like(found)
    for z, y, x in np.argwhere(mask):
        at = [(one + low) // step for one, low, step in zip((x, y, z), lo, factor, strict=True)]
        expected[at[2] - first.z, at[1] - first.y, at[0] - first.x] = True
    assert (found == expected).all()
    assert all(side <= of_mask for side, of_mask in zip(found.shape, mask.shape, strict=True))


@given(sizes, st.integers(0, 99), st.sets(st.integers(-2, 14)))
def test_what_was_drawn_holds_in_its_slice_and_the_volume_elsewhere(
    size: Any, seed: int, slices: set[int]
) -> None:
    z, y, x = size
    original = filled(size, seed)
    box = Box(Point(0, 0, 0), Point(x, y, z))
    drawn = [(one, filled((y, x), one + 50)) for one in sorted(slices)]
    whole = corrected_mask(original, box, drawn)
    for k in range(z):
        expected = dict(drawn).get(k, original[k])
        assert (whole[k] == expected).all()


@given(points, sizes, points, sizes)
def test_a_picture_shows_what_lies_in_the_volume(
    centre: Point, crop: Any, lo: Point, size: Any
) -> None:
    bounds = Box(lo, Point(*(at + side for at, side in zip(lo, size, strict=True))))
    box = pictured_box(centre, Point(*crop), bounds)
    assert not box.is_empty
    if not bounds.contains(centre):
        assert box == crop_box(centre, Point(*crop)), "people draw on all of it"
    else:
        assert box.contains(centre)
        disc = circle(box, centre)
        assert disc is not None
        assert disc[centre.y - box.lo.y, centre.x - box.lo.x]
