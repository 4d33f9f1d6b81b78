"""A team at work through HTTP while servers die: no accepted verdict is lost, no page is left."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
import redis

from apps.voxels.frames import decode_frames
from synanno_server.env import REPOSITORY, child_environment
from synanno_server.local.stack import Stack, running_stack
from synanno_server.redis_urls import client_url
from tests.support.homes import HomesWithTables
from tests.support.waiting import wait_for

pytestmark = pytest.mark.timeout(120)

PEOPLE, PAGES, PAGE_SIZE = 4, 16, 6
DONE_WITHIN_S = 60.0
RETRY_S = 0.1
LABELS = ("correct", "incorrect", "unsure")


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory, homes_with_tables: HomesWithTables
) -> Iterator[Stack]:
    home = homes_with_tables.make(tmp_path_factory.mktemp("copy") / "home")
    with running_stack(home) as running:
        yield running


@pytest.fixture(scope="module")
def inside(stack: Stack) -> Iterator[Callable[..., Any]]:
    """Calls a function of `tests.support.copies` in a process of the copy."""
    command = [sys.executable, "-m", "tests.support.copies"]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=REPOSITORY,
        env=child_environment(**stack.settings),
        text=True,
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        told, heard = process.stdin, process.stdout

        def call(name: str, /, **arguments: Any) -> Any:
            told.write(json.dumps([name, arguments]) + "\n")
            told.flush()
            return json.loads(heard.readline())

        yield call


@dataclass
class Accepted:
    """What the server has said yes to: labels by the key of the verdict."""

    labels: dict[str, str] = field(default_factory=dict)
    pages: list[int] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


class Annotator(threading.Thread):
    """Somebody whose browser sends again what was not answered, until every page is done."""

    def __init__(self, address: str, campaign: int, session: Mapping[str, str]) -> None:
        super().__init__(daemon=True)
        self._host = urlsplit(address).netloc
        self._lease_url = f"/api/campaigns/{campaign}/lease"
        self._headers = {
            "Accept": "application/vnd.synanno.frames, application/json",
            "Content-Type": "application/json",
            "Cookie": session["cookies"],
            "X-CSRFToken": session["csrf_token"],
        }
        self._ends_at = time.monotonic() + DONE_WITHIN_S
        self.accepted = Accepted()
        self.lost_answers = 0

    def run(self) -> None:
        while time.monotonic() < self._ends_at:
            status, content = self._ask(self._lease_url, {})
            head = next(decode_frames(content)).header if status == http.client.OK else {}
            if head.get("part") == "page":
                self._judge(head)
            elif head.get("reason") == "finished":
                return
            else:
                time.sleep(RETRY_S)

    def _judge(self, page: Mapping[str, Any]) -> None:
        """Label half of the instances, one request each, and submit the page."""
        labels = {tile["item"]: tile["label"] for tile in page["tiles"]}
        for item in list(labels)[::2]:
            labels[item] = LABELS[item % len(LABELS)]
            verdict = {
                "key": str(uuid.uuid4()),
                "item": item,
                "label": labels[item],
                "made_at": datetime.now(UTC).isoformat(),
            }
            status, content = self._ask(page["lease"]["verdicts_url"], {"verdicts": [verdict]})
            if status != http.client.OK:
                self.accepted.refused.append(f"{status} {content[:200]!r}")
                return
            self.accepted.labels[verdict["key"]] = labels[item]
        body = {"verdicts": [], "labels": {str(item): label for item, label in labels.items()}}
        status, content = self._ask(page["lease"]["submit_url"], body)
        if status == http.client.OK:
            self.accepted.pages.append(page["page"]["id"])
        else:
            self.accepted.refused.append(f"{status} {content[:200]!r}")

    def _ask(self, url: str, body: Mapping[str, Any]) -> tuple[int, bytes]:
        """The answer to a request, which is sent again until there is one."""
        while time.monotonic() < self._ends_at:
            connection = http.client.HTTPConnection(self._host, timeout=10)
            try:
                connection.request("POST", url, json.dumps(body).encode(), self._headers)
                response = connection.getresponse()
                content = response.read()
                if response.status < http.client.INTERNAL_SERVER_ERROR:
                    return response.status, content
            except (OSError, http.client.HTTPException):
                pass  # nobody knows whether it arrived
            finally:
                connection.close()
            self.lost_answers += 1
            time.sleep(RETRY_S)
        return 0, b"out of time"


# ── the faults ────────────────────────────────────────────────────────────────────────────────


def kill_celery(stack: Stack) -> None:
    """A process that does jobs, then all of it."""
    worker = psutil.Process(stack.children()["worker"])
    before = set(worker.children())
    _kill_a_child(stack, "worker")
    wait_for(lambda: bool(set(worker.children()) - before), "a process in its place")
    os.kill(stack.children()["worker"], signal.SIGKILL)


def kill_web_process(stack: Stack) -> None:
    _kill_a_child(stack, "web")


def kill_web(stack: Stack) -> None:
    os.kill(stack.children()["web"], signal.SIGKILL)


def kill_redis(stack: Stack) -> None:
    os.kill(stack.children()["valkey"], signal.SIGKILL)


def flush_redis(stack: Stack) -> None:
    with redis.Redis.from_url(client_url(stack.settings["REDIS_URL"])) as client:
        client.flushall()


def restart_postgres(stack: Stack) -> None:
    before = stack.children()["postgres"]
    os.kill(before, signal.SIGINT)
    wait_for(lambda: stack.children().get("postgres", before) != before, "a new Postgres")


def _kill_a_child(stack: Stack, name: str) -> None:
    psutil.Process(stack.children()[name]).children()[0].kill()


@pytest.mark.parametrize(
    "fault",
    [
        kill_celery,
        kill_web_process,
        kill_web,
        kill_redis,
        flush_redis,
        restart_postgres,
    ],
)
def test_a_team_finishes_its_campaign_and_loses_nothing(
    stack: Stack, inside: Callable[..., Any], tmp_path: Path, fault: Callable[[Stack], None]
) -> None:
    tmp_path.chmod(0o755)
    made = inside(
        "make_paper_campaign",
        name=fault.__name__,
        folder=str(tmp_path),
        people=PEOPLE,
        instances=PAGES * PAGE_SIZE,
    )
    team = [Annotator(stack.address, made["campaign"], one) for one in made["sessions"]]
    for person in team:
        person.start()
    done_before = PAGES // 4
    wait_for(lambda: _pages(team) >= done_before, f"{done_before} pages", DONE_WITHIN_S)
    assert _pages(team) < PAGES, "the fault comes when all is done"
    fault(stack)
    for person in team:
        person.join(DONE_WITHIN_S)
    said = {key: label for person in team for key, label in person.accepted.labels.items()}
    assert [one for person in team for one in person.accepted.refused] == []
    assert sorted(page for person in team for page in person.accepted.pages) == made["pages"]
    found = inside("what_is_kept", campaign=made["campaign"], keys=list(said))
    assert found["labels"] == said, "an accepted verdict is not as it was sent"
    assert found["verdicts_an_item"] == [1], "an item was judged twice, or never"
    assert found["open_pages"] == 0
    wait_for(
        lambda: inside("settled", campaign=made["campaign"]) == PAGES * PAGE_SIZE,
        "that every item is settled",
        30,
    )


def _pages(team: list[Annotator]) -> int:
    return sum(len(person.accepted.pages) for person in team)
