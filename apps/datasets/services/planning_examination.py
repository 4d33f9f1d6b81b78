"""Find out what the settings of a plan name: volumes, a table, and whether they fit together.

Workers and commands use it; the web process never imports it.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any

from django.conf import settings as server

from apps.accounts.models import User
from apps.core.errors import InvalidInputError
from apps.datasets.domain.layouts import Unit
from apps.datasets.domain.plan_settings import Settings
from apps.datasets.domain.plans import most_usable
from apps.datasets.domain.secrets import Credentials, check_opens
from apps.datasets.gateways.volumes import check_address
from apps.datasets.gateways.volumes.scales import list_scales
from apps.datasets.models import Dataset, SynapseTable, Volume
from apps.datasets.services.datasets import (
    NEEDED_KINDS,
    VolumeInput,
    check_root,
    examine_volume,
)
from apps.datasets.services.planning_inputs import (
    Source,
    given_kinds,
    grid_of,
    table_input,
    volume_input,
)
from apps.datasets.services.planning_tables import Places, examine_table
from apps.datasets.services.resolutions import check_resolution
from apps.datasets.services.secrets import SecretUnreadableError, credentials_of
from apps.datasets.services.tables import TableInput, latest_version, table_name, table_names
from apps.voxels.cutouts import plan_cutout
from apps.voxels.geometry import GeometryError, Point, Resolution

# What is known of a volume, and why it cannot be used.
_Looked = tuple[dict[str, Any], InvalidInputError | None]
_NEAR = 0.1  # of the first rows of a table: with fewer between them, two meanings are as likely
_FEW = 0.5  # of the first rows of a table: with fewer inside, something was misunderstood


@dataclass
class Examination:
    """What was found: `volumes` by kind, `table`, `crop`, and the names of the `tables` that the
    dataset has; `problems` has a sentence a field."""

    volumes: dict[str, Any] = field(default_factory=dict)
    tables: list[str] = field(default_factory=list)
    table: dict[str, Any] | None = None
    crop: dict[str, Any] | None = None
    problems: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        found = {"volumes": self.volumes, "tables": self.tables}
        return {**found, "table": self.table, "crop": self.crop}

    def note(self, error: InvalidInputError, where: str) -> None:
        self.problems.setdefault(error.field or where, error.sentence)


def examine(
    settings: Settings,
    source: Source | None,
    before: Mapping[str, Any],
    dataset: Dataset | None = None,
    user: User | None = None,
) -> Examination:
    """Look at what the settings name. Volumes that are as they were `before` are not opened again.

    `user` has named it in the web; None is a command on this machine. Of a `dataset` that is there,
    only the table is looked at; its volumes are known.
    """
    found = Examination()
    if dataset is not None:
        volumes = dataset.volumes.select_related("secret")
        found.volumes = {one.kind: volume_found(one) for one in volumes}
        found.tables = table_names(dataset)
    else:
        _examine_name(settings, found)
        _examine_volumes(settings, before.get("volumes", {}), user, found)
    places = _places(found)
    if source is not None:
        _examine_table(table_input(settings, source, user=user), dataset, places, found)
    if places is not None:
        _examine_crop(settings, places, found)
    return found


def volume_found(volume: Volume) -> dict[str, Any]:
    """What is known of the volume of a dataset, as of one that was examined."""
    said = {
        "address": volume.address,
        "mip": volume.mip,
        "axis_order": volume.axis_order,
        "is_sparse": volume.is_sparse,
        "refused_is_absent": volume.refused_is_absent,
        "secret": volume.secret.name if volume.secret else "",
    }
    return {
        "of": said,
        "address": volume.address,
        "dtype": volume.dtype,
        "resolution_nm": list(volume.resolution),
        "bounds": _edges(volume.grid.bounds),
        "version": volume.version,
        "scales": [],
    }


def _examine_name(settings: Settings, found: Examination) -> None:
    name = settings["name"].strip()
    if not name:
        found.problems["name"] = "name: give the dataset a name."
    elif Dataset.objects.filter(name=name).exists():
        found.problems["name"] = f"name: there is a dataset {name!r} already."


def _examine_volumes(
    settings: Settings, before: Mapping[str, Any], user: User | None, found: Examination
) -> None:
    """All at once: one that does not answer takes no other's time."""
    kinds = given_kinds(settings)
    for needed in NEEDED_KINDS:
        if needed not in kinds:
            found.problems[needed.value] = f"{needed}: a dataset needs this volume."
    looks: dict[Volume.Kind, Future[_Looked]] = {}
    with ThreadPoolExecutor(max_workers=len(Volume.Kind)) as pool:
        for kind in kinds:
            if _is_as_before(before.get(kind), settings[kind]):
                found.volumes[kind.value] = before[kind]
                continue
            try:
                given = volume_input(kind, settings[kind], user)
            except InvalidInputError as error:
                found.note(error, kind.value)
                continue
            in_web = user is not None
            looks[kind] = pool.submit(_look_at, given, settings[kind], in_web=in_web)
    for kind, look in looks.items():
        facts, fault = look.result()
        if facts:
            found.volumes[kind.value] = facts
        if fault is not None:
            found.note(fault, kind.value)


def _is_as_before(before: Mapping[str, Any] | None, said: Mapping[str, Any]) -> bool:
    return before is not None and before["of"] == said and "version" in before


