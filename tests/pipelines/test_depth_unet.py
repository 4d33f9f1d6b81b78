"""The network of the server fills what nobody drew, or says why it does not."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import redis
from django.db import connection
from django.utils import timezone

from apps.campaigns.models import Campaign
from apps.core.locks import alone
from apps.pipelines.domain.contract import Array, Network
from apps.pipelines.gateways.onnx_network import open_network
from apps.pipelines.services import depth_unet
from apps.pipelines.services.depth_unet import fill_with_unet
from apps.pipelines.services.looking import look_at_network
from apps.revision.models import Proposal, ProposedSlice
from apps.revision.services.filling import FillingError, Work, claim
from apps.revision.services.sweeping import LOST_AFTER, resume_proposals
from apps.voxels.depth_fill import Seeds
from apps.voxels.runs import plane_of_runs
from tests.pipelines.networks import convolution, spreading
from tests.support.drawing import Reviser, revise
from tests.support.people import Team
from tests.support.waiting import wait_for
from tests.support.workers import celery_worker
from workers.pipelines import LooksAtNetwork
from workers.turns import give_turns

pytestmark = pytest.mark.django_db
Configure = Callable[[Path], None]
FAR = 2  # slices that the network carries a mask


@pytest.fixture
def unet(tmp_path: Path, configure: Configure) -> Path:
    """A server with a network that fits."""
    path = spreading(tmp_path / "unet.onnx", FAR)
    configure(path)
    look_at_network(timezone.now())
    return path


def ask(reviser: Reviser) -> int:
    """Draw a square in the middle, and ask the network for the rest."""
    z = reviser.easel["middle_z"]
    if not reviser.now(z)["number"]:
        reviser.draw(reviser.drawn(z))
    wanted = {"key": str(uuid.uuid4()), "method": "unet"}
    return int(reviser.send("proposals", wanted)["id"])


def told(reviser: Reviser, proposal_id: int) -> Any:
    proposals = reviser.get("proposals")["proposals"]
    return next(one for one in proposals if one["id"] == proposal_id)


def expected(work: Work) -> dict[int, Array]:
    """What `spreading` finds: the seed, so many slices to each side, where the image is dark."""
    ((seed_z, seed),) = work.seeds.slices.items()
    found = {}
    for z in range(max(seed_z - FAR, 0), min(seed_z + FAR + 1, len(work.image))):
        dark = work.image[z] / 127.5 - 1 < 0.5
        if z != seed_z and (seed & dark).any():
            found[work.first_z + z] = seed & dark
    return found


def masks(reviser: Reviser, proposal: Any) -> dict[int, Array]:
    shape = (reviser.height, reviser.width)
    return {
        one["z"]: np.frombuffer(plane_of_runs(one["runs"], shape[1], shape[0]), np.uint8)
        .reshape(shape)
        .astype(bool)
        for one in proposal["slices"]
    }


def test_the_network_fills_what_was_not_drawn(anna: Reviser, unet: Path) -> None:
    asked = ask(anna)
    work = claim(asked)  # its process is killed with SIGKILL here
    assert work is not None
    assert fill_with_unet(asked)
    proposal = told(anna, asked)
    assert (proposal["status"], proposal["method"]) == ("ready", "unet")
    wanted = expected(work)
    found = masks(anna, proposal)
    assert found.keys() == wanted.keys()
    assert len(found) == 2 * FAR
    assert all(np.array_equal(found[z], mask) for z, mask in wanted.items())
    assert {one["how"] for one in proposal["slices"]} == {"beyond"}
    assert all(0.5 < one["confidence"] <= 1 for one in proposal["slices"])


def test_one_that_takes_fixed_windows_finds_the_same(
    anna: Reviser, unet: Path, configure: Configure, tmp_path: Path
) -> None:
    first = ask(anna)
    assert fill_with_unet(first)
    depth = len(anna.zs)
    fixed = tmp_path / "fixed.onnx"
    spreading(fixed, FAR, given=(1, 2, depth, 24, 40), answers=(1, 1, depth, 24, 40))
    configure(fixed)
    look_at_network(timezone.now())
    second = ask(anna)
    assert fill_with_unet(second)
    assert [told(anna, first)[key] for key in ("status", "method")] == ["ready", "unet"]
    one, other = masks(anna, told(anna, first)), masks(anna, told(anna, second))
    assert one.keys() == other.keys()
    assert all(np.array_equal(one[z], other[z]) for z in one)


def break_off(path: Path) -> None:
    path.unlink()


def untrain(path: Path) -> None:
    convolution(path, 0, 0, 0.5)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (break_off, "“unet.onnx” (SYNANNO_DEPTH_UNET) cannot be used: there is no such file."),
        (untrain, "it says the same (0.5) of every voxel, as one does that was not trained."),
        (lambda path: path.write_bytes(b"PK\x03\x04"), "it is a file of PyTorch"),
    ],
)
def test_a_network_that_no_longer_fits_fills_nothing_and_says_so(
    anna: Reviser, unet: Path, spoil: Callable[[Path], object], said: str
) -> None:
    asked = ask(anna)
    spoil(unet)
    assert not fill_with_unet(asked)
    proposal = told(anna, asked)
    assert proposal["status"] == "failed"
    assert said in proposal["failure"]
    assert str(unet.parent) not in proposal["failure"]
    assert not ProposedSlice.objects.exists()  # and the classical way is not taken instead
    look_at_network(timezone.now())
    _, way = anna.look()["methods"]
    assert not way["available"]
    assert said in way["sentence"]


def test_without_a_checkpoint_nothing_is_filled(anna: Reviser, unet: Path, settings: Any) -> None:
    asked = ask(anna)
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, depth_unet="")
    assert not fill_with_unet(asked)
    assert "No checkpoint of a network is configured" in told(anna, asked)["failure"]


def test_where_the_box_no_longer_has_what_was_drawn_that_is_said(anna: Reviser, unet: Path) -> None:
    """Its campaign now shows fewer slices, or others."""
    work = claim(ask(anna))
    assert work is not None
    with pytest.raises(FillingError, match="No slice of this box has anything drawn"):
        depth_unet.fill(replace(work, seeds=Seeds({})))


def test_a_network_that_takes_too_long_is_ended_and_that_is_said(
    anna: Reviser, unet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ask(anna)
    monkeypatch.setattr(depth_unet, "LIMIT_S", 0.0)
    assert not fill_with_unet(asked)
    assert "The network took longer than 4 minutes" in told(anna, asked)["failure"]


def test_what_nobody_waits_for_any_more_is_left_off(
    anna: Reviser, unet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A box of many windows, and somebody who gives it up after the first."""
    asked = ask(anna)
    runs: list[int] = []

    class Watched:
        def __init__(self, network: Network) -> None:
            self.contract = replace(network.contract, window=(4, 16, 16))
            self._run = network.run

        def run(self, window: Array, within_s: float) -> Array:
            runs.append(asked)
            anna.send(f"proposals/{asked}/cancel", {})
            return self._run(window, within_s)

    monkeypatch.setattr(depth_unet, "open_network", lambda *at: Watched(open_network(*at)))
    assert not fill_with_unet(asked)
    assert told(anna, asked)["status"] == "cancelled"
    assert len(runs) == 1


