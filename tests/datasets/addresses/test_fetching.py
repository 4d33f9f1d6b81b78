"""Files are fetched from addresses that people name: within limits, and from nowhere private."""

from __future__ import annotations

import gzip
import socket
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest
from django.conf import settings
from django.test import override_settings

from apps.core.errors import InvalidInputError
from apps.datasets.domain.secrets import Credentials, SecretKind
from apps.datasets.gateways import fetching
from apps.datasets.gateways.fetching import FetchError, fetch_file, told_address
from tests.support.web import Answer, Asked, web

TABLE = b"id,x,y,z\n" + b"1,2,3,4\n" * 200_000
LIMIT = 4_000_000


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "_PAUSE_S", 0)


def reachable(*networks: str) -> override_settings:
    allowed = tuple(map(ip_network, networks))
    return override_settings(ENVIRONMENT=replace(settings.ENVIRONMENT, private_networks=allowed))


def fetched(address: str, folder: Path, limit: int = LIMIT, token: str | None = None) -> bytes:
    credentials = Credentials(SecretKind.HTTPS, token) if token else None
    fetch_file(address, folder / "t", limit_bytes=limit, credentials=credentials)
    return (folder / "t").read_bytes()


def test_a_file_comes_whole_and_its_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    with web(lambda _: Answer(body=TABLE)) as server:
        address = f"{server.address}/t.csv"
        fetch_file(
            address,
            tmp_path / "t",
            limit_bytes=LIMIT,
            on_progress=lambda done, total: told.append((done, total)),
        )
    assert (tmp_path / "t").read_bytes() == TABLE
    assert told[-1] == (len(TABLE), len(TABLE))
    assert len(told) > 2
    assert "authorization" not in server.asked[0].headers


def test_a_file_that_breaks_off_is_taken_up_where_it_ended(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Answer:
        tagged = {"ETag": '"1"'}
        if "range" not in asked.headers:
            return Answer(body=TABLE[:700_000], headers=tagged, length=len(TABLE))
        assert asked.headers["if-range"] == '"1"'
        start = int(asked.headers["range"].removeprefix("bytes=").rstrip("-"))
        part = {"Content-Range": f"bytes {start}-{len(TABLE) - 1}/{len(TABLE)}"}
        return Answer(206, TABLE[start:], tagged | part)

    with web(answer) as server:
        assert fetched(f"{server.address}/t.csv", tmp_path) == TABLE
        assert [asked.headers.get("range") for asked in server.asked] == [None, "bytes=700000-"]


def test_a_file_that_may_have_changed_begins_anew(tmp_path: Path) -> None:
    answers = [Answer(body=b"old" * 9, length=40), Answer(body=b"new and whole")]
    with web(lambda _: answers.pop(0)) as server:
        assert fetched(f"{server.address}/t.csv", tmp_path) == b"new and whole"


def test_a_server_that_always_breaks_off_is_given_up(tmp_path: Path) -> None:
    with (
        web(lambda _: Answer(body=b"part", length=40)) as server,
        pytest.raises(FetchError, match="broke off 5 times") as refused,
    ):
        fetched(f"{server.address}/t.csv", tmp_path)
    assert refused.value.field == "table"
    assert f"{server.address}/t.csv" in refused.value.sentence


@pytest.mark.parametrize("length", [-1, None, 10])
def test_no_more_than_the_limit_is_taken_whatever_is_said_of_the_length(
    tmp_path: Path, length: int | None
) -> None:
    """A length that is said, one that is not, and one that lies: then only so much is taken."""
    with web(lambda _: Answer(body=TABLE, length=length)) as server:
        address = f"{server.address}/t.csv"
        if length == 10:
            assert fetched(address, tmp_path) == TABLE[:10]
            return
        with pytest.raises(FetchError, match="larger than the 1 MB"):
            fetched(address, tmp_path, limit=2**20)
    assert (tmp_path / "t").stat().st_size <= 2**20 + 2**18


def test_a_file_that_comes_compressed_is_not_unpacked(tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(30_000_000))
    with (
        web(lambda _: Answer(body=bomb, headers={"Content-Encoding": "gzip"})) as server,
        pytest.raises(FetchError, match="sent compressed"),
    ):
        fetched(f"{server.address}/t.csv", tmp_path)


@pytest.mark.parametrize(
    ("status", "words"),
    [(401, "asks for a login"), (403, "asks for a login"), (404, "status 404"), (503, "503")],
)
def test_what_a_server_refuses_is_told(tmp_path: Path, status: int, words: str) -> None:
    with web(lambda _: Answer(status)) as server, pytest.raises(FetchError, match=words):
        fetched(f"{server.address}/t.csv?signature=hidden", tmp_path)


def test_a_token_goes_to_its_server_and_to_no_other(tmp_path: Path) -> None:
    with web(lambda _: Answer(body=b"table")) as other:
        elsewhere = Answer(302, headers={"Location": f"{other.address}/t.csv"})
        with web(lambda _: elsewhere) as first:
            assert fetched(f"{first.address}/t.csv", tmp_path, token="tok-1") == b"table"
    assert first.asked[0].headers["authorization"] == "Bearer tok-1"
    assert "authorization" not in other.asked[0].headers


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "017700000001", "0"),
        *("[::1]", "[::ffff:127.0.0.1]", "localhost.", "LOCALHOST", "no-such-name.invalid"),
    ],
)
def test_private_machines_are_not_connected_to(tmp_path: Path, host: str) -> None:
    with web(lambda _: Answer(body=b"secret")) as server, reachable():
        with pytest.raises(FetchError, match="leads nowhere, or into a private network"):
            fetched(f"http://{host}:{server.port}/t.csv", tmp_path)
        assert server.asked == []