def _look_at(given: VolumeInput, said: Mapping[str, Any], *, in_web: bool) -> _Looked:
    """What a volume says of itself; its mips even where the chosen one cannot be used.

    Runs in a thread: knows no database.
    """
    kind = given.kind.value
    facts: dict[str, Any] = {}
    try:
        check_root(given.address, kind, in_web=in_web)
        scales = list_scales(
            given.address,
            axis_order=given.axis_order,
            field=kind,
            timeout_s=server.ENVIRONMENT.read_timeout_s,
            credentials=_credentials(given),
        )
        facts = {"of": dict(said), "scales": [asdict(scale) for scale in scales]}
        volume = examine_volume(given)
    except InvalidInputError as error:
        return facts, error
    return facts | {
        "address": check_address(given.address, kind),
        "dtype": volume.dtype,
        "resolution_nm": list(volume.grid.resolution),
        "bounds": _edges(volume.grid.bounds),
        "version": volume.version,
    }, None


def _credentials(given: VolumeInput) -> Credentials | None:
    """Raises InvalidInputError for a secret that opens other places."""
    if given.secret is None:
        return None
    try:
        credentials = credentials_of(given.secret)
    except SecretUnreadableError as error:
        raise InvalidInputError(error.sentence, field=f"{given.kind}_secret") from error
    check_opens(credentials.kind, given.address, given.kind.value)
    return credentials


def _edges(bounds: Any) -> dict[str, list[int]]:
    return {"lo": list(bounds.lo), "hi": list(bounds.hi)}


def _places(found: Examination) -> Places | None:
    """Where points must lie, once image and clefts are known."""
    known = [found.volumes.get(kind.value, {}) for kind in NEEDED_KINDS]
    if not all("version" in one for one in known):
        return None
    image, cleft = (grid_of(one) for one in known)
    sizes = [scale["resolution_nm"] for one in reversed(known) for scale in one["scales"]]
    return Places(cleft, image, tuple(filter(None, map(_resolution, sizes))))


def _resolution(sizes: tuple[float, float, float]) -> Resolution | None:
    """The voxels of a mip, where they are any."""
    try:
        resolution = Resolution(*sizes)
        check_resolution("resolution", resolution)
    except (GeometryError, InvalidInputError):
        return None
    return resolution


def _examine_table(
    given: TableInput, dataset: Dataset | None, places: Places | None, found: Examination
) -> None:
    latest = None
    try:
        latest = _latest(given, dataset)
    except InvalidInputError as error:
        found.note(error, "table")  # its columns are told all the same
    try:
        found.table, fault = examine_table(given, places, latest)
    except InvalidInputError as error:
        found.note(error, "table")
        return
    if fault is not None:
        found.note(fault, "table")
    looked_at, usable = found.table.get("looked_at", 0), found.table.get("usable", 0)
    if looked_at and usable < _FEW * looked_at and not given.skip_refused:
        found.problems["table_resolution"] = (
            f"table_resolution: only {usable:,} of the first {looked_at:,} synapses can be used. "
            f"{' '.join(found.table['faults'][:1])}"
        )
    elif doubt := _doubt(found.table):
        found.problems["table_resolution"] = doubt


def _doubt(table: Mapping[str, Any]) -> str | None:
    """Why it must be said what coordinates mean: hardly fewer rows can be used under a meaning
    that is more usual than the one under which the most can."""
    meanings, looked_at = table.get("meanings", []), table.get("looked_at", 0)
    best = most_usable([one["usable"] for one in meanings]) if meanings else 0
    near = [
        one
        for one in meanings[:best]
        if meanings[best]["usable"] - one["usable"] < _NEAR * looked_at
    ]
    if not near:
        return None
    told = " and ".join(
        f"{one['usable']:,} with coordinates in {_told_meaning(one)}"
        for one in (near[0], meanings[best])
    )
    return (
        f"table_resolution: of the first {looked_at:,} synapses, {told} can be used: say the unit "
        "and the resolution."
    )


def _told_meaning(meaning: Mapping[str, Any]) -> str:
    if meaning["unit"] == Unit.NM:
        return "nm"
    return f"voxels of {' × '.join(f'{size:g}' for size in meaning['resolution_nm'])} nm"


def _latest(given: TableInput, dataset: Dataset | None) -> SynapseTable | None:
    """The version after which the table would come. Raises InvalidInputError where it must be said
    of which table it is one."""
    if dataset is None:
        return None
    try:
        name = table_name(dataset, given)
    except InvalidInputError as error:
        # "name" is the field of the dataset's own name.
        raise InvalidInputError(f"table_{error.sentence}", field="table_name") from error
    return latest_version(dataset, name)


def _examine_crop(settings: Settings, places: Places, found: Examination) -> None:
    crop = Point(*settings["crop_size"])
    image, cleft = places.image, places.cleft
    try:
        plan = plan_cutout(cleft.bounds.lo, crop, image, cleft)
    except GeometryError as error:
        found.problems["crop_size"] = f"crop_size: {error}."
        return
    sizes = zip(crop, cleft.resolution, strict=True)
    found.crop = {
        "nm": [side * nm for side, nm in sizes],
        "image_voxels": list(plan.image.wanted.size),
    }
