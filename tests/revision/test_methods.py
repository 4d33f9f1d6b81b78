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
from apps.revision.services.methods import begin_look, end_look
from tests.support.drawing import Reviser

pytestmark = pytest.mark.django_db


def ask(reviser: Reviser, status: int = 200) -> Any:
    wanted = {"key": str(uuid.uuid4()), "method": "unet"}
    return reviser.send("proposals", wanted, status)


def begin(path: str, version: str) -> bool:
    now = timezone.now()
    return begin_look(Method.UNET, path, version, now, now - timedelta(minutes=5))


def test_a_network_is_offered_once_a_worker_has_seen_that_it_fits(
    anna: Reviser, settings: Any
) -> None:
    path = "/models/unet.onnx"
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, depth_unet=path)
    anna.draw(anna.drawn(anna.easel["middle_z"]))

    def offered() -> tuple[bool, str | None]:
        _, unet = anna.look()["methods"]
        return unet["available"], unet["sentence"]

    def look(version: str, problem: str) -> None:
        assert begin(path, version)
        end_look(Method.UNET, path, version, problem=problem, facts={}, now=timezone.now())
        assert not begin(path, version)  # nothing has changed

    assert "No worker has looked" in str(offered())
    look("1", "The checkpoint does not fit.")
    assert offered() == (False, "The checkpoint does not fit.")
    error = ask(anna, 400)["error"]
    assert error["sentence"] == "method: The checkpoint does not fit."
    assert begin(path, "2")
    assert "No worker has looked" in str(offered())
    end_look(Method.UNET, path, "2", problem="", facts={}, now=timezone.now())
    assert offered() == (True, None)
    assert ask(anna)["method"] == "unet"
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, depth_unet="/models/another.onnx")
    assert "No worker has looked" in str(offered())


def test_a_checkpoint_that_ends_its_reader_is_looked_at_a_few_times(anna: Reviser) -> None:
    looked = [begin("unet.onnx", "1") for _ in range(5)]
    assert looked == [True, True, True, False, False]
    assert "ended the process 3 times" in MethodCheck.objects.get().problem
