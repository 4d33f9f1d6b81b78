"""Paints sections of tissue as a scanning electron microscope would show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from apps.voxels.phantom.clefts import RIND_NM, offsets_nm, patch_of, tube_depth_nm
from apps.voxels.phantom.frame import Frame
from apps.voxels.phantom.membranes import Membrane
from apps.voxels.phantom.neurites import Neurite
from apps.voxels.phantom.organelles import Tube
from apps.voxels.phantom.sites import Site
from apps.voxels.phantom.splines import smooth_noise
from apps.voxels.phantom.stamps import Stamps, dot_profile, vesicle_profile
from apps.voxels.phantom.territories import Territories
from apps.voxels.phantom.vesicles import VESICLE_RADIUS_NM

FloatArray = NDArray[np.float32]
Window = tuple[slice, slice]

MEMBRANE_GREY = 58.0
MEMBRANE_NM = 12.5
RIM_NM = 24.0  # what is painted of an organelle outside its surface
SHEATH_NM = 78.0  # thickness of myelin


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything that a section may show."""

    frame: Frame
    neurites: Sequence[Neurite]
    tissue: Territories
    synapses: Sequence[Site]
    tubes: Sequence[Tube]
    vesicles_nm: NDArray[np.float64]
    microtubules_nm: FloatArray