def test_redirects_are_looked_at_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first server counts as public; it sends on to one that does not."""
    with web(lambda _: Answer(body=b"secret")) as private:
        onward = Answer(302, headers={"Location": f"http://127.0.0.2:{private.port}/"})
        with web(lambda _: onward) as public, reachable("127.0.0.1"):
            with pytest.raises(FetchError, match="private network"):
                fetched(f"{public.address}/t.csv", tmp_path)
            assert len(public.asked) == 1
        assert private.asked == []


def test_a_redirect_leads_to_no_file_of_this_machine(tmp_path: Path) -> None:
    onward = Answer(302, headers={"Location": "file:///etc/passwd"})
    with web(lambda _: onward) as server, pytest.raises(FetchError, match="InvalidSchema"):
        fetched(f"{server.address}/t.csv", tmp_path)


def test_a_server_that_sends_round_in_circles_is_left(tmp_path: Path) -> None:
    onward = Answer(302, headers={"Location": "/t.csv"})
    with web(lambda _: onward) as server, pytest.raises(FetchError, match="more than 5 times"):
        fetched(f"{server.address}/t.csv", tmp_path)


def test_a_name_that_changes_its_mind_is_connected_to_as_it_was_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the second answer would be a private machine; nobody asks a second time."""
    numbers = ["127.0.0.1", "127.0.0.2"]
    asked: list[str] = []
    real = socket.getaddrinfo

    def resolve(host: str, port: int, *arguments: object, **options: object) -> object:
        if host == "rebinding.example":
            asked.append(host)
            host = numbers[len(asked) - 1]
        return real(host, port, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with web(lambda _: Answer(body=b"table")) as server, reachable("127.0.0.1"):
        address = f"http://rebinding.example:{server.port}/t.csv"
        assert fetched(address, tmp_path) == b"table"
        assert asked == ["rebinding.example"]
        with pytest.raises(FetchError, match="private network"):
            fetched(address, tmp_path)
    assert len(server.asked) == 1


def test_a_name_that_cannot_be_looked_up_just_now_is_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, asked = socket.getaddrinfo, []

    def resolve(host: str, port: int, *arguments: object, **options: object) -> object:
        if host == "store.example":
            asked.append(host)
            if len(asked) < 3:
                raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
            host = "127.0.0.1"
        return real(host, port, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with web(lambda _: Answer(body=b"table")) as server:
        assert fetched(f"http://store.example:{server.port}/t.csv", tmp_path) == b"table"
    assert len(asked) == 3


@pytest.mark.parametrize(
    "address",
    [
        *("file:///etc/passwd", "ftp://host/t.csv", "/etc/passwd", "http://host/a b"),
        *("https://host/t\r\nX: y", "http://me:pass@host/t.csv", "https:///t.csv"),
        *("s3://http://169.254.169.254/bucket/t.csv", "http://[::1/t.csv"),
        *(r"https://elsewhere.org\.host/t.csv", r"gs://bucket\t.csv"),
    ],
)
def test_other_addresses_are_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        fetched(address, tmp_path)
    assert refused.value.field == "table"
    assert "pass@" not in refused.value.sentence


def test_a_secret_of_another_kind_is_not_sent(tmp_path: Path) -> None:
    with web(lambda _: Answer(body=b"table")) as server:
        s3 = Credentials(SecretKind.S3, "{}")
        with pytest.raises(InvalidInputError, match="opens addresses with s3://"):
            fetch_file(server.address + "/t", tmp_path / "t", limit_bytes=9, credentials=s3)
    assert server.asked == []


def test_what_ends_the_progress_ends_the_fetch(tmp_path: Path) -> None:
    def stop(_done: int, _total: int | None) -> None:
        raise InterruptedError

    with web(lambda _: Answer(body=TABLE)) as server, pytest.raises(InterruptedError):
        fetch_file(f"{server.address}/t", tmp_path / "t", limit_bytes=LIMIT, on_progress=stop)


def test_addresses_are_told_without_their_signatures() -> None:
    signed = "https://bucket.s3.amazonaws.com/t.csv?X-Amz-Signature=hidden#part"
    assert told_address(signed) == "https://bucket.s3.amazonaws.com/t.csv?…"
