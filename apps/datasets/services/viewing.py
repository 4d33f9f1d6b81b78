"""Show volumes and synapses in Neuroglancer: of a dataset, or of what is to become one.

What comes out is plain data. The browser reads public volumes itself, and local ones from this
server. A secret never leaves the server: of a volume that needs one it is told that it cannot be
shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse

from apps.accounts.models import User
from apps.core.errors import InvalidInputError, SynAnnoError
from apps.datasets.domain.viewer_state import (
    CENTRE_LAYER,
    LAYER_NAMES,
    ShownSynapse,
    ShownVolume,
    State,
    Triple,
    middle_nm,
    viewer_state,
)
from apps.datasets.gateways.local_files import NoSuchFileError, read_info
from apps.datasets.models import Instance, Volume
from apps.datasets.services.serving import folder_of, is_local, preview_path
from apps.datasets.services.skeleton_serving import has_skeletons
from apps.voxels.geometry import AxisOrder, Box, Point, Resolution

_ORDER = ("image", "neuropil", "neuron", "cleft")  # later ones are drawn above
_WIDEST_NM = 20_000  # of a slice of a whole dataset
_GRAPHENE, _MIDDLEAUTH = "graphene://", "middleauth+"
ServePath = Callable[[str, str], str]  # of an address and its kind: where the browser reads it


@dataclass(frozen=True)
class Problem:
    """Why a layer is not shown, or shows nothing here."""

    layer: str
    sentence: str


@dataclass(frozen=True)
class View:
    """A state for Neuroglancer, and what is missing from it."""

    state: State
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True)
class ViewedVolume:
    """A volume to show, saved or not. Resolution (nm) and bounds (voxels) are those of `mip`, in
    x, y, z. `needs_secret` says that the server reads it with a secret."""

    kind: str
    address: str
    resolution: Resolution
    bounds: Box
    mip: int = 0
    axis_order: str = "xyz"
    needs_secret: bool = False


def view_of_instance(
    volumes: Sequence[Volume], instance: Instance, table: Resolution, crop: Point, origin: str
) -> View:
    """An instance of a table of this resolution, at its place and as large as its cutout.

    `crop` is in voxels of the clefts; `origin` is this server's address, `https://host`.
    """
    viewed = [_saved(volume) for volume in volumes]
    return _view(
        *(viewed, [synapse_of(instance, table)], crop, origin),
        _served_volumes(volumes),
        _skeletons_of(volumes, origin),
    )


def _skeletons_of(volumes: Sequence[Volume], origin: str) -> str | None:
    """Where this server gives the skeletons of a dataset's neurons, if it has any."""
    dataset_id = volumes[0].dataset_id
    if not has_skeletons(dataset_id):
        return None
    path = reverse("skeleton-info", args=[dataset_id]).removesuffix("/info")
    return f"precomputed://{origin.rstrip('/')}{path}"


def _served_volumes(volumes: Sequence[Volume]) -> ServePath:
    """Where this server gives the files of volumes of one dataset."""
    ids = {volume.kind: volume.pk for volume in volumes}

    def served(_address: str, kind: str) -> str:
        return reverse("volume-file", args=[ids[kind], "info"]).removesuffix("info")

    return served


def view_of_plan(
    user: User,
    volumes: Sequence[ViewedVolume],
    synapses: Sequence[ShownSynapse],
    crop: Point,
    origin: str,
) -> View:
    """Volumes that are not saved yet, for the staff person who names them: see `preview_path`.

    `synapses` may be empty: then the middle of the image is shown.
    """

    def served(address: str, kind: str) -> str:
        return preview_path(user, address, kind)

    return _view(volumes, synapses, crop, origin, served)


def view_of_place(
    volumes: Sequence[Volume],
    place_nm: Triple,
    root_id: int | None,
    crop: Point,
    origin: str,
    known_nm: Sequence[Triple] = (),
) -> View:
    """A place, as much around it as a cutout shows; its neuron is selected where one is named. At
    `known_nm` lie points that say nothing but that a synapse is known there."""
    viewed = [_saved(volume) for volume in volumes]
    place = ShownSynapse(place_nm, pre_root_id=root_id)
    view = _view(
        *(viewed, [place], crop, origin),
        _served_volumes(volumes),
        _skeletons_of(volumes, origin),
        opens_at=("The place", "it"),
        known_nm=known_nm,
    )
    _take_centres_away(view)
    return view


def _take_centres_away(view: View) -> None:
    """Of a view that is of no synapse."""
    layers = view.state["layers"]
    view.state["layers"] = [layer for layer in layers if layer["name"] != CENTRE_LAYER]


def view_of_dataset(volumes: Sequence[Volume], origin: str) -> View:
    """The middle of a dataset, with no neuron selected, for whoever chooses some there."""
    image = next((one for one in volumes if one.kind == Volume.Kind.IMAGE), volumes[0])
    target = next((one for one in volumes if one.kind == Volume.Kind.CLEFT), image)
    widest = int(_WIDEST_NM / min(target.resolution.x, target.resolution.y))
    sides = (min(size, widest) for size in target.bounds.size)
    view = _view(
        *([_saved(volume) for volume in volumes], [], Point(*sides), origin),
        _served_volumes(volumes),
        _skeletons_of(volumes, origin),
    )
    _take_centres_away(view)
    if all(volume.kind != Volume.Kind.NEURON for volume in volumes):
        sentence = "The dataset has no volume of neurons, so that none can be chosen by clicking."
        view.problems.append(Problem(LAYER_NAMES["neuron"], sentence))
    return view


