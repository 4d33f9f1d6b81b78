"""What somebody mends is shown with the voxels of the cleft volume, and kept as it was seen."""

from __future__ import annotations

import io
import json
import socket
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import redis
from django.utils import timezone
from PIL import Image

from apps.campaigns.models import Campaign
from apps.datasets.gateways.volumes.reading import forget_readers
from apps.datasets.models import Volume
from apps.revision.domain import Decision
from apps.revision.models import Revision, RevisionSettings
from apps.revision.selectors.additions import near
from apps.revision.services import easels
from apps.revision.services.additions import NewSynapse, add_synapse
from apps.revision.services.finishing import finish
from apps.revision.services.rendering import render_easel_of
from apps.voxels.frames import Frame
from apps.voxels.geometry import Point
from apps.voxels.runs import plane_of_runs
from tests.datasets.volumes.stored import served
from tests.support.drawing import Reviser, revise, true_mask
from tests.support.people import Team
from tests.support.volumes import SPEC, PhantomFiles
from tests.support.work import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(easels, "PATIENCE_S", 0.0)


def voxels_of(array: npt.NDArray[Any], box: dict[str, list[int]]) -> npt.NDArray[Any]:
    (x0, y0, z0), (x1, y1, z1) = box["lo"], box["hi"]
    return array[z0:z1, y0:y1, x0:x1]


def planes(frame: Frame, reviser: Reviser) -> npt.NDArray[np.bool_]:
    told = np.stack([plane(frame.header["runs"][str(z)], reviser) for z in reviser.zs])
    return told.astype(bool)


def plane(runs: list[int], reviser: Reviser) -> npt.NDArray[np.uint8]:
    drawn = plane_of_runs(runs, reviser.width, reviser.height)
    return np.frombuffer(drawn, np.uint8).reshape(reviser.height, reviser.width)


def test_the_box_lies_around_the_instance_on_the_grid_of_the_clefts(anna: Reviser) -> None:
    easel = anna.easel
    centre = anna.lease.revision.instance.center
    lo, hi = easel["box"]["lo"], easel["box"]["hi"]
    size = SPEC.shape_zyx
    assert (lo[0], hi[0]) == (max(0, centre.x - 48), min(size[2], centre.x + 48))
    assert (lo[2], hi[2]) == (max(0, centre.z - 8), min(size[0], centre.z + 8))
    assert easel["middle_z"] == centre.z
    assert anna.zs == [*range(lo[2], hi[2])]
    assert easel["resolution_nm"] == [*reversed(SPEC.resolution_nm_zyx)]
    extent = [n * nm for n, nm in zip(reversed(size), easel["resolution_nm"], strict=True)]
    assert easel["image_nm"] == {"lo": [0, 0, 0], "hi": extent}
    untouched = {"number": 0, "runs": None, "origin": "volume", "by": None, "at": None}
    assert anna.slice(centre.z) == {"z": centre.z, **untouched}
    assert easel["proposals"] == []
    classical, unet = easel["methods"]
    assert (classical["available"], classical["sentence"]) == (True, None)
    assert not unet["available"]
    assert "SYNANNO_DEPTH_UNET" in unet["sentence"]


def test_the_picture_is_the_image_and_the_mask_is_that_of_the_volume(
    anna: Reviser, phantom_files: PhantomFiles
) -> None:
    pending = anna.picture()
    assert [one.header["part"] for one in pending] == ["pending", "pending"]
    assert render_easel_of(anna.lease.revision_id)
    assert not render_easel_of(anna.lease.revision_id)  # it is there
    middle, others, original = anna.picture()
    assert middle.header["slices"] == [anna.easel["middle_z"]]
    assert sorted(middle.header["slices"] + others.header["slices"]) == anna.zs
    assert middle.header["area"] == [0, 0, anna.width, anna.height]
    box = anna.easel["box"]
    shown = np.asarray(Image.open(io.BytesIO(middle.payload))).astype(int)
    k = anna.zs.index(anna.easel["middle_z"])
    true = voxels_of(phantom_files.phantom.image, box)[k].astype(int)
    assert np.abs(shown - true).mean() < 4
    mask = true_mask(anna, phantom_files)
    np.testing.assert_array_equal(planes(original, anna), mask)
    assert mask.any()


