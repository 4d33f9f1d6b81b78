"""What nobody drew is filled from what somebody did; a person accepts or refuses it."""

from __future__ import annotations

import threading
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.utils import timezone

from apps.campaigns.models import Campaign
from apps.core.locks import alone
from apps.datasets.gateways.volumes.reading import forget_readers
from apps.datasets.models import Volume
from apps.revision.domain.labels import LabelsError
from apps.revision.models import MaskSlice, Proposal, ProposedSlice
from apps.revision.selectors.easels import NoEaselError
from apps.revision.services import filling
from apps.revision.services.filling import (
    MOST_ATTEMPTS,
    FillingError,
    Work,
    claim,
    fill_classically,
    finish,
    work_on,
)
from apps.revision.services.sweeping import LOST_AFTER, resume_proposals
from apps.voxels.depth_fill import Filled, How
from apps.voxels.runs import plane_of_runs
from tests.support.drawing import Reviser, draw_truly, revise, true_mask
from tests.support.people import Team
from tests.support.volumes import PhantomFiles

pytestmark = pytest.mark.django_db


def ask(reviser: Reviser, status: int = 200, **more: Any) -> Any:
    wanted = {"key": str(uuid.uuid4()), "method": "classical"} | more
    return reviser.send("proposals", wanted, status)


def draw_two(reviser: Reviser) -> tuple[int, int]:
    """Squares four slices apart."""
    z = reviser.easel["middle_z"]
    low = max(reviser.zs[0], min(z - 2, reviser.zs[-1] - 4))
    reviser.draw(reviser.drawn(low), reviser.drawn(low + 4, runs=reviser.square(24, 30, 8)))
    return low, low + 4


def repeat(work: Work) -> Filled:
    """A way to fill that is easy to foresee: the first seed in all slices up to the last one."""
    first, last = min(work.seeds.slices), max(work.seeds.slices)
    mask = np.zeros(work.image.shape, bool)
    mask[first : last + 1] = work.seeds.slices[first]
    between: list[How] = ["between" if first < k < last else "empty" for k in range(len(mask))]
    return Filled(mask, tuple(between), (0.5,) * len(mask))


def ready(reviser: Reviser, **more: Any) -> Any:
    """A proposal for the three slices between two that are drawn."""
    proposal = ask(reviser, **more)
    assert work_on(proposal["id"], repeat)
    return next(p for p in reviser.get("proposals")["proposals"] if p["id"] == proposal["id"])


def choice(z: int, *, accept: bool = True, base: int = 0) -> dict[str, Any]:
    return {"z": z, "accept": accept, "base": base, "key": str(uuid.uuid4())}


def decide(reviser: Reviser, proposal: Any, *choices: dict[str, Any], status: int = 200) -> Any:
    return reviser.send(f"proposals/{proposal['id']}/decide", {"slices": [*choices]}, status)


def test_between_drawn_slices_the_others_are_filled(
    anna: Reviser, phantom_files: PhantomFiles
) -> None:
    """From every second slice of a true mask, those between come near to what they truly are."""
    true, first = true_mask(anna, phantom_files), anna.zs[0]
    seeds = draw_truly(anna, phantom_files)
    asked = ask(anna, reach=0)
    assert (asked["status"], asked["seeds"], asked["slices"]) == ("waiting", seeds, [])
    assert anna.look()["proposals"] == [asked]
    assert work_on(asked["id"], fill_classically)
    (found,) = anna.get("proposals")["proposals"]
    assert (found["status"], found["failure"]) == ("ready", None)
    for one in found["slices"]:
        assert seeds[0] < one["z"] < seeds[-1]
        assert one["z"] not in seeds
        drawn = np.frombuffer(plane_of_runs(one["runs"], anna.width, anna.height), np.uint8)
        mask, expected = drawn.reshape(true[0].shape) == 1, true[one["z"] - first]
        assert (mask & expected).sum() / (mask | expected).sum() > 0.4
        assert (one["how"], one["fate"]) == ("between", None)
        assert 0 < one["confidence"] <= 1
    assert found["slices"]
    assert not work_on(asked["id"], fill_classically)  # it is made once


