"""What a plan names in Neuroglancer, before it is saved. Plain data: for the web process."""

from __future__ import annotations

from typing import Any

from apps.core.errors import ConflictError
from apps.datasets.domain.viewer_state import LAYER_NAMES, ShownSynapse, Triple
from apps.datasets.models import DatasetPlan
from apps.datasets.services.viewing import View, ViewedVolume, view_of_plan
from apps.voxels.geometry import Box, Point, Resolution


def view_of(plan: DatasetPlan, origin: str) -> View:
    """The volumes that were found, with the instances of the preview; `origin` is this server.

    Raises ConflictError where no volume has been found yet.
    """
    found = plan.examined.get("volumes", {})
    volumes = [
        _viewed(kind, one)
        for kind, one in found.items()
        if "version" in one and kind in LAYER_NAMES
    ]
    if not volumes:
        raise ConflictError("No volume has been found yet.")
    synapses = [_shown(one) for one in plan.preview.get("instances", [])]
    crop = Point(*plan.settings["crop_size"])
    return view_of_plan(plan.owner, volumes, synapses, crop, origin)


def _viewed(kind: str, found: dict[str, Any]) -> ViewedVolume:
    lo, hi = (Point(*found["bounds"][edge]) for edge in ("lo", "hi"))
    return ViewedVolume(
        kind=kind,
        address=found["address"],
        resolution=Resolution(*found["resolution_nm"]),
        bounds=Box(lo, hi),
        mip=found["of"]["mip"],
        axis_order=found["of"]["axis_order"],
        needs_secret=bool(found["of"].get("secret")),
    )


def _shown(instance: dict[str, Any]) -> ShownSynapse:
    return ShownSynapse(
        centre_nm=_place(instance["center_nm"]),
        pre_nm=_place(instance["pre_nm"]) if instance["pre_nm"] else None,
        post_nm=_place(instance["post_nm"]) if instance["post_nm"] else None,
    )


def _place(numbers: list[float]) -> Triple:
    x, y, z = numbers
    return (x, y, z)
