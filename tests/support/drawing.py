"""A revision that somebody holds, and what their browser sends while they draw."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Item
from apps.proofreading.domain import Label
from apps.revision.models import RevisionLease
from apps.revision.services.gathering import gather
from apps.voxels.frames import Frame, decode_frames
from apps.voxels.masks import nearest_component
from apps.voxels.runs import runs_of_plane
from tests.support.revisions import settle_as, take_revision
from tests.support.volumes import SPEC, PhantomFiles
from tests.support.work import client_of, post


@dataclass
class Reviser:
    """Somebody who holds a revision, with their browser."""

    client: Client
    lease: RevisionLease
    easel: dict[str, Any]

    @property
    def address(self) -> str:
        return f"/api/revisions/{self.lease.token}"

    @property
    def width(self) -> int:
        return int(self.easel["box"]["hi"][0] - self.easel["box"]["lo"][0])

    @property
    def height(self) -> int:
        return int(self.easel["box"]["hi"][1] - self.easel["box"]["lo"][1])

    @property
    def zs(self) -> list[int]:
        return [one["z"] for one in self.easel["slices"]]

    def get(self, what: str, status: int = 200) -> Any:
        return _read(self.client.get(f"{self.address}/{what}"), status)

    def send(self, what: str, body: Any, status: int = 200) -> Any:
        return _read(post(self.client, f"{self.address}/{what}", body), status)

    def look(self) -> dict[str, Any]:
        """The easel as it is now."""
        self.easel = self.get("easel")
        return self.easel

    def slice(self, z: int) -> dict[str, Any]:
        """What holds in a slice, by what was last looked at."""
        return next(one for one in self.easel["slices"] if one["z"] == z)

    def now(self, z: int) -> dict[str, Any]:
        """What holds in a slice at this moment."""
        self.look()
        return self.slice(z)

    def square(self, x: int, y: int, side: int) -> list[int]:
        """The runs of a square at a place of the box."""
        plane = bytearray(self.width * self.height)
        for row in range(y, y + side):
            start = row * self.width + x
            plane[start : start + side] = b"\1" * side
        return runs_of_plane(bytes(plane))

    def drawn(self, z: int, base: int = 0, **more: Any) -> dict[str, Any]:
        """A square drawn in a slice, as a browser sends it."""
        return {
            "z": z,
            "base": base,
            "key": str(uuid.uuid4()),
            "runs": self.square(20, 30, 8),
            "made_at": timezone.now().isoformat(),
            **more,
        }

    def draw(self, *slices: dict[str, Any], status: int = 200) -> Any:
        return self.send("slices", {"slices": [*slices]}, status)

    def picture(self) -> list[Frame]:
        answer: Any = self.client.get(f"{self.address}/picture")
        assert answer.status_code == 200
        return list(decode_frames(answer.getvalue()))


def true_mask(reviser: Reviser, files: PhantomFiles) -> npt.NDArray[np.bool_]:
    """The cleft of the instance in the phantom, `(z, y, x)` on the box."""
    (x0, y0, z0), (x1, y1, z1) = reviser.easel["box"]["lo"], reviser.easel["box"]["hi"]
    labels = files.phantom.clefts[z0:z1, y0:y1, x0:x1]
    x, y, z = reviser.lease.revision.instance.center
    return nearest_component(labels, (z - z0, y - y0, x - x0), SPEC.resolution_nm_zyx)


def runs_of(mask: npt.NDArray[np.bool_]) -> list[int]:
    """Of a slice, `(y, x)`."""
    return runs_of_plane(mask.astype(np.uint8).tobytes())


def draw_truly(reviser: Reviser, files: PhantomFiles) -> list[int]:
    """Have every second slice of the cleft drawn as it truly is; which."""
    true, first = true_mask(reviser, files), reviser.zs[0]
    seeds = [first + int(k) for k in np.flatnonzero(true.any(axis=(1, 2)))][::2]
    reviser.draw(*(reviser.drawn(z, runs=runs_of(true[z - first])) for z in seeds))
    return seeds


def _read(answer: Any, status: int) -> Any:
    assert answer.status_code == status, answer.content
    return answer.json()


def revise(campaign: Campaign, user: User, wanted: int | None = None) -> Reviser:
    """Hand this person a revision."""
    lease = take_revision(campaign, user, wanted)
    client = client_of(user)
    easel = client.get(f"/api/revisions/{lease.token}/easel")
    assert easel.status_code == 200, easel.content
    return Reviser(client, lease, easel.json())


def have_mended(campaign: Campaign, *positions: int) -> list[Item]:
    """The items at these places of the campaign come to be mended."""
    items = [*campaign.items.filter(position__in=positions).order_by("position")]
    for item in items:
        settle_as(item, Label.INCORRECT)
    gather(campaign)
    return items
