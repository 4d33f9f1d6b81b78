"""What the settings of a plan mean to the services that open volumes and tables. Workers and
commands use it; the web process never imports it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from apps.accounts.models import User
from apps.core.errors import InvalidInputError
from apps.datasets.domain import VolumeRef
from apps.datasets.domain.layouts import Unit
from apps.datasets.domain.plan_settings import Settings
from apps.datasets.gateways.places import may_be_named, named_roots
from apps.datasets.gateways.tables import path_or_address
from apps.datasets.gateways.volumes import check_place
from apps.datasets.models import Dataset, DatasetPlan, TableUpload, Volume
from apps.datasets.selectors import volumes_of
from apps.datasets.selectors.plans import upload_of
from apps.datasets.services.datasets import NEEDED_KINDS, VolumeInput, check_root
from apps.datasets.services.fetching import Progress, is_remote, told_address
from apps.datasets.services.planning_fetches import fetched_table, table_at
from apps.datasets.services.planning_secrets import named_secret, table_secret
from apps.datasets.services.tables import TableInput
from apps.voxels.cutouts import Grid
from apps.voxels.geometry import Box, Point, Resolution

Source = Path | str  # a file of this machine, or an address


def volume_input(kind: Volume.Kind, said: Mapping[str, Any], user: User | None) -> VolumeInput:
    """A volume as the settings name it; its secret is one that `user` may use (None: any).

    Raises InvalidInputError naming the field.
    """
    secret = named_secret(said["secret"], user, f"{kind}_secret")
    return VolumeInput(
        kind,
        said["address"],
        mip=said["mip"],
        axis_order=said["axis_order"],
        resolution=said["resolution"],
        is_sparse=said["is_sparse"],
        refused_is_absent=said.get("refused_is_absent", False),  # plans of before do not say
        secret=secret,
    )


def given_kinds(settings: Settings) -> list[Volume.Kind]:
    """The volumes that the settings name an address of."""
    return [kind for kind in Volume.Kind if settings.get(kind, {}).get("address")]


def volume_inputs(settings: Settings, user: User | None) -> list[VolumeInput]:
    """The volumes that the settings name, checked once more for where they lie.

    Raises InvalidInputError naming the field.
    """
    given = [volume_input(kind, settings[kind], user) for kind in given_kinds(settings)]
    for one in given:
        check_root(one.address, one.kind.value, in_web=user is not None)
    return given


def table_input(
    settings: Settings,
    source: Source,
    found: Mapping[str, Any] | None = None,
    user: User | None = None,
) -> TableInput:
    """The table as the settings name it; with what was `found`, as the preview showed it. Its
    secret is one that `user` may use (None: any). Raises InvalidInputError naming the field."""
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
        leave_out=said.get("leave_out"),  # plans of before do not say
        source=told_address(said["path"].strip()) if is_remote(said["path"].strip()) else None,
        secret=table_secret(settings, user),
    )


def grid_of(found: Mapping[str, Any]) -> Grid:
    """Where a volume lies, of what was found out about it."""
    lo, hi = (Point(*found["bounds"][edge]) for edge in ("lo", "hi"))
    return Grid(Resolution(*found["resolution_nm"]), Box(lo, hi))


def refs_of(
    settings: Settings, examined: Mapping[str, Any], user: User | None, dataset: Dataset | None
) -> dict[str, VolumeRef]:
    """Enough to read image and clefts: of the dataset, or of what was found out about them.

    Raises InvalidInputError naming the field.
    """
    if dataset is not None:
        return volumes_of(dataset.pk)
    refs = {}
    for kind in NEEDED_KINDS:
        given = volume_input(kind, settings[kind], user)
        found = examined[kind]
        refs[kind.value] = VolumeRef(
            address=found["address"],
            mip=given.mip,
            axis_order=given.axis_order,
            version=found["version"],
            is_sparse=given.is_sparse,
            refused_is_absent=given.refused_is_absent,
            grid=grid_of(found),
            secret=(given.secret.pk, given.secret.version) if given.secret else None,
        )
    return refs


@contextmanager
def table_source(plan: DatasetPlan, on_progress: Progress | None = None) -> Iterator[Source | None]:
    """Where the table of a plan lies while it is read; None where none is given yet.

    A file that was uploaded is in a folder of this process for as long; one at an address is kept
    with the plan. With `on_progress` it is fetched, if need be. Raises InvalidInputError for a path
    that nobody may name, NotFetchedError, FetchError.
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
    address = table_at(plan)
    if address is not None:
        table_secret(plan.settings, plan.owner)  # told at once, if it cannot be used
        yield fetched_table(plan, address, on_progress)
        return
    given = path_or_address(path.removeprefix("file://"))
    if isinstance(given, Path):
        given = _under_roots(given)
    elif given.startswith("precomputed://"):
        check_place(given, "table", in_web=True)
    yield given


def _written(upload: TableUpload, folder: Path) -> Path:
    path = folder / upload.name
    with path.open("wb") as file:
        parts = upload.parts.order_by("number").values_list("content", flat=True)
        for content in parts.iterator(chunk_size=4):
            file.write(content)
    return path


def _under_roots(path: Path) -> Path:
    """The file, links followed. Else a table's first rows would show any file of the machine."""
    if not path.is_absolute() or not may_be_named(path):
        raise InvalidInputError(
            f"table: {path} lies outside {named_roots()}; give another path, or send the file.",
            field="table",
        )
    return path.resolve()
