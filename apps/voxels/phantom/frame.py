"""Where a voxel lies in the tissue: scale, and the small shift that each section has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.voxels.phantom.spec import PhantomSpec


@dataclass(frozen=True, eq=False)
class Frame:
    """Maps voxels (z, y, x) to tissue coordinates (z, y, x) in nm and back.

    shift_nm: (sections, 2) float64, how far each section is displaced in y and x. Sections of
    a real series are never aligned perfectly; image and labels share the shift.
    """

    shape: tuple[int, int, int]
    resolution_nm: NDArray[np.float64]
    shift_nm: NDArray[np.float64]

    @classmethod
    def of(cls, spec: PhantomSpec, rng: np.random.Generator) -> Frame:
        """The frame of a spec, with section shifts of about half a voxel."""
        shift = rng.normal(0.0, 4.0, (spec.shape_zyx[0], 2)).clip(-10.0, 10.0)
        return cls(spec.shape_zyx, np.array(spec.resolution_nm_zyx, np.float64), shift)

    @property
    def extent_nm(self) -> NDArray[np.float64]:
        """Size of the volume in nm: (3,) in z, y, x."""
        return np.array(self.shape) * self.resolution_nm

    def z_nm(self, z: int) -> float:
        """Depth of section z in nm."""
        return float(z * self.resolution_nm[0])

    def rows_nm(self, z: int, start: int, stop: int) -> NDArray[np.float32]:
        """Tissue y of the voxel rows start..stop of section z, in nm."""
        rows = np.arange(start, stop) * self.resolution_nm[1] + self.shift_nm[z, 0]
        return np.asarray(rows, np.float32)

    def columns_nm(self, z: int, start: int, stop: int) -> NDArray[np.float32]:
        """Tissue x of the voxel columns start..stop of section z, in nm."""
        columns = np.arange(start, stop) * self.resolution_nm[2] + self.shift_nm[z, 1]
        return np.asarray(columns, np.float32)

    def to_nm(self, voxels: NDArray[np.integer]) -> NDArray[np.float64]:
        """Tissue coordinates (n, 3) in nm of voxels (n, 3)."""
        points = voxels * self.resolution_nm
        points[:, 1:] += self.shift_nm[voxels[:, 0]]
        return np.asarray(points, np.float64)

    def to_voxels(self, points_nm: NDArray[np.floating]) -> NDArray[np.int64]:
        """Nearest voxels (n, 3) of tissue points (n, 3); may lie outside the volume."""
        z = np.rint(points_nm[:, 0] / self.resolution_nm[0]).astype(np.int64)
        shift = self.shift_nm[np.clip(z, 0, self.shape[0] - 1)]
        plane = np.rint((points_nm[:, 1:] - shift) / self.resolution_nm[1:]).astype(np.int64)
        return np.column_stack([z, plane])

    def contains(self, voxels: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Which of the voxels (n, 3) lie inside the volume."""
        inside = (voxels >= 0) & (voxels < np.array(self.shape))
        return np.asarray(inside.all(axis=1))

    def window(
        self, z: int, center_nm: NDArray[np.floating], reach_nm: float
    ) -> tuple[slice, slice] | None:
        """Rows and columns of section z within reach of a tissue point; None if there are none."""
        bounds = []
        for axis in (1, 2):
            middle = center_nm[axis] - self.shift_nm[z, axis - 1]
            low = int(np.floor((middle - reach_nm) / self.resolution_nm[axis]))
            high = int(np.ceil((middle + reach_nm) / self.resolution_nm[axis])) + 1
            low, high = max(low, 0), min(high, self.shape[axis])
            if low >= high:
                return None
            bounds.append(slice(low, high))
        return bounds[0], bounds[1]

    def sections_within(self, z_low_nm: float, z_high_nm: float) -> range:
        """Sections whose depth lies in the closed interval."""
        low = int(np.ceil(z_low_nm / self.resolution_nm[0]))
        high = int(np.floor(z_high_nm / self.resolution_nm[0]))
        return range(max(low, 0), min(high, self.shape[0] - 1) + 1)