def waiting_jobs(client: redis.Redis, queue: str = "default") -> list[tuple[str, Any]]:
    """The names and arguments of what was sent to workers."""
    sent: Any = client.lrange(queue, 0, -1)
    return [
        (message["headers"]["task"], message["headers"]["kwargsrepr"])
        for message in map(json.loads, sent)
    ]


@pytest.mark.django_db(transaction=True)
def test_a_process_of_the_workers_is_left_to_others(
    mended: Campaign, team: Team, unet: Path, redis_client: redis.Redis
) -> None:
    """With two processes, one network runs at a time; the next begins when it has ended."""
    anna, ben = revise(mended, team.anna), revise(mended, team.ben)
    first, second = ask(anna), ask(ben)
    runs, may_end = threading.Event(), threading.Event()

    def run_slowly() -> None:
        try:
            with alone("looks that somebody waits for 0") as is_alone:
                assert is_alone
                runs.set()
                may_end.wait(timeout=20)
        finally:
            connection.close()

    thread = threading.Thread(target=run_slowly)
    thread.start()
    assert runs.wait(timeout=20)
    assert not fill_with_unet(second)
    assert Proposal.objects.get(pk=second).status == "waiting"
    may_end.set()
    thread.join(timeout=20)
    redis_client.delete("default")
    assert fill_with_unet(first)
    assert waiting_jobs(redis_client) == [
        ("core.give_turns", "{'kind': 'pipelines.fill_depth_unet'}")
    ]
    redis_client.delete("default")
    give_turns("pipelines.fill_depth_unet")
    (name, arguments), *more = waiting_jobs(redis_client)
    assert (name, more) == ("pipelines.fill_depth_unet", [])
    assert str(second) in arguments
    redis_client.delete("default")
    assert resume_proposals(timezone.now() + LOST_AFTER * 2) == 1  # nor is it lost with Redis
    assert [name for name, _ in waiting_jobs(redis_client)] == ["pipelines.fill_depth_unet"]


