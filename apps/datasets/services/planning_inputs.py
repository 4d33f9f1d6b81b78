"""What the settings of a plan mean to the services that open volumes and tables. Workers and
commands use it; the web process never imports it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings as server

from apps.core.errors import InvalidInputError
from apps.datasets.domain import VolumeRef
from apps.datasets.domain.layouts import Unit
from apps.datasets.domain.plan_settings import Settings
from apps.datasets.gateways.tables import path_or_address
from apps.datasets.models import DatasetPlan, TableUpload, Volume
from apps.datasets.selectors.plans import upload_of
from apps.datasets.services.datasets import VolumeInput
from apps.datasets.services.tables import TableInput
from apps.voxels.cutouts import Grid
from apps.voxels.geometry import Box, Point, Resolution

Source = Path | str  # a file of this machine, or an address


def volume_input(kind: Volume.Kind, said: Mapping[str, Any]) -> VolumeInput:
    """A volume as the settings name it."""
    return VolumeInput(
        kind,
        said["address"],
        mip=said["mip"],
        axis_order=said["axis_order"],
        resolution=said["resolution"],
        is_sparse=said["is_sparse"],
    )


def volume_inputs(settings: Settings) -> dict[Volume.Kind, VolumeInput]:
    """The volumes that the settings name an address of."""
    return {
        kind: volume_input(kind, settings[kind])
        for kind in Volume.Kind
        if settings.get(kind, {}).get("address")
    }


def table_input(
    settings: Settings, source: Source, found: Mapping[str, Any] | None = None
) -> TableInput:
    """The table as the settings name it; with what was `found`, as the preview showed it."""
    said = settings["table"]
    unit, resolution = said["unit"], said["resolution"]
    layout, mapping = (None, said["mapping"]) if said["mapping"] else (said["layout"], None)
    if found is not None:
        unit, resolution = found["unit"], found["resolution_nm"]
        is_mapped = found["layout"] == "mapping"
        layout, mapping = (None, found["mapping"]) if is_mapped else (found["layout"], None)
    return TableInput(
        source,
        name=said["name"].strip() or None,
        layout=layout,
        mapping=mapping,
        unit=Unit(unit) if unit else None,
        resolution=resolution,
        skip_refused=said["skip_refused"],
    )


def grid_of(found: Mapping[str, Any]) -> Grid:
    """Where a volume lies, of what was found out about it."""
    lo, hi = (Point(*found["bounds"][edge]) for edge in ("lo", "hi"))
    return Grid(Resolution(*found["resolution_nm"]), Box(lo, hi))


def ref_of(found: Mapping[str, Any]) -> VolumeRef:
    """Enough to read a volume, of what was found out about it."""
    said = found["of"]
    return VolumeRef(
        address=found["address"],
        mip=said["mip"],
        axis_order=said["axis_order"],
        version=found["version"],
        is_sparse=said["is_sparse"],
        grid=grid_of(found),
    )


@contextmanager
def table_source(plan: DatasetPlan) -> Iterator[Source | None]:
    """Where the table of a plan lies while it is read; None where none is given yet.

    An uploaded file is written to a folder of this process for as long. Raises InvalidInputError
    for a path that nobody may name.
    """
    upload = upload_of(plan)
    if upload is not None:
        with tempfile.TemporaryDirectory(prefix="synanno-table-") as folder:
            yield _written(upload, Path(folder))
        return
    path = plan.settings["table"]["path"].strip()
    if not path:
        yield None
        return
    given = path_or_address(path.removeprefix("file://"))
    yield _under_roots(given) if isinstance(given, Path) else given


def _written(upload: TableUpload, folder: Path) -> Path:
    path = folder / upload.name
    with path.open("wb") as file:
        parts = upload.parts.order_by("number").values_list("content", flat=True)
        for content in parts.iterator(chunk_size=4):
            file.write(content)
    return path


def _under_roots(path: Path) -> Path:
    """The file, links followed. Else a table's first rows would show any file of the machine."""
    roots = server.ENVIRONMENT.volume_roots or (server.ENVIRONMENT.home,)
    real = path.resolve()
    if not path.is_absolute() or not any(real.is_relative_to(root) for root in roots):
        raise InvalidInputError(
            f"table: {path} lies outside the folders of SYNANNO_VOLUME_ROOTS; give another path, "
            "or send the file.",
            field="table",
        )
    return real