def test_slices_are_accepted_and_refused_one_by_one(anna: Reviser) -> None:
    low, _ = draw_two(anna)
    found = ready(anna, reach=0)
    yes, no = choice(low + 1), choice(low + 2, accept=False)
    decided = decide(anna, found, yes, no)
    assert [one["fate"] for one in decided["slices"]] == ["accepted", "refused", None]
    anna.look()
    accepted = anna.slice(low + 1)
    assert (accepted["number"], accepted["origin"]) == (1, "proposed")
    assert accepted["runs"] == found["slices"][0]["runs"]
    assert anna.slice(low + 2)["number"] == 0
    row = ProposedSlice.objects.get(z=low + 1)
    assert row.accepted_as is not None
    assert (str(row.accepted_as.key), row.decided_by) == (yes["key"], anna.lease.user)
    assert decide(anna, found, yes, no) == decided  # sent again
    assert MaskSlice.objects.filter(origin="proposed").count() == 1


def test_a_decided_slice_is_not_decided_otherwise(anna: Reviser) -> None:
    low, _ = draw_two(anna)
    found = ready(anna, reach=0)
    decide(anna, found, choice(low + 1), choice(low + 2, accept=False))
    for again, fate in (
        (choice(low + 1, base=1), "accepted"),
        (choice(low + 1, accept=False), "accepted"),
        (choice(low + 2), "refused"),
    ):
        error = decide(anna, found, choice(low + 3), again, status=409)["error"]
        assert error["code"] == "already_decided"
        assert error["sentence"] == f"Slice {again['z']} of this proposal was {fate} before."
    assert MaskSlice.objects.filter(z=low + 3).count() == 0  # nothing of these requests was done
    missing = decide(anna, found, choice(low), status=400)["error"]
    assert missing["sentence"] == f"z: this proposal has nothing for slice {low}."
    twice = decide(anna, found, choice(low + 3), choice(low + 3), status=400)["error"]
    assert "twice" in twice["sentence"]


def test_a_slice_is_not_accepted_under_the_key_of_another_version(anna: Reviser) -> None:
    """The key of what was drawn, and that of a slice that was accepted of another proposal."""
    low, _ = draw_two(anna)
    first = ready(anna, reach=0)
    drawn = anna.drawn(low + 2)
    anna.draw(drawn)
    accepted = choice(low + 1)
    decide(anna, first, accepted)
    decide(anna, first, accepted)  # sent again
    anna.send("restore", {"z": low + 1, "version": 0, "base": 1, "key": str(uuid.uuid4())})
    second = ready(anna, reach=0)
    for proposal, one, key in (
        (first, choice(low + 2, base=1), drawn["key"]),
        (second, choice(low + 1, base=2), accepted["key"]),
    ):
        error = decide(anna, proposal, choice(low + 3), one | {"key": key}, status=400)["error"]
        assert error["sentence"] == f"key: {key} was used for another version of this slice."
    assert MaskSlice.objects.filter(origin="proposed").count() == 1
    assert ProposedSlice.objects.filter(fate="accepted").count() == 1


def test_what_somebody_drew_since_is_not_overwritten_by_a_proposal(anna: Reviser) -> None:
    low, _ = draw_two(anna)
    found = ready(anna, reach=0)
    own = anna.square(50, 50, 3)
    anna.draw(anna.drawn(low + 1, runs=own))
    error = decide(anna, found, choice(low + 1), choice(low + 2), status=409)["error"]
    assert error["code"] == "slice_changed"
    assert [(one["z"], one["runs"]) for one in error["slices"]] == [(low + 1, own)]
    assert [one["z"] for one in error["kept"]] == [low + 2]
    (now,) = anna.get("proposals")["proposals"]
    assert [one["fate"] for one in now["slices"]] == [None, "accepted", None]
    assert MaskSlice.objects.filter(z=low + 1).count() == 1
    decide(anna, found, choice(low + 1, base=1))
    assert anna.now(low + 1)["origin"] == "proposed"