@pytest.mark.django_db(transaction=True)
def test_a_worker_looks_at_the_network_offers_it_and_fills(
    mended: Campaign, team: Team, configure: Configure, tmp_path: Path, redis_client: redis.Redis
) -> None:
    anna = revise(mended, team.anna)
    path = spreading(tmp_path / "unet.onnx", FAR)
    configure(path)
    assert anna.look()["methods"][1]["available"] is False
    redis_client.delete("default")
    log = tmp_path / "worker.log"
    with celery_worker(log, processes=1, SYNANNO_DEPTH_UNET=str(path)):
        wait_for(lambda: anna.look()["methods"][1]["available"] is True, "a look at the network")
        asked = ask(anna)
        wait_for(lambda: told(anna, asked)["status"] not in {"waiting", "running"}, "its end")
    proposal = told(anna, asked)
    assert (proposal["status"], proposal["failure"]) == ("ready", None), log.read_text()
    assert len(proposal["slices"]) == 2 * FAR
    assert anna.look()["methods"][1]["available"] is False, "the worker has ended"


class Timer:
    """What a worker's timer does, at once; what comes round is kept."""

    def __init__(self) -> None:
        self.every: list[tuple[float, Callable[[], object]]] = []

    def call_after(self, _: float, call: Callable[..., object], kwargs: dict[str, Any]) -> None:
        call(**kwargs)

    def call_repeatedly(
        self, secs: float, call: Callable[..., object], kwargs: dict[str, Any]
    ) -> SimpleNamespace:
        entry = (secs, lambda: call(**kwargs))
        self.every.append(entry)
        return SimpleNamespace(cancel=lambda: self.every.remove(entry))


def test_each_worker_is_sent_its_own_looks(unet: Path, redis_client: redis.Redis) -> None:
    """A queue of all has each looked at by whichever machine comes first."""
    queues = [f"worker@{name}.dq2" for name in ("one", "two")]
    parents = [
        SimpleNamespace(hostname=queue.removesuffix(".dq2"), timer=Timer(), steps=[])
        for queue in queues
    ]
    redis_client.delete("default", *queues)
    for parent in parents:
        step = LooksAtNetwork(parent)
        assert step.include(parent)
        step.start(parent)
        step.stop(parent)  # its connection is lost
        assert parent.timer.every == []
        step.start(parent)
        ((seconds, send),) = parent.timer.every
        assert seconds == 60
        send()
    for queue in queues:
        told = waiting_jobs(redis_client, queue)
        assert [name for name, _ in told] == ["pipelines.look_at_network"] * 3
        assert ["is_start" in arguments for _, arguments in told] == [False, True, True]
    assert waiting_jobs(redis_client) == []
    redis_client.delete(*queues)


def test_where_no_network_is_configured_no_looks_are_sent() -> None:
    parent = SimpleNamespace(steps=[])
    assert not LooksAtNetwork(parent).include(parent)
    assert parent.steps == []
