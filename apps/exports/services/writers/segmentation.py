"""Corrected masks as a segmentation that CloudVolume and Neuroglancer read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from apps.core.errors import SynAnnoError, UnavailableError
from apps.datasets.models import Volume
from apps.datasets.selectors import volumes_of
from apps.datasets.services.easels import read_mask
from apps.datasets.services.reading import PlaceUnreadableError
from apps.exports.domain.formats import LAYER, NOTES
from apps.exports.domain.masks import Mask, corrected_mask, tight, within
from apps.exports.gateways.part_files import write_text
from apps.exports.gateways.segmentation_volume import add_mask, write_volume
from apps.exports.gateways.zip_files import note_of, part_zip, zip_folder
from apps.exports.services.writers.base import Wanted
from apps.revision.domain.labels import Area
from apps.revision.domain.outcomes import FinalState
from apps.revision.selectors import MaskOfSlice, Outcome, masks_of
from apps.revision.selectors.easels import Easel, NoEaselError, easel_of, revision_with_all
from apps.voxels.geometry import Point

_NO_SYNAPSES = {FinalState.DISCARDED, FinalState.NO_SYNAPSE}
_MOST_TOLD = 100


class GoneError(SynAnnoError):
    """What was to be mended was deleted while it was exported."""

    code = "revision_gone"


class AwayError(UnavailableError):
    """The cleft volume cannot be read now."""

    code = "volume_away"


class SegmentationWriter:
    """The whole mask of each instance that somebody drew on: what was drawn in its slices, and what
    the cleft volume has in the others of its easel. Labels are the ids of instances. What is
    discarded or no synapse is left out, and so is what cannot be read, which the notes count. A
    part holds the masks, each as large as it is.
    """

    file_name = "segmentation.zip"

    def __init__(self, wanted: Wanted) -> None:
        self._grid = volumes_of(wanted.campaign.table.dataset_id)[Volume.Kind.CLEFT].grid
        self._go_on = wanted.go_on
        self._without_unreadable = wanted.without_unreadable

    def write_part(self, part: Sequence[Outcome], path: Path) -> None:
        told: Counter[str] = Counter()
        with part_zip(path) as zipped:
            for outcome, masks in masks_of(part):
                self._go_on()
                if outcome.final.state in _NO_SYNAPSES:
                    told[f"left_out_{outcome.final.state.value}"] += 1
                    continue
                found = self._read(outcome, masks)
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

    def _read(self, outcome: Outcome, masks: Sequence[MaskOfSlice]) -> tuple[Mask, Point] | None:
        """None where there is none to read any more, or where it was waited for long enough.

        Raises AwayError where it may be read later.
        """
        try:
            return _whole_mask(outcome, masks)
        except PlaceUnreadableError as error:
            if not self._without_unreadable:
                raise AwayError(error.sentence) from error
            return None
        except (NoEaselError, GoneError):
            return None

    def join(self, parts: Sequence[Path], target: Path) -> None:
        target.mkdir()
        overlaps = write_volume(target / LAYER, parts, self._grid, self._go_on)
        zip_folder(target / self.file_name, target / LAYER, top="segmentation")
        told: Counter[str] = Counter()
        for part in parts:
            told.update(json.loads(note_of(part)))
        pairs = sorted([*pair, voxels] for pair, voxels in overlaps.items())
        notes: dict[str, Any] = {
            **dict(sorted(told.items())),
            "overlap_voxels": overlaps.total(),
            "overlaps": len(pairs),
            "first_overlaps": pairs[:_MOST_TOLD],
        }
        write_text(target / NOTES, json.dumps(notes))


def _whole_mask(outcome: Outcome, masks: Sequence[MaskOfSlice]) -> tuple[Mask, Point]:
    """The mask `(z, y, x)` of an instance on the box that it is drawn in, and its first voxel.

    Raises PlaceUnreadableError, as where the volume does not answer, NoEaselError and GoneError.
    """
    revision = None if outcome.revision is None else revision_with_all(outcome.revision)
    if revision is None:
        raise GoneError(f"What was drawn of instance {outcome.instance.pk} was deleted meanwhile.")
    easel = easel_of(revision)
    drawn = ((one.z, _plane(one, easel)) for one in masks)
    return corrected_mask(read_mask(easel.request), easel.box, drawn), easel.box.lo


def _plane(mask: MaskOfSlice, easel: Easel) -> Mask:
    """What was drawn in a slice, `(y, x)` on the box."""
    box: Area = easel.area
    plane = np.frombuffer(mask.labels.within(box).plane, np.uint8)
    return plane.reshape(box.height, box.width).astype(np.bool_)
