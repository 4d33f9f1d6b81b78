"""A stand-in for CAVE in a process of its own, and a campaign beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.cave_sync.services import batches
from tests.cave_sync.delivering import Desk
from tests.support.cave_annotations.running import RunningCave, running_cave
from tests.support.paper import paper_campaign
from tests.support.people import Team
from tests.support.revisions import roles_of


@pytest.fixture(scope="session")
def cave_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCave]:
    with running_cave(tmp_path_factory.mktemp("cave")) as cave:
        yield cave


@pytest.fixture
def stand_in_cave(
    cave_process: RunningCave, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RunningCave]:
    """Without faults but those that a test orders; nobody naps between attempts."""
    monkeypatch.setattr(batches, "NAPS_S", (0.0,) * 5)
    yield cave_process
    cave_process.calm()


@pytest.fixture
def desk(tmp_path: Path, team: Team, stand_in_cave: RunningCave) -> Desk:
    campaign = paper_campaign(tmp_path, roles_of(team), instances=12)
    return Desk(stand_in_cave, campaign, team.manager)
