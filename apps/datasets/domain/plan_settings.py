"""What somebody says of a dataset that is to be made, before it is checked against the data."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

# JSON as it is kept with a plan and sent by the API; the serializer of settings checks it.
Settings = dict[str, Any]

DEFAULT_CROP = (256, 256, 6)  # voxels of the cleft volume, as in SynAnno
TABLE: Settings = {
    "path": "",
    "secret": "",
    "name": "",
    "layout": None,
    "mapping": None,
    "unit": None,
    "resolution": None,
    "skip_refused": False,
    "leave_out": None,
}


def first_settings() -> Settings:
    """What a plan says before anybody has said anything."""
    return {"name": "", "table": deepcopy(TABLE), "crop_size": list(DEFAULT_CROP), "seed": 0}


def changed(settings: Mapping[str, Any], changes: Mapping[str, Any]) -> Settings:
    """The settings with some parts replaced; a volume that is None is left out."""
    merged = {**settings, **changes}
    return {name: value for name, value in merged.items() if value is not None}


def concerns_preview(settings: Mapping[str, Any]) -> Settings:
    """The part of the settings that the instances of a preview depend on."""
    return {name: value for name, value in settings.items() if name != "name"}
