"""What was said of a proposed slice is taken back: it is open again, and the slice as it was."""

from __future__ import annotations

import uuid
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from apps.campaigns.models import Campaign
from apps.revision.models import MaskSlice, ProposedSlice, Revision
from tests.revision.test_leasing import cost_of
from tests.revision.test_markers import new, put
from tests.revision.test_proposals import choice, decide, draw_two, ready
from tests.support.drawing import Reviser, revise
from tests.support.people import Team

pytestmark = pytest.mark.django_db


def again(z: int, base: int = 0) -> dict[str, Any]:
    return {"z": z, "base": base, "key": str(uuid.uuid4())}


def take_back(reviser: Reviser, proposal: Any, *slices: dict[str, Any], status: int = 200) -> Any:
    return reviser.send(f"proposals/{proposal['id']}/take-back", {"slices": [*slices]}, status)


def fates(proposal: Any) -> list[str | None]:
    return [one["fate"] for one in proposal["slices"]]


def test_what_was_accepted_is_as_it_was_and_can_be_decided_anew(anna: Reviser) -> None:
    low, _ = draw_two(anna)
    found = ready(anna, reach=0)
    decide(anna, found, *(choice(low + k) for k in (1, 2, 3)))
    opened = take_back(anna, found, again(low + 1, 1), again(low + 3, 1))
    assert fates(opened) == [None, "accepted", None]
    back = anna.now(low + 1)
    assert (back["number"], back["origin"], back["runs"]) == (2, "restored", None)
    row = ProposedSlice.objects.get(z=low + 1)
    assert (row.decided_by, row.decided_at, row.accepted_as) == (None, None, None)
    decided = decide(anna, found, choice(low + 1, base=2), choice(low + 3, accept=False))
    assert fates(decided) == ["accepted", "accepted", "refused"]
    accepted = anna.now(low + 1)
    assert (accepted["number"], accepted["runs"]) == (3, found["slices"][0]["runs"])


def test_the_version_before_is_that_which_held(anna: Reviser) -> None:
    """Not one that came late, and not the volume's where somebody had drawn."""
    low, _ = draw_two(anna)
    found = ready(anna, reach=0)
    z, square = low + 1, anna.square(50, 50, 5)
    anna.draw(anna.drawn(z, runs=square))
    anna.draw(anna.drawn(z, runs=anna.square(1, 1, 3)), status=409)  # kept beside, as 2
    decide(anna, found, choice(z, base=1))
    assert anna.now(z)["number"] == 3
    take_back(anna, found, again(z, 3))
    back = anna.now(z)
    assert (back["number"], back["runs"]) == (4, square)
    last = MaskSlice.objects.get(z=z, number=4)
    assert last.restored is not None
    assert last.restored.number == 1


def test_a_refusal_is_taken_back_and_the_slice_stays_as_it_is(anna: Reviser) -> None:
    low, _ = draw_two(anna)
    found = ready(anna, reach=0)
    decide(anna, found, choice(low + 2, accept=False))
    assert fates(take_back(anna, found, again(low + 2), again(low + 3))) == [None, None, None]
    assert anna.now(low + 2)["number"] == 0
    assert fates(decide(anna, found, choice(low + 2))) == [None, "accepted", None]


def test_sent_again_it_is_taken_back_once(anna: Reviser) -> None:
    low, _ = draw_two(anna)
    found, sent = ready(anna, reach=0), again(low + 1, 1)
    decide(anna, found, choice(low + 1))
    assert take_back(anna, found, sent) == take_back(anna, found, sent)
    assert anna.now(low + 1)["number"] == 2
    decide(anna, found, choice(low + 1, base=2))
    assert fates(take_back(anna, found, sent))[0] == "accepted"  # overtaken by the new decision
    assert anna.now(low + 1)["number"] == 3


def test_what_somebody_drew_since_is_not_taken_back(anna: Reviser) -> None:
    low, _ = draw_two(anna)
    found = ready(anna, reach=0)
    decide(anna, found, choice(low + 1), choice(low + 2))
    anna.draw(anna.drawn(low + 1, 1))
    refused = take_back(anna, found, again(low + 1, 1), again(low + 2, 1), status=409)["error"]
    assert (refused["code"], [one["z"] for one in refused["slices"]]) == (
        "slice_changed",
        [low + 1],
    )
    (told,) = anna.look()["proposals"]
    assert fates(told)[:2] == ["accepted", None]
    assert (anna.slice(low + 1)["number"], anna.slice(low + 2)["runs"]) == (2, None)


