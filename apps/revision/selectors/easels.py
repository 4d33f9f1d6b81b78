"""What of a revision can be drawn on."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from apps.campaigns.models import Campaign
from apps.core.errors import ConflictError, InvalidInputError
from apps.datasets.domain import VolumeRef, convert_point
from apps.datasets.domain.easels import EaselRequest
from apps.datasets.domain.layouts import ADDED, ADDED_REACH_NM
from apps.datasets.domain.viewer_state import Triple
from apps.datasets.models import Instance, Volume
from apps.datasets.selectors import volumes_of
from apps.revision.domain.labels import Area
from apps.revision.models import Revision
from apps.revision.selectors.queue import settings_of
from apps.voxels.easels import Reach
from apps.voxels.geometry import Box, GeometryError, Resolution


class NoEaselError(ConflictError):
    """So much of the image lies around an instance that it cannot be drawn on."""

    code = "no_easel"


@dataclass(frozen=True)
class Easel:
    """The box that a revision is drawn in, in voxels of the cleft volume, and what its picture is
    made of."""

    revision: Revision
    request: EaselRequest
    volumes: dict[str, VolumeRef]

    @property
    def box(self) -> Box:
        return self.request.plan.box

    @property
    def area(self) -> Area:
        """Of each slice."""
        box = self.box
        return Area(box.lo.x, box.lo.y, box.hi.x, box.hi.y)

    @property
    def resolution(self) -> Resolution:
        return self.request.mask.grid.resolution

    @property
    def image_nm(self) -> dict[str, Triple]:
        """Where the image volume begins (`lo`) and ends (`hi`): x, y, z."""
        return _extent_nm(self.request.image)

    @property
    def middle_z(self) -> int:
        return self.box.lo.z + self.request.plan.middle

    @property
    def slices(self) -> range:
        """The z of each, in voxels of the cleft volume."""
        return range(self.box.lo.z, self.box.hi.z)

    def check_slices(self, numbers: Collection[int]) -> None:
        """Raises InvalidInputError naming the first z that lies outside of the box."""
        for z in numbers:
            if z not in self.slices:
                raise InvalidInputError(
                    f"z: slice {z} lies outside of what can be drawn on, which are slices "
                    f"{self.slices.start} to {self.slices.stop - 1}.",
                    field="z",
                )


@dataclass(frozen=True)
class Surroundings:
    """What the easels of a campaign have in common: its volumes, and the slices they have."""

    volumes: dict[str, VolumeRef]
    depth: int


def surroundings_of(campaign: Campaign) -> Surroundings:
    """Read once for many easels of a campaign, which comes with its table."""
    return Surroundings(volumes_of(campaign.table.dataset_id), settings_of(campaign).depth)


def easel_of(revision: Revision, around: Surroundings | None = None) -> Easel:
    """The easel of a revision whose campaign, table and instance were read with it.

    It is no less deep than it ever was shown: what was drawn, or is about to be sent, stays within.
    Raises NoEaselError.
    """
    campaign = revision.campaign
    around = around or surroundings_of(campaign)
    mask = around.volumes[Volume.Kind.CLEFT]
    table = campaign.table.resolution
    request = EaselRequest(
        image=around.volumes[Volume.Kind.IMAGE],
        mask=mask,
        centre=convert_point(revision.instance.center, table, mask.grid.resolution),
        crop=campaign.crop,
        depth=max(around.depth, revision.seen_depth or 0),
        reach=_reach(revision.instance, table, mask) if _was_added(revision) else None,
    )
    _check_plan(request)
    return Easel(revision, request, around.volumes)


def _was_added(revision: Revision) -> bool:
    """In its own campaign, or in one over the table of what an earlier one added."""
    return revision.added_id is not None or revision.campaign.table.layout == ADDED


def _reach(added: Instance, table: Resolution, mask: VolumeRef) -> Reach:
    """Around its places as it was added: no point that is set later moves the mask under a hand."""
    places = [place for place in (added.center, added.pre_pt, added.post_pt) if place is not None]
    in_mask = [convert_point(place, table, mask.grid.resolution) for place in places]
    return Reach(ADDED_REACH_NM, tuple(in_mask))


def _check_plan(request: EaselRequest) -> None:
    try:
        _ = request.plan
    except GeometryError as error:
        raise NoEaselError(f"This instance cannot be drawn on: {error}.") from error


def extents_of(campaign: Campaign) -> dict[str, dict[str, Triple]]:
    """Where the image and the cleft volume begin (`lo`) and end (`hi`), in nm: x, y, z."""
    volumes = volumes_of(campaign.table.dataset_id)
    return {kind: _extent_nm(volumes[kind]) for kind in (Volume.Kind.IMAGE, Volume.Kind.CLEFT)}


def _extent_nm(volume: VolumeRef) -> dict[str, Triple]:
    (x_nm, y_nm, z_nm), bounds = volume.grid.resolution, volume.grid.bounds
    corners = {"lo": bounds.lo, "hi": bounds.hi}
    return {name: (at.x * x_nm, at.y * y_nm, at.z * z_nm) for name, at in corners.items()}


def revision_with_all(revision_id: int) -> Revision | None:
    """A revision with what its easel is made of; None where there is none any more."""
    return _with_all().filter(pk=revision_id).first()


def revisions_with_all(revision_ids: Iterable[int]) -> dict[int, Revision]:
    """Those of these revisions that there are, by their ids, read in one statement."""
    return _with_all().in_bulk([*revision_ids])


def revision_after(revision: Revision, now: datetime) -> Revision | None:
    """The one that is handed out after this one, with all; None where there is none."""
    waiting = _with_all().filter(
        Q(held_until__isnull=True) | Q(held_until__lte=now),
        campaign=revision.campaign_id,
        finished_at__isnull=True,
        wanted=True,
    )
    return waiting.exclude(pk=revision.pk).order_by("rank", "pk").first()


def _with_all() -> QuerySet[Revision]:
    return Revision.objects.select_related("campaign__table", "item__instance", "added__instance")
