"""The API of secrets: in, replaced, forgotten, listed; never out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.datasets.domain.secrets import SecretKind
from apps.datasets.models import Secret, SynapseTable
from apps.datasets.services.secrets import create_secret, credentials_of

pytestmark = pytest.mark.django_db

TOKEN = "tok-1234567890"


def person(name: str, **more: Any) -> tuple[User, Client]:
    user = User.objects.create(username=name, is_staff=True, **more)
    client = Client()
    client.force_login(user)
    return user, client


def send(client: Client, method: str, path: str, body: dict[str, Any]) -> Any:
    return client.generic(method, f"/api/secrets{path}", json.dumps(body), "application/json")


def test_a_secret_comes_in_and_not_out() -> None:
    _mona, browser = person("mona")
    body = {"name": "store", "kind": "https", "secret": TOKEN}
    made = send(browser, "POST", "", body)
    assert made.status_code == 201, made.content
    number = made.json()["id"]
    told = {"id", "name", "kind", "owner", "team", "server", "created_at", "replaced_at"}
    assert made.json().keys() == told
    assert credentials_of(Secret.objects.get()).token == TOKEN
    replaced = send(browser, "PUT", f"/{number}", {"secret": "tok-new"})
    assert replaced.status_code == 200
    assert replaced.json()["replaced_at"] is not None
    assert credentials_of(Secret.objects.get()).token == "tok-new"
    listed = browser.get("/api/secrets")
    assert [one["name"] for one in listed.json()["results"]] == ["store"]
    assert send(browser, "DELETE", f"/{number}", {}).status_code == 204
    for answer in (made, replaced, listed):
        assert b"tok-" not in answer.content


def test_secrets_of_others_are_not_there() -> None:
    mona, _ = person("mona")
    _otto, browser = person("otto")
    _ada, administrator = person("ada", is_superuser=True)
    secret = create_secret("store", SecretKind.HTTPS, TOKEN, mona)
    assert browser.get("/api/secrets").json()["results"] == []
    assert send(browser, "PUT", f"/{secret.pk}", {"secret": "mine"}).status_code == 404
    assert send(browser, "DELETE", f"/{secret.pk}", {}).status_code == 404
    assert credentials_of(Secret.objects.get()).token == TOKEN
    [told] = administrator.get("/api/secrets").json()["results"]
    assert told["owner"] == "mona"


def test_one_that_a_volume_needs_stays(table: SynapseTable) -> None:
    mona, browser = person("mona")
    secret = create_secret("store", SecretKind.HTTPS, TOKEN, mona)
    table.dataset.volumes.filter(kind="image").update(secret=secret)
    refused = send(browser, "DELETE", f"/{secret.pk}", {})
    assert refused.status_code == 409
    assert "Replace it instead" in refused.json()["error"]["sentence"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "a", "kind": "s3", "secret": TOKEN}, "secret"),
        ({"name": "a", "kind": "https", "secret": ""}, "secret"),
        ({"name": "a", "kind": "https", "secret": {"token": TOKEN}}, "secret"),
        ({"name": "a", "kind": "ftp", "secret": TOKEN}, "kind"),
        ({"name": "", "kind": "https", "secret": TOKEN}, "name"),
        ({"name": "a", "kind": "https", "secret": TOKEN, "sealed": TOKEN}, "sealed"),
        ({"name": "a", "kind": "https"}, "secret"),
    ],
)
def test_what_cannot_be_kept_is_refused_and_not_told(body: dict[str, Any], field: str) -> None:
    _mona, browser = person("mona")
    answer = send(browser, "POST", "", body)
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == field
    assert TOKEN not in answer.content.decode()
    assert not Secret.objects.exists()
