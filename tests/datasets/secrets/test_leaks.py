"""A secret is looked for everywhere where it must not be, after its volume was read by workers."""

from __future__ import annotations

import io
import subprocess
import sys
from typing import Any

import pytest
import redis
from django.core.management import call_command
from django.test import Client

from apps.accounts.models import User
from apps.core.jobs import Job
from apps.datasets.models import Secret, SynapseTable, Volume
from apps.datasets.selectors.tables import cutout_requests
from apps.datasets.services.datasets import VolumeInput, examine_volume
from apps.datasets.services.rendering import render_cutouts
from apps.datasets.services.secrets import replace_secret
from apps.voxels.geometry import Point
from synanno_server.celery import app
from synanno_server.env import REPOSITORY, child_environment
from tests.datasets.secrets.test_stand_ins import bearer, file_answer
from tests.support.volumes import PhantomFiles
from tests.support.web import web

TOKEN = "tok-1a2b3c4d5e6f-needle"


def _bytes(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value or b"")


def everything_in(client: redis.Redis) -> bytes:
    found: list[bytes] = []
    for key in client.scan_iter("*"):
        found.append(bytes(key))
        kind = client.type(key)
        if kind == b"list":
            found.extend(map(_bytes, client.lrange(key, 0, -1)))
        elif kind == b"string":
            found.append(_bytes(client.get(key)))
        else:
            found.append(_bytes(client.dump(key)))
    return b"\n".join(found)


@pytest.mark.django_db
def test_the_text_of_a_secret_is_nowhere(
    table: SynapseTable,
    phantom_files: PhantomFiles,
    redis_client: redis.Redis,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    ada = User.objects.create(username="ada", is_staff=True, is_superuser=True)
    browser = Client()
    browser.force_login(ada)
    body = {"name": "store", "kind": "https", "secret": TOKEN}
    answers: list[Any] = [browser.post("/api/secrets", body, "application/json")]
    secret = Secret.objects.get()
    serve = bearer(TOKEN, lambda asked: file_answer(phantom_files.folder, asked.path, asked))
    with web(serve) as server:
        image = f"{server.address}/image"
        facts = examine_volume(VolumeInput(Volume.Kind.IMAGE, image, secret=secret))
        table.dataset.volumes.filter(kind="image").update(
            address=image, secret=secret, version=facts.version
        )
        instances = list(table.instances.order_by("pk")[:2])
        requests = cutout_requests(table, instances, Point(64, 64, 4))
        assert render_cutouts(requests) == 2
        # What goes wrong is told as well: a wrong token, and a job that carries the reference.
        replace_secret(secret, f"{TOKEN}-wrong", ada)
        app.send_task(Job.RENDER_ITEMS.value, kwargs={"items": [repr(requests)]}, expires=60)
        again = cutout_requests(table, instances, Point(64, 64, 6))
        assert render_cutouts(again) == 0
    assert any("authorization" in asked.headers for asked in server.asked)
    answers += [browser.get(path) for path in ("/api/secrets", "/admin/datasets/secret/")]
    answers.append(browser.get(f"/admin/datasets/secret/{secret.pk}/change/"))
    dumped = io.StringIO()
    call_command("dumpdata", "datasets.secret", "datasets.volume", stdout=dumped)
    told = capfd.readouterr()
    places = {
        "answers": b"".join(answer.content for answer in answers),
        "dump": dumped.getvalue().encode(),
        "redis": everything_in(redis_client),
        "log": caplog.text.encode() + repr([r.__dict__ for r in caplog.records]).encode(),
        "output": f"{told.out}{told.err}".encode(),
        "reprs": repr((requests, again, secret.__dict__)).encode(),
    }
    assert {name for name, content in places.items() if TOKEN.encode() in content} == set()
    assert b"store" in places["answers"]
    assert b"place_unreadable" in places["log"] + places["output"]


@pytest.mark.django_db
def test_a_traceback_does_not_show_it() -> None:
    program = (
        "import django; django.setup()\n"
        "from apps.datasets.domain.secrets import Credentials, SecretKind\n"
        "import structlog\n"
        f"credentials = Credentials(SecretKind.HTTPS, {TOKEN!r}[:])\n"
        "try:\n    raise ValueError(credentials, [credentials])\n"
        "except ValueError:\n    structlog.get_logger('x').exception('failed', given=credentials)\n"
        "raise RuntimeError(credentials)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=REPOSITORY,
        env=child_environment(
            DJANGO_SETTINGS_MODULE="synanno_server.settings", SYNANNO_LOG_FORMAT="json"
        ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr.count("<credentials of https>") >= 2
    assert TOKEN not in done.stderr