def test_as_many_slices_can_be_drawn_on_as_the_manager_says(
    anna: Reviser, mended: Campaign, team: Team
) -> None:
    RevisionSettings.objects.update_or_create(campaign=mended, defaults={"depth": 2})
    assert len(revise(mended, team.ben).zs) == 6  # never fewer than the grid shows
    RevisionSettings.objects.filter(campaign=mended).update(depth=400)
    assert len(anna.look()["slices"]) == SPEC.shape_zyx[0]  # to the ends of the volume


def test_what_was_shown_can_be_drawn_on_after_fewer_slices_are_asked_for(
    anna: Reviser, mended: Campaign
) -> None:
    """Of what somebody drew without a network nothing is refused, of what is kept nothing hides."""
    first, last = anna.zs[0], anna.zs[-1]
    anna.draw(anna.drawn(first))
    before = anna.zs
    RevisionSettings.objects.update_or_create(campaign=mended, defaults={"depth": 2})
    anna.draw(anna.drawn(last))
    assert [anna.now(z)["number"] for z in (first, last)] == [1, 1]
    assert anna.zs == before
    assert anna.get(f"versions?z={first}")["versions"][0]["number"] == 1


def test_a_chunk_that_is_missing_is_told(
    anna: Reviser, phantom_files: PhantomFiles, tmp_path: Path, redis_client: redis.Redis
) -> None:
    files = phantom_files.copy_to(tmp_path / "volumes")
    for chunk in (files.folder / "cleft" / "8_8_32").iterdir():
        chunk.unlink()
    Volume.objects.filter(kind="cleft").update(address=files.cleft)
    forget_readers()
    assert not render_easel_of(anna.lease.revision_id)
    for frame in anna.picture():
        assert frame.header["part"] == "unreadable"
        assert "cleft volume near" in frame.header["sentence"]
        assert str(tmp_path) not in json.dumps(dict(frame.header))


def test_a_storage_that_refuses_is_told_and_tried_again(
    anna: Reviser, phantom_files: PhantomFiles, redis_client: redis.Redis
) -> None:
    with served(phantom_files.folder) as server:
        address = f"precomputed://{server.address}/image"
        Volume.objects.filter(kind="image").update(address=address)
        server.forbidden = "/image/8_8_32"
        forget_readers()
        assert not render_easel_of(anna.lease.revision_id)
        for frame in anna.picture():
            assert frame.header["part"] == "unreadable"
            assert frame.header["sentence"].startswith("The image volume near")
            assert frame.header["retry_after_s"] > 0
            assert server.address not in json.dumps(dict(frame.header))
        server.forbidden = "nothing"
        forget_readers()
        redis_client.delete(*redis_client.scan_iter("cutout:*"))  # the mark runs out
        assert render_easel_of(anna.lease.revision_id)
        assert [one.header["part"] for one in anna.picture()] == ["image", "image", "original"]


def test_without_redis_there_is_no_picture_and_one_draws_all_the_same(
    anna: Reviser, settings: Any
) -> None:
    with socket.socket() as bound:  # nobody listens there
        bound.bind(("127.0.0.1", 0))
        settings.REDIS_CLIENT_URL = f"redis://127.0.0.1:{bound.getsockname()[1]}/0"
        assert anna.get("picture", 503)["error"]["code"] == "unavailable"
        z = anna.easel["middle_z"]
        anna.draw(anna.drawn(z))
        assert anna.now(z)["number"] == 1


def test_where_the_cleft_volume_does_not_reach_its_grid_goes_on(anna: Reviser) -> None:
    Volume.objects.filter(kind="cleft").update(lo_x=0, hi_x=1, lo_y=0, hi_y=1, lo_z=0, hi_z=1)
    assert (anna.look(), anna.width, anna.height) == (anna.easel, 96, 96)
    assert len(anna.zs) == 16
    assert render_easel_of(anna.lease.revision_id)
    *_, original = anna.picture()
    assert not planes(original, anna).any()
    assert "no mask" in [one["kind"] for one in original.header["remarks"]]


