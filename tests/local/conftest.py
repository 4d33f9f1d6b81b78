"""A home folder and a crew for tests that start programs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from synanno_server.local.crew import Crew, guarded_crew
from synanno_server.local.homes import Home
from synanno_server.local.stopping import StopSwitch


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.make()
    return made


@pytest.fixture
def crew(home: Home) -> Iterator[Crew]:
    with guarded_crew(home.log("guard"), StopSwitch()) as started:
        yield started
