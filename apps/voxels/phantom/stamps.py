"""Small round things painted into sections: vesicles and microtubules."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from apps.voxels.phantom.frame import Frame

FloatArray = NDArray[np.float32]

HALF_NM = 32.0  # a stamp reaches this far from its middle


class Stamps:
    """Points (n, 3) nm sorted by section, with the brightness that each adds around it."""

    def __init__(self, frame: Frame, points_nm: NDArray[np.floating], reach_nm: float) -> None:
        self._frame = frame
        self._points = points_nm[np.argsort(points_nm[:, 0], kind="stable")]
        self._reach = reach_nm
        self._half = int(np.ceil(HALF_NM / frame.resolution_nm[1:].min()))

    def _near(self, z: int) -> FloatArray:
        middle = self._frame.z_nm(z)
        low, high = np.searchsorted(
            self._points[:, 0], [middle - self._reach, middle + self._reach], side="left"
        )
        return np.asarray(self._points[low:high], np.float32)

    def distances(self, z: int) -> tuple[tuple[NDArray[np.int64], ...], FloatArray, FloatArray]:
        """Rows and columns, their in-plane distance, and the depth offset of each stamp.

        Returns ((rows, columns) of (n, k, k), (n, k, k) nm, (n,) nm); stamps that would leave
        the section are dropped.
        """
        half, points = self._half, self._near(z)
        voxels = self._frame.to_voxels(
            np.column_stack([np.full(len(points), self._frame.z_nm(z)), points[:, 1:]])
        )
        _, height, width = self._frame.shape
        inside = (voxels[:, 1:] >= half).all(axis=1)
        inside &= (voxels[:, 1] < height - half) & (voxels[:, 2] < width - half)
        points, voxels = points[inside], voxels[inside]
        steps = np.arange(-half, half + 1)
        rows = voxels[:, 1, None] + steps
        columns = voxels[:, 2, None] + steps
        dy = rows * self._frame.resolution_nm[1] + self._frame.shift_nm[z, 0] - points[:, 1, None]
        dx = columns * self._frame.resolution_nm[2] + self._frame.shift_nm[z, 1]
        dx -= points[:, 2, None]
        distance = np.sqrt(dy[:, :, None] ** 2 + dx[:, None, :] ** 2).astype(np.float32)
        grid = np.broadcast_arrays(rows[:, :, None], columns[:, None, :])
        return tuple(grid), distance, points[:, 0] - np.float32(self._frame.z_nm(z))


def vesicle_profile(distance_nm: FloatArray, offset_nm: FloatArray, radius_nm: float) -> FloatArray:
    """Brightness change of vesicles cut by a section: dark rim, clear centre, dark cap.

    distance_nm: (n, k, k) in the plane; offset_nm: (n,) from the section.
    """
    cut = np.sqrt(np.maximum(radius_nm**2 - offset_nm**2, 0.0))[:, None, None]
    strength = np.clip((radius_nm + 8.0 - np.abs(offset_nm)) / 14.0, 0.0, 1.0)[:, None, None]
    rim = np.exp(-(((distance_nm - cut) / 7.5) ** 2))
    lumen = np.exp(-((distance_nm / 8.0) ** 2)) * np.clip((cut - 10.0) / 8.0, 0.0, 1.0)
    return np.asarray(strength * (30.0 * lumen - 80.0 * rim), np.float32)


def dot_profile(distance_nm: FloatArray, radius_nm: float) -> FloatArray:
    """A soft dark dot of depth one."""
    return np.asarray(np.exp(-((distance_nm / radius_nm) ** 2)), np.float32)
