"""Masks that somebody drew, and points that somebody set, as a zip of pictures and arrays."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from apps.datasets.domain import convert_point
from apps.datasets.models import Volume
from apps.datasets.selectors import volumes_of
from apps.exports.domain.formats import NOTES
from apps.exports.domain.masks import (
    POST_CIRCLE,
    PRE_CIRCLE,
    Mask,
    circle,
    instance_name,
    kind_of,
    later_index,
    picture_name,
    pictured_box,
    with_index,
)
from apps.exports.gateways.mask_files import npy_of, npz_of, png_of
from apps.exports.gateways.part_files import write_text
from apps.exports.gateways.zip_files import PartZip, join_zips, note_of, part_zip
from apps.exports.services.restores_places import indexes_of
from apps.exports.services.writers.base import Wanted, Writer
from apps.exports.services.writers.synanno import first_after_items, is_in_file
from apps.revision.domain.labels import Area
from apps.revision.selectors import MaskOfSlice, Outcome, PointOutcome, masks_of
from apps.voxels.geometry import Box

_FROM_THE_TABLE = "table"
_WHOLE = "npz/"  # one there is of each instance


class MasksWriter(Writer):
    """Of each instance that somebody drew on or whose points somebody set: for each slice that was
    drawn a PNG with SynAnno's name, one for each of its points, the same pictures as NPY in a
    folder `npy`, and all together as NPZ in a folder `npz`. What is not in SynAnno's file is left
    out; voxels that were drawn beside the pictures of their instance are counted.

    What was added is numbered when the parts are joined, as in SynAnno's file; a part notes how
    many of them it counted.
    """

    file_name = "masks.zip"
    growth = 1.5  # and the list of entries, beside it and in it

    def __init__(self, wanted: Wanted) -> None:
        self._campaign = wanted.campaign
        self._target = volumes_of(wanted.campaign.table.dataset_id)[Volume.Kind.CLEFT].grid
        self._go_on = wanted.go_on

    def write_part(self, part: Sequence[Outcome], path: Path) -> None:
        kept = [one for one in part if is_in_file(one)]
        restored = indexes_of(self._campaign, kept)
        added = [one for one in kept if one.item is None and one.added not in restored]
        numbers = {one.added: number for number, one in enumerate(added)}
        with part_zip(path) as zipped:
            outside = 0
            for outcome, masks in _touched(kept):
                self._go_on()
                if outcome.added in restored:
                    index = str(restored[outcome.added])
                elif outcome.item is None:
                    index = later_index(numbers[outcome.added])
                else:
                    index = str(outcome.item.position)
                outside += self._write(zipped, outcome, masks, index)
            zipped.note(json.dumps({"added": len(added), "voxels_outside": outside}))

    def join(self, parts: Sequence[Path], target: Path, pieces: Sequence[Path] = ()) -> None:
        firsts = [first_after_items(self._campaign)]
        outside = 0
        for part in parts:
            note = json.loads(note_of(part))
            firsts.append(firsts[-1] + note["added"])
            outside += note["voxels_outside"]
        instances = 0

        def name_of(number: int, name: str) -> str:
            nonlocal instances
            instances += name.startswith(_WHOLE)
            return with_index(name, firsts[number])

        target.mkdir()
        entries = join_zips(target / self.file_name, parts, name_of)
        notes = {"instances": instances, "entries": entries, "voxels_outside": outside}
        write_text(target / NOTES, json.dumps(notes))

    def _write(
        self, zipped: PartZip, outcome: Outcome, masks: Sequence[MaskOfSlice], index: str
    ) -> int:
        """How many voxels were drawn beside the pictures of the instance."""
        resolution = self._campaign.table.resolution
        centre = convert_point(outcome.instance.center, resolution, self._target.resolution)
        box = pictured_box(centre, self._campaign.crop, self._target.bounds)
        planes = [(one.z, _plane(one, box)) for one in masks]
        drawn = outcome.drawn if masks else ()
        for picture in [
            *(
                _Picture(kind_of(of.origin), z, plane)
                for of, (z, plane) in zip(drawn, planes, strict=True)
            ),
            *self._circles(outcome, box),
        ]:
            name = picture_name(picture.kind, index, picture.z, box)
            zipped.add(f"{name}.png", png_of(picture.mask, picture.kind), packed=False)
            zipped.add(f"npy/{name}.npy", npy_of(picture.mask))
        arrays: dict[str, npt.NDArray[Any]] = {
            "masks": _stack([plane for _, plane in planes], box),
            "z": np.array([z for z, _ in planes], np.int64),
            "origins": np.array([one.origin for one in drawn], "U10"),
            "box": np.array([box.lo, box.hi], np.int64),
            "resolution_nm": np.array([*self._target.resolution], np.float64),
            "pre_nm": _nm(outcome.pre),
            "post_nm": _nm(outcome.post),
            "instance_id": np.array(outcome.instance.pk, np.int64),
            "source_id": np.array(outcome.instance.source_id, np.int64),
        }
        name = instance_name(outcome.instance.pk, index, box)
        zipped.add(f"{_WHOLE}{name}.npz", npz_of(arrays), packed=False)
        voxels = sum(one.labels.plane.count(1) for one in masks)
        return voxels - sum(int(np.count_nonzero(plane)) for _, plane in planes)

    def _circles(self, outcome: Outcome, box: Box) -> Iterator[_Picture]:
        """Of the points that lie on the pictures of the instance."""
        for kind, point in ((PRE_CIRCLE, outcome.pre), (POST_CIRCLE, outcome.post)):
            if point is not None:
                own = self._campaign.table.resolution
                at = convert_point(point.voxel, own, self._target.resolution)
                mask = circle(box, at)
                if mask is not None:
                    yield _Picture(kind, at.z, mask)


@dataclass(frozen=True)
class _Picture:
    """`mask` is `(y, x)`."""

    kind: str
    z: int
    mask: Mask


def _touched(part: Sequence[Outcome]) -> Iterator[tuple[Outcome, Sequence[MaskOfSlice]]]:
    """Those that were drawn on, with their masks, then those of which points alone were set."""
    yield from masks_of(part)
    for outcome in part:
        if not outcome.drawn and any(map(_was_set, (outcome.pre, outcome.post))):
            yield outcome, ()


def _was_set(point: PointOutcome | None) -> bool:
    return point is not None and point.origin != _FROM_THE_TABLE


def _plane(mask: MaskOfSlice, box: Box) -> Mask:
    """What was drawn in a slice, `(y, x)` on the box."""
    labels = mask.labels.within(Area(box.lo.x, box.lo.y, box.hi.x, box.hi.y))
    plane = np.frombuffer(labels.plane, np.uint8)
    return plane.reshape(box.size.y, box.size.x).astype(np.bool_)


def _stack(planes: Sequence[Mask], box: Box) -> npt.NDArray[np.uint8]:
    """`(n, y, x)`, also where there are none."""
    empty = np.zeros((0, box.size.y, box.size.x), np.uint8)
    return np.stack(planes).astype(np.uint8) if planes else empty


def _nm(point: PointOutcome | None) -> npt.NDArray[np.float64]:
    """x, y, z; not a number where there is no point."""
    return np.array([np.nan] * 3 if point is None else point.nm, np.float64)
