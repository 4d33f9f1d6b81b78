"""What Neuroglancer is told to show: its state, as plain data that JSON can hold.

Places are in nm here, x, y, z. Neuroglancer counts in voxels whose size it takes in m, and a voxel
reaches from its number to the next: its middle is half a voxel on. Root ids become strings, since
JavaScript loses digits of numbers above 2^53.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from apps.voxels.geometry import AXES, AxisOrder, Point, Resolution

State = dict[str, Any]
Triple = tuple[float, float, float]

# As the grid draws them.
MASK_COLOUR, PRE_COLOUR, POST_COLOUR = "#ff00ff", "#00ff00", "#0000ff"
PRE_NEURON, POST_NEURON = "#7fc97f", "#80b1ff"  # paler: the points stay visible on them
LAYER_NAMES = {"image": "image", "cleft": "clefts", "neuron": "neurons", "neuropil": "neuropil"}
SKELETON_LAYER = "skeletons"
PRE_LAYER, POST_LAYER, CENTRE_LAYER = "presynaptic points", "postsynaptic points", "centres"
KNOWN_LAYER, KNOWN_COLOUR = "known synapses", "#ffffff"
# As large as the marks that people set.
_KNOWN_SHADER = "void main() { setColor(defaultColor()); setPointMarkerSize(9.0); }"

_VIEW_PX = 300  # the crop fills about so much of a panel
_AROUND = 6  # how many crops high the view in 3-D is


@dataclass(frozen=True)
class ShownVolume:
    """A volume of `kind` as Neuroglancer reads it from `source`.

    `base_resolution` (nm; x, y, z) is that of the volume's finest mip, as it truly is; None takes
    what its info says. `axis_order` says which physical axis each stored axis holds.
    """

    kind: str
    source: str
    axis_order: str = "xyz"
    base_resolution: Resolution | None = None


@dataclass(frozen=True)
class ShownSynapse:
    """A synapse: middles of its centre and points, in nm; its neurons, where they are known."""

    centre_nm: Triple
    pre_nm: Triple | None = None
    post_nm: Triple | None = None
    pre_root_id: int | None = None
    post_root_id: int | None = None


def middle_nm(point: Point, resolution: Resolution) -> Triple:
    """The middle of a voxel, in nm."""
    x, y, z = ((at + 0.5) * size for at, size in zip(point, resolution, strict=True))
    return (x, y, z)


def viewer_state(
    volumes: Sequence[ShownVolume],
    synapses: Sequence[ShownSynapse],
    *,
    voxel: Resolution,
    extent_nm: float,
    skeletons: str | None = None,
    known_nm: Sequence[Triple] = (),
) -> State:
    """The state that shows `volumes` at the first of `synapses` (at least one), with the points of
    all and their neurons selected, and points of a layer of their own at `known_nm`.

    `voxel` is what Neuroglancer counts in; `extent_nm` is how much of x and y is seen of a slice;
    `skeletons` is the source of the neurons' skeletons.
    """
    finest = min(voxel)
    layers = [_volume_layer(volume, synapses) for volume in volumes]
    if skeletons is not None:
        layers.append(_skeleton_layer(skeletons, volumes, synapses))
    if known_nm:
        known = _points(KNOWN_LAYER, KNOWN_COLOUR, known_nm, voxel)
        layers.append(known | {"shader": _KNOWN_SHADER})
    return {
        "dimensions": _dimensions(voxel),
        "position": _in_voxels(synapses[0].centre_nm, voxel),
        "crossSectionScale": extent_nm / finest / _VIEW_PX,
        "projectionScale": _AROUND * extent_nm / finest,
        "layers": [*layers, *_point_layers(synapses, voxel)],
        "showAxisLines": False,
        "layout": "4panel",
    }


def state_fragment(state: State) -> str:
    """The state as the end of an address, which browsers do not send to servers: `#!…`."""
    return "#!" + quote(json.dumps(state, separators=(",", ":")))


def _dimensions(resolution: Resolution | Sequence[float]) -> dict[str, list[Any]]:
    return {axis: [nm / 1e9, "m"] for axis, nm in zip(AXES, resolution, strict=True)}


def _in_voxels(place_nm: Triple, voxel: Resolution) -> list[float]:
    return [at / size for at, size in zip(place_nm, voxel, strict=True)]


def _volume_layer(volume: ShownVolume, synapses: Sequence[ShownSynapse]) -> State:
    layer: State = {
        "type": "image" if volume.kind == "image" else "segmentation",
        "name": LAYER_NAMES[volume.kind],
        "source": _source(volume),
    }
    if volume.kind == "cleft":
        layer |= {"selectedAlpha": 0.4, "segmentDefaultColor": MASK_COLOUR}
    if volume.kind == "neuropil":
        layer["visible"] = False  # it covers everything: whoever wants it turns it on
    if volume.kind == "neuron":
        colours = _neurons(synapses)
        layer |= {"selectedAlpha": 0.25, "segments": [*colours], "segmentColors": dict(colours)}
    return layer


def _skeleton_layer(
    source: str, volumes: Sequence[ShownVolume], synapses: Sequence[ShownSynapse]
) -> State:
    """The skeletons of the neurons that are selected, in their colours: where there is a volume of
    neurons, of those that are selected there."""
    layer: State = {"type": "segmentation", "name": SKELETON_LAYER, "source": source}
    if any(volume.kind == "neuron" for volume in volumes):
        neurons = LAYER_NAMES["neuron"]
        linked = ("linkedSegmentationGroup", "linkedSegmentationColorGroup")
        return layer | dict.fromkeys(linked, neurons)
    colours = _neurons(synapses)
    return layer | {"segments": [*colours], "segmentColors": dict(colours)}


def _neurons(synapses: Sequence[ShownSynapse]) -> Mapping[str, str]:
    """A colour for each neuron, the presynaptic ones first; one that is both counts as those."""
    pre = {str(one.pre_root_id): PRE_NEURON for one in synapses if one.pre_root_id is not None}
    post = {str(one.post_root_id): POST_NEURON for one in synapses if one.post_root_id is not None}
    return pre | {root: colour for root, colour in post.items() if root not in pre}


def _source(volume: ShownVolume) -> str | State:
    """The address, with a transform where axes or resolution are not as the info says."""
    order = AxisOrder(volume.axis_order)
    if volume.base_resolution is None and volume.axis_order == "xyz":
        return volume.source
    matrix = [
        [*(1 if stored == place else 0 for stored in range(3)), 0]
        for place in order.stored_to_physical
    ]
    # The matrix is of lengths, whatever the voxels are: 0 and 1 rename axes and scale nothing.
    sizes = volume.base_resolution or Resolution(1, 1, 1)
    transform: State = {"matrix": matrix, "outputDimensions": _dimensions(sizes)}
    if volume.base_resolution is not None:
        stored_nm = [[*volume.base_resolution][axis] for axis in order.physical_to_stored]
        transform["inputDimensions"] = _dimensions(stored_nm)
    return {"url": volume.source, "transform": transform}


def _point_layers(synapses: Sequence[ShownSynapse], voxel: Resolution) -> list[State]:
    groups = (
        (PRE_LAYER, PRE_COLOUR, [one.pre_nm for one in synapses]),
        (POST_LAYER, POST_COLOUR, [one.post_nm for one in synapses]),
    )
    layers = [
        _points(name, colour, places, voxel) for name, colour, places in groups if any(places)
    ]
    if layers:
        return layers
    return [_points(CENTRE_LAYER, MASK_COLOUR, [one.centre_nm for one in synapses], voxel)]


def _points(name: str, colour: str, places_nm: Sequence[Triple | None], voxel: Resolution) -> State:
    annotations = [
        {"type": "point", "id": f"{name} {number}", "point": _in_voxels(place, voxel)}
        for number, place in enumerate(places_nm)
        if place is not None
    ]
    source = {"url": "local://annotations", "transform": {"outputDimensions": _dimensions(voxel)}}
    return {
        "type": "annotation",
        "name": name,
        "source": source,
        "annotations": annotations,
        "annotationColor": colour,
        "tab": "annotations",
    }