class SectionPainter:
    """Paints the sections of a scene one after the other."""

    def __init__(self, rng: np.random.Generator, scene: Scene) -> None:
        self._rng = rng
        self._scene = scene
        self._frame = scene.frame
        self._brightness = np.array([0.0, *(n.brightness for n in scene.neurites)], np.float32)
        self._grain = np.array([0.0, *(n.grain for n in scene.neurites)], np.float32)
        kinds = np.array(["none", *(n.kind for n in scene.neurites)])
        self._myelinated = kinds == "myelinated"
        self._vesicles = Stamps(scene.frame, scene.vesicles_nm, VESICLE_RADIUS_NM + 8.0)
        self._microtubules = Stamps(scene.frame, scene.microtubules_nm, 1.0)
        low = np.array([(t.points_nm[:, 0] - t.radii_nm).min() for t in scene.tubes])
        high = np.array([(t.points_nm[:, 0] + t.radii_nm).max() for t in scene.tubes])
        self._tube_z, self._tube_half = (low + high) / 2, (high - low) / 2 + RIM_NM

    def paint(self, z: int, membrane: Membrane) -> NDArray[np.uint8]:
        """Section z as (y, x) uint8."""
        owner = self._scene.tissue.owner[z]
        texture = self._texture(owner.shape)
        image = self._brightness[owner] + self._grain[owner] * texture
        self._add_microtubules(image, z)
        for index in np.flatnonzero(np.abs(self._tube_z - self._frame.z_nm(z)) < self._tube_half):
            self._add_tube(image, z, self._scene.tubes[int(index)], membrane)
        self._add_membranes(image, owner, membrane, texture)
        for site in self._scene.synapses:
            self._add_synapse(image, z, site, membrane, texture)
        self._add_vesicles(image, z)
        return self._expose(image)

    def _texture(self, shape: tuple[int, ...]) -> FloatArray:
        """Granular brightness variation (y, x) of cytoplasm, about zero."""
        grain = self._rng.standard_normal(shape, dtype=np.float32)
        fine = ndimage.gaussian_filter(grain, 1.2, truncate=2.5)
        coarse = ndimage.gaussian_filter(grain, 2.8, truncate=2.0)
        return np.asarray(36.0 * fine + 56.0 * coarse, np.float32)

    def _add_microtubules(self, image: FloatArray, z: int) -> None:
        where, distance, _ = self._microtubules.distances(z)
        depth = np.zeros_like(image)
        np.maximum.at(depth, where, dot_profile(distance, 10.0))
        image -= 80.0 * depth

    def _add_vesicles(self, image: FloatArray, z: int) -> None:
        where, distance, offset = self._vesicles.distances(z)
        np.add.at(image, where, vesicle_profile(distance, offset, VESICLE_RADIUS_NM))

    def _add_tube(self, image: FloatArray, z: int, tube: Tube, membrane: Membrane) -> None:
        depth_nm = self._frame.z_nm(z)
        reach = float(tube.radii_nm.max()) + RIM_NM
        near = np.abs(tube.points_nm[:, 0] - depth_nm) < reach
        points = tube.points_nm[near]
        middle = (points.min(axis=0) + points.max(axis=0)) / 2
        spread = float((points.max(axis=0) - points.min(axis=0))[1:].max()) / 2
        window = self._frame.window(z, middle, spread + reach)
        if window is None:
            return
        depth = tube_depth_nm(self._frame, z, window, tube)
        rind = SHEATH_NM + 15.0 if self._myelinated[tube.owner] else RIND_NM
        depth = np.minimum(depth, membrane.distance_nm[window] - rind)
        depth[self._scene.tissue.owner[z][window] != tube.owner] = -1e4
        paint = {"mitochondrion": self._paint_mitochondrion, "lysosome": _paint_lysosome}
        paint.get(tube.kind, _paint_sac)(image[window], depth, *self._along(z, window, tube))

    def _along(self, z: int, window: Window, tube: Tube) -> tuple[FloatArray, FloatArray]:
        """Position along a tube, and across it, in nm: (y, x) each."""
        dz, dy, dx = offsets_nm(self._frame, z, window, tube.points_nm[0])
        along = dz * tube.axis[0] + dy * tube.axis[1] + dx * tube.axis[2]
        across = dz * 0.4 + dy * tube.axis[2] - dx * tube.axis[1]
        return along + 30.0 * tube.phase, across

    @staticmethod
    def _paint_mitochondrion(
        image: FloatArray, depth: FloatArray, along: FloatArray, across: FloatArray
    ) -> None:
        inside = _ramp(depth, 8.0)
        fold = along + 26.0 * np.sin(across / 58.0) + 14.0 * np.sin(across / 23.0 + along / 90.0)
        crista = np.clip(np.cos(fold * (2 * np.pi / 62.0)), 0, 1) ** 2
        crista *= _ramp(depth - 26.0, 10.0)
        crista *= 0.55 + 0.45 * np.sin(across / 41.0 + along / 130.0)
        matrix = 122.0 - 44.0 * crista
        rim = np.exp(-(((depth - 4.0) / 8.0) ** 2)) + 0.75 * np.exp(-(((depth - 22.0) / 6.5) ** 2))
        image += inside * 0.88 * (matrix - image)
        image -= 62.0 * rim.clip(0, 1)

    def _add_membranes(
        self,
        image: FloatArray,
        owner: NDArray[np.uint32],
        membrane: Membrane,
        texture: FloatArray,
    ) -> None:
        # A section has a thickness: a tilted membrane smears over it, and is fainter.
        smear = membrane.tilt * np.float32(self._frame.resolution_nm[0]) / 3.0
        width = np.sqrt(MEMBRANE_NM**2 + smear**2)
        depth = np.exp(-((membrane.distance_nm / width) ** 2)) * (MEMBRANE_NM / width)
        image += 0.95 * depth * (MEMBRANE_GREY + 0.6 * texture - image)
        wrapped = self._myelinated[owner]
        if wrapped.any():
            sheath = _ramp(SHEATH_NM - membrane.distance_nm, 7.0) * wrapped
            lamella = 62.0 + 12.0 * np.cos(membrane.distance_nm * (2 * np.pi / 19.0))
            image += sheath * (lamella - image)

    def _add_synapse(
        self, image: FloatArray, z: int, site: Site, membrane: Membrane, texture: FloatArray
    ) -> None:
        if abs(self._frame.z_nm(z) - site.center_nm[0]) > site.radius_nm:
            return
        where = self._frame.window(z, site.center_nm, site.radius_nm + 10.0)
        if where is None:
            return
        distance = membrane.distance_nm[where]
        patch = patch_of(self._frame, self._scene.tissue, distance, z, site, where)
        side = np.nan_to_num(patch.side_nm, nan=1e4)
        disc = site.strength * _ramp(site.radius_nm - patch.radial_nm, 16.0)
        density = np.exp(-((np.maximum(side - 17.0, 0) / 22.0) ** 2)) * (side > 0)
        grip = np.exp(-(((side + 12.0) / 9.0) ** 2))
        gap = np.exp(-((side / 5.5) ** 2))
        window = image[where]
        grain = 0.9 * texture[where]
        window += disc * 0.92 * density * (44.0 + grain - window)
        window += disc * 0.6 * grip * (60.0 + grain - window)
        window += disc * 0.3 * gap * (120.0 - window)

    def _expose(self, image: FloatArray) -> NDArray[np.uint8]:
        """Focus, shading, contrast and shot noise of one exposure."""
        height, width = image.shape
        rng = self._rng
        axes = (np.arange(height, dtype=np.float64), np.arange(width, dtype=np.float64))
        shading = 4.0 * smooth_noise(rng, axes, 180.0) + rng.normal(0.0, 2.5)
        image = ndimage.gaussian_filter(image, float(rng.uniform(0.55, 0.8)))
        image = (image - 150.0) * float(rng.normal(1.04, 0.025)) + 150.0 + shading
        noise = rng.standard_normal(image.shape, dtype=np.float32)
        image += noise * (7.0 + 0.028 * image)
        return np.rint(image).clip(0, 255).astype(np.uint8)


def _ramp(value: FloatArray, width: float) -> FloatArray:
    """Smooth step from 0 to 1 around value 0."""
    return np.asarray(1.0 / (1.0 + np.exp(np.clip(-4.0 * value / width, -40, 40))), np.float32)


def _paint_sac(image: FloatArray, depth: FloatArray, along: FloatArray, across: FloatArray) -> None:
    """A membrane around a clear inside: reticulum, endosomes."""
    del along, across
    image += 0.5 * _ramp(depth - 8.0, 8.0) * (188.0 - image)
    image -= 72.0 * np.exp(-((depth / 7.5) ** 2))


def _paint_lysosome(
    image: FloatArray, depth: FloatArray, along: FloatArray, across: FloatArray
) -> None:
    """A dense dark body."""
    speckle = 16.0 * np.sin(along / 11.0) * np.sin(across / 13.0)
    image += 0.9 * _ramp(depth, 8.0) * (72.0 + speckle - image)
