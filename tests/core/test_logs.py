"""Logs are events: one JSON object a line, with the request that they belong to."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
from celery import Celery

from apps.core.jobs import Job
from synanno_server.env import REPOSITORY, child_environment
from synanno_server.local.stack import Stack, running_stack
from synanno_server.redis_urls import celery_url
from tests.support.homes import HomesWithTables
from tests.support.waiting import wait_for

PROGRAM = """
import django
django.setup()
from django.test import Client
Client(SERVER_NAME="localhost").get("/healthz")
"""


def run_program(code: str, **settings: str) -> subprocess.CompletedProcess[str]:
    settings["DJANGO_SETTINGS_MODULE"] = "synanno_server.settings"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env=child_environment(**settings),
        capture_output=True,
        text=True,
        check=False,
    )


def test_each_line_is_an_event_with_its_request() -> None:
    done = run_program(PROGRAM, SYNANNO_LOG_FORMAT="json")
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stderr.splitlines()]
    finished = next(event for event in events if event["event"] == "request_finished")
    assert finished["request"] == "GET /healthz"
    assert {"timestamp", "level", "logger", "request_id"} <= finished.keys()


STREAMING = """
import django
django.setup()
from django.http import StreamingHttpResponse
from django.test import RequestFactory
from django_structlog.middlewares import RequestMiddleware
def broken():
    yield b"one"
    raise OSError("the disk is gone")
for parts in (iter([b"one", b"two"]), broken()):
    answer = RequestMiddleware(lambda request: StreamingHttpResponse(parts))
    try:
        list(answer(RequestFactory().get("/volumes/1/chunk")).streaming_content)
    except OSError:
        pass
"""


def test_an_answer_in_parts_is_one_line_unless_it_breaks_off() -> None:
    done = run_program(STREAMING, SYNANNO_LOG_FORMAT="json")
    events = [json.loads(line)["event"] for line in done.stderr.splitlines()]
    assert events == ["request_finished", "request_finished", "streaming_failed"], done.stderr


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_an_exception_in_an_event_is_shown_as_text(log_format: str) -> None:
    """Celery's events carry the exception itself."""
    done = run_program(
        "import structlog, django; django.setup()\n"
        "structlog.get_logger('jobs').error('task_failed', exception=ValueError('no such page'))",
        SYNANNO_LOG_FORMAT=log_format,
    )
    assert done.returncode == 0
    assert "task_failed" in done.stderr
    assert "ValueError: no such page" in done.stderr
    assert "TypeError" not in done.stderr


def test_warnings_and_the_traceback_that_ends_a_program_are_events() -> None:
    done = run_program(
        "import warnings, django; django.setup(); warnings.warn('old'); raise OSError('full')",
        SYNANNO_LOG_FORMAT="json",
    )
    assert done.returncode == 1
    warned, ended = [json.loads(line) for line in done.stderr.splitlines()]
    assert "UserWarning: old" in warned["event"]
    assert ended["exception"].endswith("OSError: full")


# ── a running copy ────────────────────────────────────────────────────────────────────────────


@pytest.mark.timeout(180)
def test_every_line_of_web_worker_and_beat_is_an_event(
    tmp_path: Path, homes_with_tables: HomesWithTables
) -> None:
    home = homes_with_tables.make(tmp_path / "home")
    with running_stack(home, settings={"SYNANNO_LOG_FORMAT": "json"}) as stack:
        logs = {name: stack.home.log(name) for name in ("web", "worker", "beat")}
        make_trouble(stack)
        wait_for(lambda: "task_failed" in logs["worker"].read_text(), "a failed task")
        # Only now: a worker whose process dies while it starts has to be started anew.
        for name in ("web", "worker"):
            kill_a_child_of(stack.children()[name])
        wait_for(lambda: "exited with" in logs["worker"].read_text(), "a killed Celery process")
        wait_for(lambda: "SIGKILL" in logs["web"].read_text(), "a killed web process")
    events = {name: events_of(log) for name, log in logs.items()}

    texts = {name: [str(event["event"]) for event in kept] for name, kept in events.items()}
    assert any("Starting gunicorn" in text for text in texts["web"])
    assert any("Invalid HTTP_HOST" in text for text in texts["web"])
    assert "worker_shutting_down" in texts["worker"]
    assert any("beat: Starting" in text for text in texts["beat"])
    failed = next(event for event in events["worker"] if event["event"] == "task_failed")
    assert "invalid literal" in failed["exception"] or "expected a number" in failed["exception"]


def make_trouble(stack: Stack) -> None:
    """A host that is not ours, a job that fails, one that nobody knows."""
    connection = http.client.HTTPConnection(stack.address.removeprefix("http://").rstrip("/"))
    connection.request("GET", "/", headers={"Host": "elsewhere.example"})
    assert connection.getresponse().status == http.client.BAD_REQUEST
    connection.close()
    with Celery(broker=celery_url(stack.settings["REDIS_URL"]), set_as_current=False) as sender:
        sender.send_task(Job.RENDER_PAGES.value, kwargs={"campaign_id": "x"}, queue="prefetch")
        sender.send_task("nobody knows this", queue="default")


def kill_a_child_of(pid: int) -> None:
    main = psutil.Process(pid)
    wait_for(lambda: bool(main.children()), f"children of {main}")
    os.kill(main.children()[-1].pid, signal.SIGKILL)


def events_of(log: Path) -> list[dict[str, Any]]:
    """The events of a log; fails on the first line that is none."""
    events: list[dict[str, Any]] = []
    for line in log.read_text().splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            pytest.fail(f"{log.name} has a line that is no event: {line!r}")
        assert {"event", "level", "logger", "timestamp"} <= event.keys(), line
        events.append(event)
    return events