def test_only_what_people_drew_is_filled_from(anna: Reviser) -> None:
    error = ask(anna, 409)["error"]
    assert error["code"] == "nothing_to_fill"
    assert error["sentence"].startswith("Draw the mask in at least one slice first")
    z = anna.easel["middle_z"]
    nothing = [anna.width * anna.height]
    anna.draw(anna.drawn(z, runs=nothing))
    assert ask(anna, 409)["error"]["code"] == "nothing_to_fill"  # an empty slice alone
    anna.draw(anna.drawn(z + 1))
    assert ask(anna)["seeds"] == [z, z + 1]
    anna.send("restore", {"z": z, "version": 0, "base": 1, "key": str(uuid.uuid4())})
    assert ask(anna)["seeds"] == [z + 1]  # as in the volume is nobody's drawing
    anna.draw(anna.drawn(z, 2))
    assert ask(anna)["seeds"] == [z, z + 1]
    anna.draw(anna.drawn(z, 3, runs=None))  # undone, to what the volume has
    assert ask(anna)["seeds"] == [z + 1]
    assert [anna.slice(z)[name] for name in ("runs", "origin")] == [None, "volume"]
    anna.draw(*(anna.drawn(at) for at in anna.zs if at not in (z, z + 1)), anna.drawn(z, 4))
    assert ask(anna, 409)["error"]["sentence"] == "Every slice was drawn: there is none to fill."


def test_what_cannot_be_asked_is_refused_by_name(anna: Reviser) -> None:
    draw_two(anna)
    mistakes: tuple[tuple[dict[str, Any], str], ...] = (
        ({"method": "magic"}, '"magic" is none of classical, unet'),
        ({"method": "unet"}, "method: No checkpoint of a network is configured on this server"),
        ({"reach": -1}, "reach: "),
        ({"key": "x"}, "key: "),
    )
    for change, said in mistakes:
        assert said in ask(anna, 400, **change)["error"]["sentence"]
    assert not Proposal.objects.exists()


def test_the_same_asked_again_is_one_proposal_and_another_gives_the_first_up(
    anna: Reviser, mended: Campaign, team: Team
) -> None:
    draw_two(anna)
    first = ask(anna)
    again = anna.send("proposals", {"key": str(Proposal.objects.get().key), "method": "classical"})
    assert again == first
    second = ask(anna, reach=1)
    told = anna.get("proposals")["proposals"]
    assert [(one["id"], one["status"]) for one in told] == [
        (second["id"], "waiting"),
        (first["id"], "cancelled"),
    ]
    assert not work_on(first["id"], fill_classically)
    ben = revise(mended, team.ben)
    draw_two(ben)
    key = str(Proposal.objects.get(pk=first["id"]).key)
    assert "was used for another" in str(ask(ben, 400, key=key))
    assert ben.client.post(f"{ben.address}/proposals/{first['id']}/cancel").status_code == 404


def test_what_is_given_up_while_it_is_made_brings_nothing(anna: Reviser) -> None:
    draw_two(anna)
    asked = ask(anna)

    def fill(work: Work) -> Filled:
        given_up = anna.send(f"proposals/{asked['id']}/cancel", {})
        assert given_up["status"] == "cancelled"
        return repeat(work)

    assert not work_on(asked["id"], fill)
    assert not ProposedSlice.objects.exists()
    assert anna.send(f"proposals/{asked['id']}/cancel", {})["status"] == "cancelled"


