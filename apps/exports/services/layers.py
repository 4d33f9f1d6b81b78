"""What Neuroglancer shows of an export: its layers, over those of the dataset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from apps.core.errors import NotFoundError
from apps.datasets.domain.viewer_state import LAYER_NAMES
from apps.datasets.gateways.local_files import StoredFile, find_file
from apps.datasets.models import Volume
from apps.datasets.services.viewing import View, view_of_dataset, view_of_place
from apps.exports.domain.formats import LAYER, Format
from apps.exports.domain.viewer_state import with_layers
from apps.exports.models import Export
from apps.exports.services.downloading import check_ready
from apps.exports.services.folders import folder_of

SHOWN = (Format.ANNOTATIONS, Format.SEGMENTATION)


def has_layers(export: Export) -> bool:
    """Whether there is anything of it to show."""
    return export.state == Export.State.READY and any(_file(export, form) for form in SHOWN)


def file_of_layer(export: Export, form: str, name: str) -> StoredFile:
    """A file of a layer: its info, a chunk, a part of a shard.

    Raises NotFoundError, ConflictError where the export is not ready, and GoneError.
    """
    check_ready(export)
    file = _file(export, form) if form in SHOWN else None
    if file is None:
        raise NotFoundError("This export has no such layer.")
    return find_file((folder_of(export).path / file["path"]).parent / LAYER, name, ())


def view_of_export(export: Export, origin: str) -> View:
    """A state of Neuroglancer with the dataset's volumes and the layers of the export, at its first
    instance; its title, which the tab takes, says which export it is. `origin` is this server's
    address, `https://host`.

    Raises NotFoundError where it has no layer, ConflictError and GoneError.
    """
    check_ready(export)
    if not has_layers(export):
        raise NotFoundError("This export has nothing that Neuroglancer shows.")
    campaign = export.campaign
    volumes = [*Volume.objects.filter(dataset=campaign.table.dataset_id).order_by("kind")]
    verdicts = _file(export, Format.ANNOTATIONS)
    first = None if verdicts is None else verdicts["notes"].get("first_nm")
    if first is None:
        view = view_of_dataset(volumes, origin)
    else:
        x, y, z = first
        view = view_of_place(volumes, (x, y, z), None, campaign.crop, origin)
    shown = {layer["name"] for layer in view.state["layers"]}
    neurons = LAYER_NAMES["neuron"]
    state = with_layers(
        view.state,
        verdicts=_source(export, Format.ANNOTATIONS, origin),
        masks=_source(export, Format.SEGMENTATION, origin),
        neurons=neurons if neurons in shown else None,
    )
    title = f"Export {export.pk} · {campaign.name}"
    return View(state | {"title": title}, view.problems)


def _file(export: Export, form: str) -> Mapping[str, Any] | None:
    return next((one for one in export.files if one["format"] == form), None)


def _source(export: Export, form: Format, origin: str) -> str | None:
    """Where this server gives a layer, if the export has it."""
    if _file(export, form) is None:
        return None
    where = [export.campaign_id, export.key, form.value, "info"]
    path = reverse("export-layer-file", args=where).removesuffix("/info")
    return f"precomputed://{origin.rstrip('/')}{path}"
