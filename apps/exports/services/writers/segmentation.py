"""Corrected masks as a segmentation that CloudVolume and Neuroglancer read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from apps.core.errors import UnavailableError
from apps.datasets.models import Volume
from apps.datasets.selectors import volumes_of
from apps.datasets.services.easels import read_mask, unreadable_part
from apps.datasets.services.reading import PlaceUnreadableError
from apps.exports.domain.formats import LAYER, NOTES
from apps.exports.domain.masks import Mask, corrected_mask, tight, within
from apps.exports.gateways.part_files import copy_folder, write_text
from apps.exports.gateways.segmentation_masks import add_mask
from apps.exports.gateways.segmentation_volume import MaskVolume
from apps.exports.gateways.zip_files import note_of, part_zip, zip_folder
from apps.exports.services.writers.base import Wanted, Writer
from apps.revision.domain.labels import Area
from apps.revision.domain.outcomes import FinalState
from apps.revision.selectors import MaskOfSlice, Outcome, masks_of
from apps.revision.selectors.easels import (
    Easel,
    NoEaselError,
    Surroundings,
    easel_of,
    revisions_with_all,
    surroundings_of,
)
from apps.voxels.geometry import Point

_NO_SYNAPSES = {FinalState.DISCARDED, FinalState.NO_SYNAPSE}


class AwayError(UnavailableError):
    """The cleft volume cannot be read now."""

    code = "volume_away"


class SegmentationWriter(Writer):
    """The whole mask of each instance that somebody drew on: what was drawn in its slices, and what
    the cleft volume has in the others of its easel. Labels are the ids of instances. What is
    discarded or no synapse is left out, and so is what cannot be read, which the notes count. A
    part holds the masks, each as large as it is; a piece is a scale of the volume.
    """

    file_name = "segmentation.zip"
    growth = 8.0  # chunks of the finest scale; of small masks far apart

    def __init__(self, wanted: Wanted) -> None:
        self._campaign = wanted.campaign
        self._grid = volumes_of(wanted.campaign.table.dataset_id)[Volume.Kind.CLEFT].grid
        self._go_on = wanted.go_on
        self._names_unreadable = wanted.names_unreadable
        self._without_unreadable = wanted.without_unreadable

    @cached_property
    def _volume(self) -> MaskVolume:
        return MaskVolume(self._grid)

    @property
    def pieces(self) -> Sequence[str]:
        return self._volume.scales

    @cached_property
    def _around(self) -> Surroundings:
        return surroundings_of(self._campaign)

    def write_part(self, part: Sequence[Outcome], path: Path) -> None:
        drawn = [one for one in part if one.drawn]
        wanted = [one for one in drawn if one.final.state not in _NO_SYNAPSES]
        left_out = [one for one in drawn if one.final.state in _NO_SYNAPSES]
        told = Counter(f"left_out_{one.final.state.value}" for one in left_out)
        easels = self._easels(wanted)
        with part_zip(path) as zipped:
            for outcome, masks in masks_of(wanted):
                self._go_on()
                found = self._read(outcome, masks, easels.get(outcome.revision))
                if found is None:
                    told["unreadable"] += 1
                    continue
                whole, lo = found
                mask, lo = within(whole, lo, self._grid.bounds)
                told["voxels_outside"] += int(np.count_nonzero(whole)) - int(np.count_nonzero(mask))
                mask, lo = tight(mask, lo)
                told["voxels"] += int(np.count_nonzero(mask))
                told["instances" if mask.size else "without_voxels"] += 1
                if mask.size:
                    add_mask(zipped, outcome.instance.pk, lo, mask)
            zipped.note(json.dumps(told))

    def _easels(self, wanted: Sequence[Outcome]) -> Mapping[int | None, Easel]:
        """By revisions; not of those deleted meanwhile, nor of what cannot be drawn on."""
        found: dict[int | None, Easel] = {}
        ids = (one.revision for one in wanted if one.revision is not None)
        for revision in revisions_with_all(ids).values():
            with suppress(NoEaselError):
                found[revision.pk] = easel_of(revision, self._around)
        return found

    def _read(
        self, outcome: Outcome, masks: Sequence[MaskOfSlice], easel: Easel | None
    ) -> tuple[Mask, Point] | None:
        """The mask `(z, y, x)` of an instance on the box that it is drawn in, and its first voxel.
        None where there is none to read, or where it was waited for long enough.

        Raises AwayError where it may be read later.
        """
        if easel is None:
            return None
        drawn = ((one.z, _plane(one, easel)) for one in masks)
        try:
            original = read_mask(easel.request)
        except PlaceUnreadableError as error:
            if not self._without_unreadable:
                raise AwayError(self._told(error, easel)) from error
            return None
        return corrected_mask(original, easel.box, drawn), easel.box.lo

    def _told(self, error: PlaceUnreadableError, easel: Easel) -> str:
        name = unreadable_part(easel.request) if self._names_unreadable else None
        return f"{error.sentence} Its chunk {name} is the cause." if name else error.sentence

    def write_piece(self, name: str, parts: Sequence[Path], path: Path) -> None:
        """A folder with the folder of a scale in `LAYER`; of the finest, with notes, too."""
        (path / LAYER).mkdir(parents=True)
        overlaps = self._volume.write_scale(name, path / LAYER / name, parts, self._go_on)
        if overlaps is not None:
            notes = {"overlap_voxels": overlaps.voxels, "first_overlaps": overlaps.first()}
            write_text(path / NOTES, json.dumps(notes))

    def join(self, parts: Sequence[Path], target: Path, pieces: Sequence[Path] = ()) -> None:
        layer = target / LAYER
        layer.mkdir(parents=True)
        told: Counter[str] = Counter(instances=0)  # which is told also where there are none
        for part in parts:
            told.update(json.loads(note_of(part)))
        notes: dict[str, Any] = dict(sorted(told.items()))
        for piece in pieces:
            self._go_on()
            copy_folder(piece / LAYER, layer)
            if (piece / NOTES).is_file():
                notes |= json.loads((piece / NOTES).read_text("utf-8"))
        self._volume.write_info(layer)
        zip_folder(target / self.file_name, layer, top="segmentation", go_on=self._go_on)
        write_text(target / NOTES, json.dumps(notes))


def _plane(mask: MaskOfSlice, easel: Easel) -> Mask:
    """What was drawn in a slice, `(y, x)` on the box."""
    box: Area = easel.area
    plane = np.frombuffer(mask.labels.within(box).plane, np.uint8)
    return plane.reshape(box.height, box.width).astype(np.bool_)
