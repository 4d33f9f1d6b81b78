"""Points of synapses: set, swapped, as in the table, and looked at in the neuron volume."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from apps.campaigns.models import Campaign
from apps.datasets.gateways.volume_states import DOWN_S
from apps.datasets.gateways.volumes.reading import forget_readers
from apps.datasets.models import Instance, Volume
from apps.revision.domain import Side
from apps.revision.domain.markers import Lying, advice_on
from apps.revision.models import Marker, MarkerCheck, Revision
from apps.revision.services.marker_checks import check_markers
from apps.revision.services.segments import MOST_ATTEMPTS
from apps.revision.services.sweeping import resume_checks
from tests.support.drawing import Reviser, revise
from tests.support.people import Team
from tests.support.volumes import SPEC, PhantomFiles

pytestmark = pytest.mark.django_db

NM = [float(size) for size in reversed(SPEC.resolution_nm_zyx)]


def new(side: str, nm: list[float] | None, base: int = 0, **more: Any) -> dict[str, Any]:
    """A point as a browser sends it."""
    made_at = timezone.now().isoformat()
    point = {"side": side, "nm": nm, "base": base, "key": str(uuid.uuid4()), "made_at": made_at}
    return point | more


def put(reviser: Reviser, *points: dict[str, Any], status: int = 200) -> Any:
    return reviser.send("markers", {"markers": [*points]}, status)


def nm_in(files: PhantomFiles, label: int) -> list[float]:
    """A place within a segment of the neuron volume."""
    z, y, x = np.argwhere(files.phantom.neurons == label)[0]
    return [(at + 0.5) * size for at, size in zip((x, y, z), NM, strict=True)]


def instance_of(reviser: Reviser) -> Instance:
    return reviser.lease.revision.instance


def test_points_are_the_tables_until_somebody_sets_one(anna: Reviser) -> None:
    before = anna.easel["markers"]
    pre = instance_of(anna).pre_pt
    assert pre is not None
    assert before["pre"]["voxel"] == [*pre]
    assert before["pre"]["nm"] == [(at + 0.5) * size for at, size in zip(pre, NM, strict=True)]
    assert (before["pre"]["number"], before["pre"]["origin"]) == (0, "table")
    at = [NM[0] * 10.25, NM[1] * 20.75, NM[2] * 3.5]
    after = put(anna, new("pre", at))
    assert (after["pre"]["voxel"], after["pre"]["nm"]) == ([10, 20, 3], at)
    assert (after["pre"]["number"], after["pre"]["origin"], after["pre"]["by"]) == (
        1,
        "set",
        "anna",
    )
    assert after["post"] == before["post"]  # independent of each other
    assert anna.get("markers") == after == anna.look()["markers"]


def test_the_same_sent_again_is_kept_once(anna: Reviser) -> None:
    sent = new("post", [80.0, 80.0, 64.0])
    assert put(anna, sent) == put(anna, sent)
    assert Marker.objects.count() == 1


def test_both_are_swapped_or_none(anna: Reviser) -> None:
    before = anna.easel["markers"]
    keys = [str(uuid.uuid4()), str(uuid.uuid4())]
    sent = {"keys": keys, "bases": {"pre": 0, "post": 0}}
    after = anna.send("swap", sent)
    assert (after["pre"]["voxel"], after["post"]["voxel"]) == (
        before["post"]["voxel"],
        before["pre"]["voxel"],
    )
    assert after["pre"]["origin"] == "swapped"
    assert anna.send("swap", sent) == after  # sent again
    put(anna, new("post", [80.0, 80.0, 64.0], 1))
    late = {"keys": [str(uuid.uuid4()), str(uuid.uuid4())], "bases": {"pre": 1, "post": 1}}
    error = anna.send("swap", late, 409)["error"]
    assert error["code"] == "marker_changed"
    assert (error["markers"]["pre"]["number"], error["markers"]["post"]["number"]) == (1, 2)
    assert [*Marker.objects.filter(late=True).values_list("side", flat=True)] == ["pre", "post"]


def test_a_point_is_as_in_the_table_again_also_where_that_has_none(anna: Reviser) -> None:
    Instance.objects.filter(pk=instance_of(anna).pk).update(post_x=None, post_y=None, post_z=None)
    assert anna.get("markers")["post"]["voxel"] is None
    for side in ("pre", "post"):
        put(anna, new(side, [80.0, 80.0, 64.0]))
        after = anna.send("reset", {"side": side, "base": 1, "key": str(uuid.uuid4())})[side]
        assert (after["number"], after["origin"]) == (2, "reset")
        assert after["voxel"] == anna.easel["markers"][side]["voxel"] or side == "post"
    assert after["voxel"] is None


def test_whoever_comes_second_is_refused_and_told_where_the_point_is(
    anna: Reviser, mended: Campaign, team: Team
) -> None:
    put(anna, new("pre", [80.0, 80.0, 64.0]))
    stale, other = new("pre", [160.0, 80.0, 64.0]), new("post", [160.0, 80.0, 64.0])
    error = put(anna, stale, other, status=409)["error"]
    assert "the pre point by anna" in error["sentence"]
    assert error["held"] is True
    assert error["markers"]["pre"]["nm"] == [80.0, 80.0, 64.0]
    assert error["markers"]["post"]["number"] == 1  # the other is kept
    assert Marker.objects.get(key=stale["key"]).late
    past = timezone.now() - timedelta(seconds=1)
    Revision.objects.filter(pk=anna.lease.revision_id).update(held_until=past)
    ben = revise(mended, team.ben, anna.lease.revision_id)
    error = put(anna, new("pre", [80.0, 80.0, 96.0], 1), status=409)["error"]
    assert (error["held"], error["markers"]["pre"]["number"]) == (False, 1)
    assert put(ben, new("pre", [80.0, 80.0, 32.0], 1))["pre"]["number"] == 4


MISTAKES: tuple[tuple[dict[str, Any], str], ...] = (
    ({"nm": [-1.0, 0.0, 0.0]}, "nm: (-1, 0, 0) nm lies outside of the image and of the cleft"),
    ({"nm": [1e9, 0.0, 0.0]}, "lies outside of the image and of the cleft volume"),
    ({"nm": [0.0, 0.0]}, "markers.1.nm: "),
    ({"nm": [float("nan"), 0.0, 0.0]}, ""),
    ({"side": "left"}, '"left" is none of pre, post'),
    ({"key": "x"}, "markers.1.key: "),
)


def test_what_cannot_be_used_is_refused_by_name_and_nothing_is_kept(anna: Reviser) -> None:
    good = new("post", [80.0, 80.0, 64.0])
    for change, said in MISTAKES:
        error = put(anna, good, new("pre", [80.0, 80.0, 64.0]) | change, status=400)["error"]
        assert said in error["sentence"]
    assert "two points have the same key" in str(put(anna, good, good, status=400))
    assert not Marker.objects.exists()


def test_a_point_in_another_neuron_is_pointed_out(
    anna: Reviser, phantom_files: PhantomFiles
) -> None:
    instance = instance_of(anna)
    own, other = instance.pre_root_id, instance.post_root_id
    assert own
    assert other
    put(anna, new("pre", nm_in(phantom_files, other)))
    assert anna.get("markers")["pre"]["checked"] is False
    assert check_markers(anna.lease.revision_id, timezone.now()) == 1
    found = anna.get("markers")
    assert (found["pre"]["checked"], found["pre"]["segment"]) == (True, str(other))
    assert found["pre"]["advice"] == f"Both points lie in the same neuron, {other}."
    assert found["post"]["advice"] is None
    put(anna, new("pre", nm_in(phantom_files, own), 1))
    assert check_markers(anna.lease.revision_id, timezone.now()) == 1
    assert anna.get("markers")["pre"]["advice"] is None
    third = next(n for n in np.unique(phantom_files.phantom.neurons) if n not in (0, own, other))
    put(anna, new("pre", nm_in(phantom_files, int(third)), 2))
    assert check_markers(anna.lease.revision_id, timezone.now()) == 1
    found = anna.get("markers")
    assert found["pre"]["advice"] == (
        f"This point lies in neuron {third}; the table has {own} as presynaptic."
    )
    assert found["post"]["advice"] is None
    assert check_markers(anna.lease.revision_id, timezone.now()) == 0  # all have been looked at


def test_points_that_were_swapped_lie_in_each_others_neurons() -> None:
    pre, post = Lying(8, root_id=7), Lying(7, root_id=8)
    assert advice_on(Side.PRE, pre, post) is None
    assert advice_on(Side.POST, post, pre) is None
    alone = Lying(8, root_id=7), Lying(None, root_id=9, read=False)
    assert "the table has 7 as presynaptic" in str(advice_on(Side.PRE, *alone))
    assert advice_on(Side.PRE, Lying(8, root_id=None), Lying(5, root_id=None)) is None
    third = Lying(8, root_id=7), Lying(5, root_id=8)
    assert "the table has 7 as presynaptic" in str(advice_on(Side.PRE, *third))
    nowhere = Lying(0, root_id=7), Lying(0, root_id=8)
    assert advice_on(Side.PRE, *nowhere) == "This point lies in no neuron."


def test_advice_is_of_where_the_points_lie_not_of_how_they_came_there(
    anna: Reviser, phantom_files: PhantomFiles
) -> None:
    instance = instance_of(anna)
    own, other = instance.pre_root_id, instance.post_root_id
    assert own
    assert other
    put(anna, new("pre", nm_in(phantom_files, own)), new("post", nm_in(phantom_files, other)))

    def advice(are_swapped: bool = False) -> list[str | None]:
        check_markers(anna.lease.revision_id, timezone.now())
        found = anna.get("markers")
        assert found["pre"]["swapped"] == found["post"]["swapped"] == are_swapped
        return [found[side]["advice"] for side in ("pre", "post")]

    def swap(base: int) -> None:
        keys = [str(uuid.uuid4()), str(uuid.uuid4())]
        anna.send("swap", {"keys": keys, "bases": {"pre": base, "post": base}})

    swap(1)
    assert advice(are_swapped=True) == [None, None], "the polarity of the table is wrong"
    swap(2)
    assert advice() == [None, None], "as in the table again"
    swap(3)
    put(anna, new("pre", nm_in(phantom_files, own), 4))  # back on its side; the other is not
    assert advice() == [f"Both points lie in the same neuron, {own}."] * 2


def test_a_neuron_volume_that_cannot_be_read_is_told_and_tried_again(
    anna: Reviser, phantom_files: PhantomFiles, tmp_path: Path
) -> None:
    files = phantom_files.copy_to(tmp_path / "volumes")
    for chunk in (files.folder / "neuron" / "8_8_32").iterdir():
        chunk.unlink()
    Volume.objects.filter(kind="neuron").update(address=files.neuron)
    forget_readers()
    now = timezone.now()
    put(anna, new("pre", [80.0, 80.0, 64.0]))
    check_markers(anna.lease.revision_id, now)
    found = anna.get("markers")["pre"]
    assert (found["checked"], found["segment"], found["advice"]) == (True, None, None)
    assert "neuron volume near" in found["problem"]
    assert str(tmp_path) not in found["problem"]
    assert resume_checks(now) == 0
    later = now + timedelta(seconds=DOWN_S + 60)
    assert resume_checks(later) == 1
    Volume.objects.filter(kind="neuron").update(address=phantom_files.neuron)
    check_markers(anna.lease.revision_id, later)
    found = anna.get("markers")["pre"]
    assert found["problem"] is None
    z, y, x = 2, 10, 10
    assert found["segment"] == str(phantom_files.phantom.neurons[z, y, x])
    assert resume_checks(later + timedelta(days=1)) == 0


def test_what_ends_its_reader_each_time_is_given_up(anna: Reviser) -> None:
    put(anna, new("pre", [80.0, 80.0, 64.0]))
    MarkerCheck.objects.update(attempts=MOST_ATTEMPTS)
    check_markers(anna.lease.revision_id, timezone.now())
    check = MarkerCheck.objects.get()
    assert (check.retry_at, check.segment) == (None, None)
    assert "ended its reader" in check.problem


def test_beyond_the_neuron_volume_nothing_is_known(anna: Reviser) -> None:
    Volume.objects.filter(kind="neuron").update(hi_x=5)
    put(anna, new("pre", [80.0, 80.0, 64.0]))
    check_markers(anna.lease.revision_id, timezone.now())
    found = anna.get("markers")["pre"]
    assert (found["checked"], found["segment"]) == (True, None)
    assert found["problem"] == "The neuron volume does not reach this point."


def test_without_a_neuron_volume_nobody_looks(anna: Reviser) -> None:
    Volume.objects.filter(kind="neuron").delete()
    put(anna, new("pre", [80.0, 80.0, 64.0]))
    assert not MarkerCheck.objects.exists()
    assert check_markers(anna.lease.revision_id, timezone.now()) == 0