def test_what_was_missed_begins_without_the_mask_of_its_neighbour(
    mended: Campaign, anna: Reviser, team: Team, phantom_files: PhantomFiles
) -> None:
    """What is stored of it is what its person drew, and nothing of the neighbour."""
    neighbour, labels = anna.lease.revision.instance.center, phantom_files.phantom.clefts
    there = np.argwhere(labels)[:, ::-1]
    off = (there - [*neighbour]) * [*reversed(SPEC.resolution_nm_zyx)]
    x, y, z = there[np.linalg.norm(off, axis=1).argmin()]  # a voxel of the neighbour's
    row = np.asarray(labels[:, y - 8 : y + 9].any(axis=(0, 1)))
    free = next(k for k in range(x, x + 48) if not row[k - 8 : k + 9].any())
    places = {"free": Point(int(free), int(y), int(z)), "held": Point(int(x), int(y), int(z))}
    masks = {}
    for name, at in places.items():
        shown = frozenset(one.id for one in near(mended, at))
        new = NewSynapse(uuid.uuid4(), at, at.z, at.z, despite=shown)
        added = add_synapse(mended, team.ben, new, timezone.now())
        ben = revise(mended, team.ben, added.revision.pk)
        assert render_easel_of(added.revision.pk)
        *_, original = ben.picture()
        masks[name] = planes(original, ben)
        finish(ben.lease, Decision.FINE, "", timezone.now())
    assert not masks["free"].any()
    assert masks["held"].any()


def test_what_was_drawn_in_a_larger_box_stays_where_it_lies(anna: Reviser) -> None:
    z = anna.easel["middle_z"]
    anna.draw(anna.drawn(z))
    before = plane(anna.now(z)["runs"], anna)
    Volume.objects.filter(kind="cleft").update(lo_x=anna.easel["box"]["lo"][0] + 24)
    after = plane(anna.now(z)["runs"], anna)
    np.testing.assert_array_equal(after, before[:, 24:])


def test_what_is_too_large_to_be_drawn_on_is_said(anna: Reviser) -> None:
    Volume.objects.filter(kind="image").update(resolution_x=0.01, resolution_y=0.01)
    error = anna.get("easel", 409)["error"]
    assert error["code"] == "no_easel"
    assert error["sentence"].startswith("This instance cannot be drawn on: 6 slices to draw on")
    assert anna.draw(anna.drawn(anna.easel["middle_z"]), status=409)["error"]["code"] == "no_easel"


def test_others_are_not_told_of_it(anna: Reviser, mended: Campaign, team: Team) -> None:
    ben = revise(mended, team.ben)
    assert ben.lease.revision_id != anna.lease.revision_id
    for what in ("easel", "picture", "versions", "markers", "proposals"):
        assert ben.client.get(f"{anna.address}/{what}").status_code == 404


def test_the_next_instance_is_rendered_behind_the_one_that_is_looked_at(
    anna: Reviser,
    mended: Campaign,
    team: Team,
    django_capture_on_commit_callbacks: Any,
    redis_client: redis.Redis,
) -> None:
    redis_client.delete("interactive")
    for _ in range(2):  # it is asked for once
        with django_capture_on_commit_callbacks(execute=True):
            render_easel_of(anna.lease.revision_id)
            anna.picture()
    sent = [json.loads(job)["headers"] for job in redis_client.lrange("interactive", 0, -1)]
    following = Revision.objects.exclude(pk=anna.lease.revision_id).get()
    assert [one["task"] for one in sent] == ["revision.render_easel"]
    assert str(following.pk) in sent[0]["kwargsrepr"]
    render_easel_of(following.pk)
    ben = revise(mended, team.ben)
    assert ben.lease.revision_id == following.pk
    assert [one.header["part"] for one in ben.picture()] == ["image", "image", "original"]


def test_who_only_looks_has_nothing_rendered_ahead(
    anna: Reviser,
    mended: Campaign,
    team: Team,
    django_capture_on_commit_callbacks: Any,
    redis_client: redis.Redis,
) -> None:
    revision_id = anna.lease.revision_id
    render_easel_of(revision_id)
    anna.send("finish", {"decision": "fine"})
    redis_client.delete("interactive")
    with django_capture_on_commit_callbacks(execute=True):
        address = f"/api/campaigns/{mended.pk}/revisions/{revision_id}/picture"
        seen: Any = client_of(team.manager).get(address)
        assert seen.getvalue()
        anna.picture()
    assert redis_client.llen("interactive") == 0


def test_a_revision_that_is_no_more_is_not_rendered(db: None) -> None:
    assert not Revision.objects.exists()
    assert not render_easel_of(17)
