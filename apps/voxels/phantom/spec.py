"""What a phantom is asked to be, and what comes back: plain values, no behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

PointXYZ = tuple[int, int, int]
TruthKind = Literal["correct", "falsePositive", "badFit", "polaritySwitch", "missed"]

SMALLEST_SHAPE_ZYX = (16, 128, 128)


@dataclass(frozen=True)
class PhantomSpec:
    """The order for one phantom volume.

    `shape_zyx` is in voxels, `resolution_nm_zyx` in nanometres a voxel. `synapses` counts the
    true synapses; the rates are fractions of it: `false_positive_rate` adds candidates where
    there is no synapse, `missed_rate` withholds candidates of true synapses, `bad_fit_rate` and
    `polarity_switch_rate` spoil candidates of true synapses. `border_fraction` is the share of
    true synapses that may lie so near a border that a 256 x 256 x 16 crop needs padding.

    Raises ValueError, naming the field, for values that no volume can satisfy.
    """

    seed: int = 7
    shape_zyx: tuple[int, int, int] = (96, 768, 768)
    resolution_nm_zyx: tuple[float, float, float] = (32.0, 8.0, 8.0)
    synapses: int = 150
    false_positive_rate: float = 0.12
    bad_fit_rate: float = 0.08
    polarity_switch_rate: float = 0.08
    missed_rate: float = 0.08
    border_fraction: float = 0.25

    def __post_init__(self) -> None:
        for axis, size, least in zip("zyx", self.shape_zyx, SMALLEST_SHAPE_ZYX, strict=True):
            if size < least:
                raise ValueError(f"shape_zyx: {size} voxels in {axis}, at least {least} needed.")
        for axis, size_nm in zip("zyx", self.resolution_nm_zyx, strict=True):
            if not 2.0 <= size_nm <= 50.0:
                raise ValueError(
                    f"resolution_nm_zyx: {size_nm} nm in {axis}, must be between 2 and 50."
                )
        if self.synapses < 1:
            raise ValueError(f"synapses: {self.synapses}, at least 1 needed.")
        rates = {
            "false_positive_rate": self.false_positive_rate,
            "bad_fit_rate": self.bad_fit_rate,
            "polarity_switch_rate": self.polarity_switch_rate,
            "missed_rate": self.missed_rate,
            "border_fraction": self.border_fraction,
        }
        for name, rate in rates.items():
            if not 0.0 <= rate <= 1.0:
                raise ValueError(f"{name}: {rate}, must be between 0 and 1.")
        if self.bad_fit_rate + self.polarity_switch_rate + self.missed_rate > 1.0:
            raise ValueError("bad_fit_rate + polarity_switch_rate + missed_rate exceed 1.")


@dataclass(frozen=True)
class Candidate:
    """One row of the detector's table; points are voxels of the cleft volume in x, y, z.

    `id` is the row's index plus one and the label of its mask in `Phantom.clefts`.
    """

    id: int
    pre_pt_xyz: PointXYZ
    post_pt_xyz: PointXYZ
    center_xyz: PointXYZ
    pre_neuron_id: int
    post_neuron_id: int


@dataclass(frozen=True)
class Truth:
    """What is really there, for one candidate or for one missed synapse.

    `row` is the index into the table, None for a missed synapse. `synapse_id` is the label in
    `Phantom.true_clefts`, None for a false positive. `detail` says how it was planted. Points
    and neurons are the true ones, None for a false positive.
    """

    row: int | None
    kind: TruthKind
    detail: str
    synapse_id: int | None
    pre_pt_xyz: PointXYZ | None
    post_pt_xyz: PointXYZ | None
    center_xyz: PointXYZ | None
    pre_neuron_id: int | None
    post_neuron_id: int | None


@dataclass(frozen=True, eq=False)
class Phantom:
    """A finished phantom; every array has axes (z, y, x) and the shape of the spec.

    image: uint8, brightness as in an electron micrograph (membranes dark).
    neurons: uint32, the true neuron (or glia) of each voxel; 0 does not occur.
    clefts: uint32, the automatic and partly wrong masks, label = `Candidate.id`, 0 = none.
    true_clefts: uint32, the true masks, label = `Truth.synapse_id`, 0 = none.
    """

    spec: PhantomSpec
    image: NDArray[np.uint8]
    neurons: NDArray[np.uint32]
    clefts: NDArray[np.uint32]
    true_clefts: NDArray[np.uint32]
    candidates: tuple[Candidate, ...]
    truth: tuple[Truth, ...]
