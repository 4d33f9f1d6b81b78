"""Logs are events: one JSON object a line, with the request that they belong to."""

from __future__ import annotations

import json
import subprocess
import sys

from synanno_server.env import REPOSITORY, child_environment

PROGRAM = """
import django
django.setup()
from django.test import Client
Client(SERVER_NAME="localhost").get("/healthz")
"""


def test_each_line_is_an_event_with_its_request() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=REPOSITORY,
        env=child_environment(
            SYNANNO_LOG_FORMAT="json", DJANGO_SETTINGS_MODULE="synanno_server.settings"
        ),
        capture_output=True,
        text=True,
        check=True,
    )
    events = [json.loads(line) for line in done.stderr.splitlines()]
    finished = next(event for event in events if event["event"] == "request_finished")
    assert finished["request"] == "GET /healthz"
    assert {"timestamp", "level", "logger", "request_id"} <= finished.keys()