def test_one_that_fails_says_why(
    anna: Reviser, phantom_files: PhantomFiles, tmp_path: Path
) -> None:
    draw_two(anna)

    def fill(work: Work) -> Filled:
        raise FillingError("The checkpoint does not fit.")

    assert not work_on(ask(anna)["id"], fill)
    (told,) = anna.get("proposals")["proposals"]
    assert (told["status"], told["failure"]) == ("failed", "The checkpoint does not fit.")
    files = phantom_files.copy_to(tmp_path / "volumes")
    for chunk in (files.folder / "image" / "8_8_32").iterdir():
        chunk.unlink()
    Volume.objects.filter(kind="image").update(address=files.image)
    forget_readers()
    assert not work_on(ask(anna)["id"], fill_classically)
    told = anna.get("proposals")["proposals"][0]
    assert told["status"] == "failed"
    assert "image volume near" in told["failure"]
    assert str(tmp_path) not in told["failure"]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (NoEaselError("This instance cannot be drawn on."), "This instance cannot be drawn on."),
        (LabelsError("no zlib"), "What was drawn cannot be read: no zlib."),
    ],
)
def test_what_cannot_be_begun_is_not_said_to_have_ended_its_process(
    anna: Reviser, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def fail(_: object) -> None:
        raise error

    draw_two(anna)
    asked = ask(anna)
    monkeypatch.setattr(filling, "read_image", fail)
    assert not work_on(asked["id"], fill_classically)
    (told,) = anna.get("proposals")["proposals"]
    assert (told["status"], told["failure"]) == ("failed", said)


def test_where_nothing_is_found_it_is_said_why(anna: Reviser) -> None:
    """None lies within reach; or the mask vanishes."""
    z = anna.easel["middle_z"]
    empty = anna.square(0, 0, 0)

    def vanish(work: Work) -> Filled:
        mask = np.zeros(work.image.shape, bool)
        nowhere: list[How] = ["empty"] * len(mask)
        return Filled(mask, tuple(nowhere), (0.0,) * len(mask))

    anna.draw(anna.drawn(z))
    assert not work_on(ask(anna, reach=0)["id"], fill_classically)
    assert not work_on(ask(anna)["id"], vanish)
    anna.draw(*(anna.drawn(beside, runs=empty) for beside in (z - 1, z + 1)))
    assert not work_on(ask(anna)["id"], fill_classically)
    told = anna.get("proposals")["proposals"]
    assert [one["status"] for one in told] == ["failed"] * 3
    within, vanishes = "Within reach of the masks", "In the slices beside the masks"
    for one, start in zip(told, (within, vanishes, within), strict=True):
        assert one["failure"].startswith(start)


def test_the_seeds_are_those_that_were_seen_when_it_was_asked(anna: Reviser) -> None:
    low, high = draw_two(anna)
    asked = ask(anna)
    anna.draw(anna.drawn(low, 1, runs=anna.square(60, 60, 4)))
    work = claim(asked["id"])
    assert work is not None
    first = work.seeds.slices[low - work.first_z]
    assert sorted(work.seeds.slices) == [low - work.first_z, high - work.first_z]
    assert (first.sum(), bool(first[30, 20]), bool(first[29, 20])) == (64, True, False)
    assert work.image.shape == work.known.shape == (len(anna.zs), anna.height, anna.width)
    assert work.known.all()


def test_one_whose_process_was_lost_is_taken_up_again(anna: Reviser, redis_client: Any) -> None:
    draw_two(anna)
    asked = ask(anna)
    assert claim(asked["id"]) is not None  # its process is killed with SIGKILL here
    now = timezone.now()
    assert resume_proposals(now) == 0  # it may still be at it
    assert resume_proposals(now + LOST_AFTER * 2) == 1
    assert work_on(asked["id"], repeat)
    proposal = Proposal.objects.get()
    assert (proposal.status, proposal.attempts) == ("ready", 2)
    assert resume_proposals(now + LOST_AFTER * 2) == 0


def test_one_whose_job_was_lost_is_sent_again(anna: Reviser) -> None:
    draw_two(anna)
    ask(anna)
    assert resume_proposals(timezone.now()) == 0
    assert resume_proposals(timezone.now() + LOST_AFTER * 2) == 1


def test_one_that_ends_its_process_each_time_is_given_up(anna: Reviser) -> None:
    draw_two(anna)
    asked = ask(anna)
    for _ in range(MOST_ATTEMPTS):
        assert claim(asked["id"]) is not None
    assert claim(asked["id"]) is None
    (told,) = anna.get("proposals")["proposals"]
    assert told["status"] == "failed"
    assert "ended its process 3 times" in told["failure"]


def test_a_process_that_is_overtaken_writes_nothing(anna: Reviser) -> None:
    draw_two(anna)
    asked = ask(anna)
    slow, fast = claim(asked["id"]), claim(asked["id"])
    assert slow is not None
    assert fast is not None
    assert finish(fast, repeat(fast))
    count = ProposedSlice.objects.count()
    assert not finish(slow, repeat(slow))
    assert ProposedSlice.objects.count() == count


@pytest.mark.django_db(transaction=True)
def test_nobody_works_on_what_another_process_is_at(mended: Campaign, team: Team) -> None:
    anna = revise(mended, team.anna)
    draw_two(anna)
    asked = ask(anna)
    held, tried = threading.Event(), threading.Event()

    def work_slowly() -> None:
        try:
            with alone(f"proposal {asked['id']}") as is_alone:
                assert is_alone
                held.set()
                tried.wait(timeout=20)
        finally:
            connection.close()

    thread = threading.Thread(target=work_slowly)
    thread.start()
    assert held.wait(timeout=20)
    assert not work_on(asked["id"], repeat)
    assert Proposal.objects.get().attempts == 0
    tried.set()
    thread.join(timeout=20)
    assert work_on(asked["id"], repeat)
