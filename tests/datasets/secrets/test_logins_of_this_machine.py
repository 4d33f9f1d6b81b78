"""What the account that runs the server has logins for is not read by all who name it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from cloudfiles import CloudFiles
from django.conf import settings
from django.test import override_settings

from apps.core.errors import InvalidInputError
from apps.datasets.domain.secrets import Credentials, SecretKind
from apps.datasets.gateways.fetching import fetch_file
from tests.datasets.secrets.test_stand_ins import file_answer, is_read, opened, service_account
from tests.datasets.volumes.stored import blocky, store
from tests.support.web import Answer, Asked, Web, web

TABLE = b"id,x\n1,2\n"
TOKEN = "tok-of-this-machine"


@pytest.fixture
def bucket() -> str:
    """A name that CloudFiles has not met: it keeps what it found for one."""
    return f"b{uuid4().hex}"


@pytest.fixture
def server() -> Iterator[Web]:
    def answer(asked: Asked) -> Answer:
        if asked.path == "/token":
            body = json.dumps({"access_token": TOKEN, "expires_in": 3600}).encode()
            return Answer(body=body, headers={"Content-Type": "application/json"})
        return Answer(body=TABLE, headers={"ETag": '"1-"'})

    with web(answer) as running:
        yield running


@pytest.fixture
def of_amazon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDOFTHISMACHINE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "key-of-this-machine")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session-of-this-machine")


def lent(*, are: bool) -> override_settings:
    return override_settings(ENVIRONMENT=replace(settings.ENVIRONMENT, machine_logins=are))


def fetched(address: str, folder: Path) -> bytes:
    fetch_file(address, folder / "t", limit_bytes=1000)
    return (folder / "t").read_bytes()


def logins(server: Web) -> set[str]:
    """Parts of what the server was told, of those that say who asks."""
    told = ("authorization", "x-amz-security-token")
    return {asked.headers[name] for asked in server.asked for name in told if name in asked.headers}


@pytest.mark.usefixtures("of_amazon")
@pytest.mark.parametrize("are", [False, True])
def test_a_server_of_somebodys_own_learns_no_keys(
    server: Web, bucket: str, tmp_path: Path, are: bool
) -> None:
    with lent(are=are):
        assert fetched(f"s3://{server.address}/{bucket}/t.csv", tmp_path) == TABLE
        with pytest.raises(InvalidInputError):
            opened(f"s3://{server.address}/{bucket}/v", None)
    assert logins(server) == set()


@pytest.mark.usefixtures("of_amazon")
def test_buckets_of_amazon_are_read_as_by_nobody_unless_keys_are_lent(
    server: Web, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.address)
    assert fetched(f"s3://{bucket}/t.csv", tmp_path) == TABLE
    assert logins(server) == set()
    with lent(are=True):
        assert fetched(f"s3://{bucket}/t.csv", tmp_path) == TABLE
    assert "session-of-this-machine" in logins(server)
    server.asked.clear()
    assert fetched(f"s3://{bucket}/t.csv", tmp_path) == TABLE
    assert logins(server) == set(), "a connection that knows the keys is not given to others"


def test_buckets_of_google_are_read_as_by_nobody_unless_the_account_is_lent(
    server: Web, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = tmp_path / "google-secret.json"
    account.write_text(service_account(f"{server.address}/token").text)
    monkeypatch.setattr("cloudfiles.secrets.secretpath", lambda name: str(tmp_path / name))
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.address)
    for are, expected in ((False, set()), (True, {f"Bearer {TOKEN}"})):
        with lent(are=are):
            files = CloudFiles(f"gs://{bucket}/v", progress=False)
            assert files.get("t.csv", raw=True) == TABLE
        assert logins(server) == expected


def test_the_password_of_cloudfiles_is_sent_to_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cloudfiles.secrets.HTTP_CREDENTIALS", {"user": "me", "password": "pass"})
    store(tmp_path / "v", blocky("uint8"), "raw")
    with web(lambda asked: file_answer(tmp_path, asked.path, asked)) as server:
        is_read(f"{server.address}/v", None)
        assert logins(server) == set()
        is_read(f"{server.address}/v", Credentials(SecretKind.HTTPS, TOKEN))
        assert logins(server) == {f"Bearer {TOKEN}"}


def test_a_netrc_is_not_looked_into_not_even_after_a_redirect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("default login me password pass\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    store(tmp_path / "v", blocky("uint8"), "raw")
    with web(lambda asked: file_answer(tmp_path, asked.path, asked)) as second:
        with web(
            lambda asked: Answer(302, headers={"Location": second.address + asked.path})
        ) as first:
            is_read(f"{first.address}/v", None)
            assert fetched(f"{first.address}/v/info", tmp_path)
        assert first.asked
        assert second.asked
        assert logins(first) | logins(second) == set()