def test_what_cannot_be_taken_back_changes_nothing(
    anna: Reviser, mended: Campaign, team: Team
) -> None:
    low, high = draw_two(anna)
    found = ready(anna, reach=0)
    decide(anna, found, choice(low + 1))
    told = take_back(anna, found, again(low + 1, 1), again(high), status=400)["error"]
    assert told["sentence"] == f"z: this proposal has nothing for slice {high}."
    twice = again(low + 1, 1), again(low + 1, 1)
    assert "twice" in take_back(anna, found, *twice, status=400)["error"]["sentence"]
    used = again(low + 1, 1) | {"key": anna.drawn(high, 1)["key"]}
    anna.draw(anna.drawn(high, 1, key=used["key"]))
    assert take_back(anna, found, used, status=400)["error"]["field"] == "key"
    accepted = MaskSlice.objects.get(proposed__z=low + 1).key
    other = again(low + 1, 1) | {"key": str(accepted)}
    assert take_back(anna, found, other, status=400)["error"]["field"] == "key"
    past = timezone.now() - timedelta(seconds=1)
    Revision.objects.filter(pk=anna.lease.revision_id).update(held_until=past)
    revise(mended, team.ben, anna.lease.revision_id)
    assert take_back(anna, found, again(low + 1, 1), status=409)["error"]["code"] == "stale_lease"
    assert ProposedSlice.objects.get(z=low + 1).fate == "accepted"


def test_a_key_of_another_version_of_the_slice_opens_nothing(anna: Reviser) -> None:
    """Also where that is one that was restored, but not by taking the proposal back."""
    low, _ = draw_two(anna)
    found, z = ready(anna, reach=0), low + 1
    drawn = anna.drawn(z)
    anna.draw(drawn)
    restored = {"z": z, "version": 0, "base": 1, "key": str(uuid.uuid4())}
    anna.send("restore", restored)
    decide(anna, found, choice(z, base=2))
    told = take_back(anna, found, again(z, 3) | {"key": drawn["key"]}, status=400)["error"]
    assert told["sentence"] == f"key: {drawn['key']} was used for another version of this slice."
    assert ProposedSlice.objects.get(z=z).fate == "accepted"
    late = {"z": z, "version": 1, "base": 3, "key": str(uuid.uuid4())}
    anna.send("restore", late)
    told = take_back(anna, found, again(z, 3) | {"key": late["key"]}, status=400)["error"]
    assert told["field"] == "key"
    assert ProposedSlice.objects.get(z=z).fate == "accepted"


def test_however_many_slices_are_taken_back_it_costs_the_same(anna: Reviser) -> None:
    """Also where somebody had drawn in all of them before."""
    first, *between, last = anna.zs
    anna.draw(anna.drawn(first), anna.drawn(last))
    found = ready(anna, reach=0)
    anna.draw(*(anna.drawn(z, runs=anna.square(2, 2, 3)) for z in between))
    decide(anna, found, *(choice(z, base=1) for z in between))
    few, many = between[:2], between[2:]
    assert len(many) > len(few)
    costs = [
        cost_of(partial(take_back, anna, found, *(again(z, 2) for z in zs))) for zs in (few, many)
    ]
    assert costs[0] == costs[1]
    back = MaskSlice.objects.filter(origin="restored").select_related("restored")
    assert [(one.z, one.restored.number) for one in back.order_by("z") if one.restored] == [
        (z, 1) for z in between
    ]


def test_points_go_back_to_where_they_were(anna: Reviser) -> None:
    """Also where the table has none, and where it has one beyond the volumes."""
    before = anna.easel["markers"]["pre"]
    away = put(anna, new("pre", [80.0, 80.0, 64.0]))["pre"]
    assert away["origin"] == "set"
    back = put(anna, new("pre", before["nm"], away["number"]))["pre"]
    assert (back["number"], back["origin"]) == (2, "reset")
    assert (back["nm"], back["voxel"]) == (before["nm"], before["voxel"])
    instance = anna.lease.revision.instance
    type(instance).objects.filter(pk=instance.pk).update(
        **dict.fromkeys(("pre_x", "pre_y", "pre_z"), None),
        **dict.fromkeys(("post_x", "post_y", "post_z"), -50),
    )
    none = put(anna, new("pre", None, 2))["pre"]
    assert (none["nm"], none["voxel"], none["origin"]) == (None, None, "reset")
    beyond = anna.look()["markers"]["post"]
    assert beyond["voxel"] == [-50, -50, -50]
    put(anna, new("post", [80.0, 80.0, 64.0]))
    post = put(anna, new("post", beyond["nm"], 1), new("pre", [80.0, 80.0, 64.0], 3))["post"]
    assert (post["nm"], post["origin"]) == (beyond["nm"], "reset")
    put(anna, new("post", None, 2))
    taken = anna.look()["markers"]["post"]
    assert (taken["nm"], taken["origin"]) == (None, "set")
