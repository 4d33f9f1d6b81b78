"""What a checkpoint has to be like; `docs/networks.md` says it for those who make one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from apps.pipelines.domain.errors import NetworkError

Array = NDArray[np.float32]

KIND_KEY, KIND = "synanno_network", "depth-fill 1"
OUTPUT_KEY, OUTPUTS = "synanno_output", ("logits", "probabilities")
IMAGE_KEY, IMAGES = "synanno_image", ("-1..1", "0..1")
AXES = ("Z", "Y", "X")
FLOAT = "tensor(float)"  # as ONNX Runtime calls float32
MOST_VOXELS = 2**22  # of a window: a U-Net takes some hundred bytes for each


@dataclass(frozen=True)
class Tensor:
    """An input or output that a network declares; None where a size is left open."""

    name: str
    kind: str
    shape: tuple[int | None, ...]


@dataclass(frozen=True)
class Contract:
    """How a network is used.

    `channels`: 2 (image, seeds) or 3 (and which slices were drawn). `window`: z, y, x in voxels,
    None where any size will do. `output`: one of OUTPUTS. `image`: the range of the image's
    values, one of IMAGES.
    """

    channels: int
    window: tuple[int | None, ...]
    output: str = OUTPUTS[0]
    image: str = IMAGES[0]


class Network(Protocol):
    """A network that can be run."""

    @property
    def contract(self) -> Contract: ...

    def run(self, window: Array, within_s: float) -> Array:
        """`window`: (1, channels, z, y, x) float32. The answer: (1, 1, z, y, x) float32.

        Raises NetworkError where it cannot be run, TimeoutError after `within_s`.
        """


def read_contract(
    inputs: Sequence[Tensor], outputs: Sequence[Tensor], metadata: Mapping[str, str]
) -> Contract:
    """How a network that declares these is used. Raises NetworkError where it does not fit."""
    given, answer = _only(inputs, "input"), _only(outputs, "output")
    _check_metadata(metadata)
    for tensor, channel in ((given, "2 or 3"), (answer, "1")):
        if tensor.kind != FLOAT:
            raise NetworkError(
                f"“{tensor.name}” is a {tensor.kind}, and has to be float32 ({FLOAT})."
            )
        if len(tensor.shape) != 5:
            raise NetworkError(
                f"“{tensor.name}” has {len(tensor.shape)} dimensions, and has to have five: "
                f"(1, {channel}, Z, Y, X)."
            )
        if tensor.shape[0] not in (None, 1):
            raise NetworkError(f"“{tensor.name}” holds {tensor.shape[0]} boxes at once, not 1.")
    channels = given.shape[1]
    if channels not in (2, 3):
        raise NetworkError(
            f"“{given.name}” has {_size(channels)} channels, and has to have 2 (image, seeds) or 3 "
            "(image, seeds, drawn slices)."
        )
    if answer.shape[1] not in (None, 1):
        raise NetworkError(f"“{answer.name}” has {answer.shape[1]} channels, and has to have 1.")
    _check_window(given, answer)
    return Contract(
        channels=channels,
        window=given.shape[2:],
        output=metadata.get(OUTPUT_KEY, OUTPUTS[0]),
        image=metadata.get(IMAGE_KEY, IMAGES[0]),
    )


def _only(tensors: Sequence[Tensor], what: str) -> Tensor:
    if len(tensors) != 1:
        raise NetworkError(f"it has {len(tensors)} {what}s, and has to have one.")
    return tensors[0]


def _check_metadata(metadata: Mapping[str, str]) -> None:
    kind = metadata.get(KIND_KEY)
    if kind is None:
        raise NetworkError(
            f"its metadata do not say what it is for: {KIND_KEY} has to be “{KIND}”."
        )
    for key, known in ((KIND_KEY, (KIND,)), (OUTPUT_KEY, OUTPUTS), (IMAGE_KEY, IMAGES)):
        said = metadata.get(key, known[0])
        if said not in known:
            wanted = " or ".join(f"“{one}”" for one in known)
            raise NetworkError(f"{key} in its metadata is “{said}”, and has to be {wanted}.")


def _check_window(given: Tensor, answer: Tensor) -> None:
    for axis, size, found in zip(AXES, given.shape[2:], answer.shape[2:], strict=True):
        if size is not None and size < 1:
            raise NetworkError(f"“{given.name}” has {size} voxels along {axis}.")
        if None not in (size, found) and size != found:
            raise NetworkError(
                f"it answers {found} voxels along {axis} where it is given {size}; both have to "
                "be the same."
            )
    voxels = prod(size or 1 for size in given.shape[2:])
    if voxels > MOST_VOXELS:
        shape = " × ".join(_size(size) for size in given.shape[2:])
        raise NetworkError(
            f"it takes {shape} voxels at once, which is more than {MOST_VOXELS:,}: leave the sizes "
            "open when you export it, or fix smaller ones."
        )


def _size(size: int | None) -> str:
    return "any number of" if size is None else str(size)
