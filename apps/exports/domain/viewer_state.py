"""What Neuroglancer is told of an export: its layers over those of the dataset, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from apps.exports.domain.annotation_words import POST, PRE, VERDICTS

State = dict[str, Any]
VERDICT_LAYER, MASK_LAYER = "verdicts", "corrected masks"
# As the grid has them; what nobody has judged is white.
_COLOURS = {
    "none": (1.0, 1.0, 1.0),
    "correct": (0.30, 0.75, 0.35),
    "incorrect": (0.90, 0.25, 0.25),
    "unsure": (0.95, 0.80, 0.20),
}


def _shader() -> str:
    """A line in the colour of its verdict; a number for each word, as in the properties."""
    lines = ["void main() {", "  setLineWidth(2.0);", "  setEndpointMarkerSize(7.0);"]
    for number, word in enumerate(VERDICTS):
        colour = ", ".join(f"{part:.2f}" for part in _COLOURS[word])
        lines.append(f"  if (int(prop_verdict()) == {number}) setColor(vec3({colour}));")
    return "\n".join([*lines, "}"])


def with_layers(
    state: Mapping[str, Any],
    *,
    verdicts: str | None,
    masks: str | None,
    neurons: str | None,
) -> State:
    """A state of the dataset with what the export adds to it, from these sources. `neurons` is the
    layer whose segments the lines are of."""
    told: State = deepcopy(dict(state))
    if masks is not None:
        told["layers"].append({"type": "segmentation", "name": MASK_LAYER, "source": masks})
    if verdicts is not None:
        layer: State = {
            "type": "annotation",
            "name": VERDICT_LAYER,
            "source": verdicts,
            "shader": _shader(),
            "tab": "annotations",
        }
        if neurons is not None:
            layer["linkedSegmentationLayer"] = dict.fromkeys((PRE, POST), neurons)
        told["layers"].append(layer)
        told["selectedLayer"] = {"visible": True, "layer": VERDICT_LAYER}
    return told