def synapse_of(instance: Instance, table: Resolution) -> ShownSynapse:
    """What is shown of an instance whose points are voxels of `table`."""
    pre, post = instance.pre_pt, instance.post_pt
    return ShownSynapse(
        centre_nm=middle_nm(instance.center, table),
        pre_nm=middle_nm(pre, table) if pre else None,
        post_nm=middle_nm(post, table) if post else None,
        pre_root_id=instance.pre_root_id,
        post_root_id=instance.post_root_id,
    )


def _saved(volume: Volume) -> ViewedVolume:
    return ViewedVolume(
        kind=volume.kind,
        address=volume.address,
        resolution=volume.resolution,
        bounds=volume.bounds,
        mip=volume.mip,
        axis_order=volume.axis_order,
        needs_secret=volume.secret_id is not None,
    )


def _view(
    volumes: Sequence[ViewedVolume],
    synapses: Sequence[ShownSynapse],
    crop: Point,
    origin: str,
    served: ServePath,
    skeletons: str | None = None,
    opens_at: tuple[str, str] = ("The synapse", "its centre"),
    known_nm: Sequence[Triple] = (),
) -> View:
    """`opens_at` names what the view opens at, and the middle of it."""
    image = next((one for one in volumes if one.kind == "image"), volumes[0])
    target = next((one for one in volumes if one.kind == "cleft"), image)
    extent_nm = max(crop.x * target.resolution.x, crop.y * target.resolution.y)
    shown, problems = [], []
    for volume in sorted(volumes, key=lambda one: _ORDER.index(one.kind)):
        try:
            shown.append(_shown(volume, origin, served))
        except SynAnnoError as error:
            problems.append(Problem(LAYER_NAMES[volume.kind], error.sentence))
    for volume in volumes:
        problems += _outside(volume, synapses[:1], *opens_at)
    state = viewer_state(
        shown,
        synapses or [_middle_of(image)],
        voxel=image.resolution,
        extent_nm=extent_nm,
        skeletons=skeletons,
        known_nm=known_nm,
    )
    return View(state, problems)


def _middle_of(volume: ViewedVolume) -> ShownSynapse:
    lo, hi = volume.bounds.lo, volume.bounds.hi
    middle = Point(*((low + high) // 2 for low, high in zip(lo, hi, strict=True)))
    return ShownSynapse(middle_nm(middle, volume.resolution))


def _outside(
    volume: ViewedVolume, synapses: Sequence[ShownSynapse], what: str, middle: str
) -> list[Problem]:
    """Why nothing is to be seen where the view opens."""
    layer = LAYER_NAMES[volume.kind]
    problems = []
    for synapse in synapses:
        sizes = volume.resolution
        at = Point(
            *(int(nm // nm_each) for nm, nm_each in zip(synapse.centre_nm, sizes, strict=True))
        )
        if not volume.bounds.contains(at):
            lo, hi = tuple(volume.bounds.lo), tuple(volume.bounds.hi)
            sentence = (
                f"{what} lies outside the volume “{layer}”: {middle} is voxel {tuple(at)}, "
                f"the volume reaches from {lo} to {hi}."
            )
            problems.append(Problem(layer, sentence))
    return problems


def _shown(volume: ViewedVolume, origin: str, served: ServePath) -> ShownVolume:
    """How the browser reads it. Raises SynAnnoError where it cannot."""
    address, is_graphene = volume.address, volume.address.startswith(_GRAPHENE)
    if _holds_secret(address) or (volume.needs_secret and not is_graphene):
        raise InvalidInputError(
            f"The volume “{LAYER_NAMES[volume.kind]}” is read with a secret that stays on the "
            "server, so Neuroglancer cannot show it."
        )
    if is_local(address):
        source = f"precomputed://{origin.rstrip('/')}{served(address, volume.kind)}"
    elif is_graphene:  # CAVE asks people for their own login
        source = f"{_GRAPHENE}{_MIDDLEAUTH}{_bare(address)}"
    else:
        source = f"precomputed://{address}"
    return ShownVolume(volume.kind, source, volume.axis_order, _base_resolution(volume))


def _holds_secret(address: str) -> bool:
    """Whether an address names a person or carries a token."""
    parts = urlsplit(_bare(address))
    return "@" in parts.netloc or bool(parts.query)


def _bare(address: str) -> str:
    return address.removeprefix(_GRAPHENE).removeprefix(_MIDDLEAUTH)


def _base_resolution(volume: ViewedVolume) -> Resolution | None:
    """The voxels of the finest mip, of which Neuroglancer derives the others.

    A resolution that somebody gave is of the mip that is shown. For a coarser mip the info says how
    much finer the finest is; of one elsewhere, that is not read here, and its info is believed.
    """
    if volume.mip == 0:
        return volume.resolution
    if not is_local(volume.address):
        return None
    try:
        info = read_info(folder_of(volume.address), settings.ENVIRONMENT.volume_roots)
        order = AxisOrder(volume.axis_order)
        finest = order.to_physical(info["scales"][0]["resolution"])
        shown = order.to_physical(info["scales"][volume.mip]["resolution"])
    except (NoSuchFileError, LookupError, TypeError) as error:
        raise InvalidInputError(
            f"The volume “{LAYER_NAMES[volume.kind]}” cannot be read: it has no usable info."
        ) from error
    sizes = zip(volume.resolution, finest, shown, strict=True)
    return Resolution(*(own * fine / coarse for own, fine, coarse in sizes))
