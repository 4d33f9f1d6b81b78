"""Tests in several processes: servers of their own; what shares a running copy stays together."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from synanno_server.env import REPOSITORY, child_environment
from synanno_server.local.commands.test import IN_THREE_PROCESSES

WRITES_WHERE_IT_RAN = """
import os
from pathlib import Path

def test_a(request):
    Path(os.environ["RAN"], request.node.path.name).write_text(
        "\\n".join([os.environ["PYTEST_XDIST_WORKER"], os.environ["DATABASE_URL"],
                   os.environ["REDIS_URL"], os.environ.get("PYTEST_PLUGINS", "none")])
    )
"""


def run_pytest(tests: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """As `./synanno test` runs it, but on a folder of its own."""
    plugins = ("-p", "synanno_server.local.pytest_services")
    places = ("-c", "/dev/null", "--rootdir", str(tests))
    processes = (*IN_THREE_PROCESSES, "-n", "2")  # of which two are enough to see it
    environment = child_environment(PYTHONPATH=str(REPOSITORY), RAN=str(tests), **settings)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *places, *plugins, *processes, str(tests)],
        cwd=REPOSITORY,
        # This test may itself run in one of these processes, which tell their children so.
        env={name: value for name, value in environment.items() if "XDIST" not in name},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def test_each_process_has_servers_of_its_own(tmp_path: Path) -> None:
    for name in ("alone", "browser/one", "browser/two", "browser/three"):
        file = tmp_path / "tests" / f"{Path(name).parent}" / f"test_{Path(name).name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(WRITES_WHERE_IT_RAN)
    done = run_pytest(tmp_path, DATABASE_URL="", REDIS_URL="")
    assert done.returncode == 0, done.stdout + done.stderr
    alone, *browser = (
        (tmp_path / f"test_{name}.py").read_text().splitlines()
        for name in ("alone", "one", "two", "three")
    )
    assert browser[0] == browser[1] == browser[2]
    assert len({alone[0], browser[0][0]}) == 2  # the processes
    assert len({alone[1], browser[0][1]}) == 2  # their databases
    assert len({alone[2], browser[0][2]}) == 2  # their Redis
    assert alone[3] == "none"


@pytest.mark.parametrize("given", ["DATABASE_URL", "REDIS_URL"])
def test_a_server_that_is_given_cannot_serve_two(tmp_path: Path, given: str) -> None:
    settings = {"DATABASE_URL": "", "REDIS_URL": ""} | {given: "redis://127.0.0.1:1/0"}
    done = run_pytest(tmp_path, **settings)
    assert done.returncode != 0
    assert f"{given} cannot serve tests in several processes" in done.stderr
