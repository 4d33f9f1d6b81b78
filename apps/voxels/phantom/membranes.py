"""How far the nearest membrane is, in three dimensions, and how it is tilted to the section."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from apps.voxels.phantom.frame import Frame
from apps.voxels.phantom.territories import Territories

FloatArray = NDArray[np.float32]
Window = tuple[slice, slice]

WHOLE: Window = (slice(None), slice(None))
SLOPE_FLOOR = 0.5  # of the lead, in nm a nm: keeps distances finite where three cells meet


@dataclass(frozen=True, eq=False)
class Membrane:
    """distance_nm: (y, x) to the nearest membrane, in 3-D; tilt: (y, x) 0 upright .. 1 flat."""

    distance_nm: FloatArray
    tilt: FloatArray


def membrane_of(frame: Frame, tissue: Territories, z: int, window: Window = WHOLE) -> Membrane:
    """Membranes of section z, or of a window of it, from the owner's lead and its slope."""
    lead = tissue.lead_nm[z][window].astype(np.float32)
    slope_y = _steepest(lead, 0) / np.float32(frame.resolution_nm[1])
    slope_x = _steepest(lead, 1) / np.float32(frame.resolution_nm[2])
    below, above = max(z - 1, 0), min(z + 1, frame.shape[0] - 1)
    rise = _signed_lead(tissue, above, z, window) - _signed_lead(tissue, below, z, window)
    slope_z = np.abs(rise) / np.float32((above - below) * frame.resolution_nm[0])
    steep = ndimage.uniform_filter(np.sqrt(slope_y**2 + slope_x**2 + slope_z**2), 3)
    steep = np.maximum(steep, SLOPE_FLOOR)
    return Membrane(lead / steep, slope_z / steep)


def _steepest(lead: FloatArray, axis: int) -> FloatArray:
    """The larger of the two one-sided differences: the lead has a crease at the membrane."""
    step = np.abs(np.diff(lead, axis=axis))
    first, last = step.take([0], axis), step.take([-1], axis)
    before, after = np.concatenate([first, step], axis), np.concatenate([step, last], axis)
    return np.asarray(np.maximum(before, after), np.float32)


def _signed_lead(tissue: Territories, z: int, reference: int, window: Window) -> FloatArray:
    """Lead of section z, negative where the owner is not that of the reference section."""
    lead = tissue.lead_nm[z][window].astype(np.float32)
    same = tissue.owner[z][window] == tissue.owner[reference][window]
    return np.asarray(np.where(same, lead, -lead), np.float32)
