"""Whether a way to fill is offered: workers look at what it needs, the web reads what they said."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.revision.domain import Method
from apps.revision.models import MethodCheck
from apps.revision.selectors.proposals import DIGEST, SEEN_WITHIN, methods
from apps.revision.services.methods import Means, begin_look, end_look, forget_worker
from tests.support.drawing import Reviser

pytestmark = pytest.mark.django_db


def ask(reviser: Reviser, status: int = 200) -> Any:
    wanted = {"key": str(uuid.uuid4()), "method": "unet"}
    return reviser.send("proposals", wanted, status)


def means(file: str, version: str, host: str = "one") -> Means:
    return Means(Method.UNET, host, file, version, worker=f"of {host}")


def begin(what: Means, after: timedelta = timedelta()) -> bool:
    now = timezone.now() + after
    return begin_look(what, now, now - timedelta(minutes=5))


def find(
    what: Means, problem: str = "", digest: str = "same", after: timedelta = timedelta()
) -> None:
    """A worker of a machine looks."""
    assert begin(what, after)
    facts = {} if problem else {DIGEST: digest}
    end_look(what, problem=problem, facts=facts, now=timezone.now())


def told() -> tuple[bool, str | None]:
    """Whether the network is offered, and what is said of it."""
    _, unet = methods()
    return unet["available"], unet["sentence"]


@pytest.fixture
def configured(settings: Any) -> str:
    path = "/models/unet.onnx"
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, depth_unet=path)
    return path


def test_a_network_is_offered_once_a_worker_has_seen_that_it_fits(
    anna: Reviser, configured: str, settings: Any
) -> None:
    anna.draw(anna.drawn(anna.easel["middle_z"]))

    def offered() -> tuple[bool, str | None]:
        _, unet = anna.look()["methods"]
        return unet["available"], unet["sentence"]

    assert "No worker has looked" in str(offered())
    find(means(configured, "1"), "The checkpoint does not fit.")
    assert not begin(means(configured, "1")), "nothing has changed"
    assert offered() == (False, "The checkpoint does not fit.")
    error = ask(anna, 400)["error"]
    assert error["sentence"] == "method: The checkpoint does not fit."
    assert begin(means(configured, "2"))
    assert "No worker has looked" in str(offered())
    end_look(means(configured, "2"), problem="", facts={}, now=timezone.now())
    assert offered() == (True, None)
    assert ask(anna)["method"] == "unet"
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, depth_unet="/models/another.onnx")
    assert "No worker has looked" in str(offered())


def test_machines_that_have_different_networks_are_told_of(configured: str) -> None:
    find(means(configured, "1", "one"), digest="a")
    find(means(configured, "8", "two"), digest="a")
    assert told() == (True, None), "the same file, copied at another time"
    find(means(configured, "9", "two"), digest="b")
    different = told()
    assert different[0]
    assert "different networks" in str(different[1])
    assert not begin(means(configured, "1", "one"))
    assert told() == different, "whoever looked last"
    find(means(configured, "10", "two"), "It is no ONNX file.")
    assert told() == (
        True,
        "On 1 of 2 machines the network cannot be used: where it fails, ask for it again. "
        "It is no ONNX file.",
    )
    find(means(configured, "2", "one"), "It is empty.")
    assert told() == (False, "It is empty."), "of the first by name, whoever looked last"
    find(means(configured, "11", "two"), digest="b")
    forget_worker("of one")
    assert told() == (True, None)


def test_a_machine_that_is_seen_no_more_is_not_heeded(configured: str) -> None:
    find(means(configured, "1", "gone"), "It is empty.")
    find(means(configured, "1", "here"), after=SEEN_WITHIN - timedelta(minutes=1))
    assert told()[1] is not None
    assert not begin(means(configured, "1", "here"), after=SEEN_WITHIN + timedelta(minutes=1))
    assert told() == (True, None)
    assert [one.host for one in MethodCheck.objects.all()] == ["here"], "and no row is kept of it"


def test_a_worker_that_ends_takes_nothing_from_the_next_one_of_its_machine(configured: str) -> None:
    """The next one is often started while this one does its last job."""
    old = means(configured, "1")
    find(old)
    new = replace(old, worker="the next one")
    assert not begin(new), "nothing has changed"
    forget_worker(old.worker)
    assert told() == (True, None)
    forget_worker(new.worker)
    assert "No worker has looked" in str(told()[1])


def test_a_checkpoint_that_ends_its_reader_is_looked_at_a_few_times(db: None) -> None:
    looked = [begin(means("unet.onnx", "1")) for _ in range(5)]
    assert looked == [True, True, True, False, False]
    assert begin(means("unet.onnx", "1", "another machine"))
    first = MethodCheck.objects.get(host="one")
    assert "ended the process 3 times" in first.problem
