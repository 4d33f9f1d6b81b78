"""Volumes are read with the login that they name, from servers that ask for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as AwsCredentials
from cloudfiles import CloudFiles
from cloudfiles.connectionpools import GCloudBucketPool
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from google.oauth2 import service_account as google_accounts

from apps.core.errors import InvalidInputError
from apps.datasets.domain import VolumeRef
from apps.datasets.domain.secrets import Credentials, SecretKind, checked_secret
from apps.datasets.gateways.fetching import FetchError, fetch_file
from apps.datasets.gateways.volumes import ChunkUnreadableError, inspect_volume, read_box
from apps.voxels.geometry import Box, Point
from tests.datasets.volumes.stored import blocky, part, store
from tests.support.web import Answer, Asked, Web, web

ARRAY = blocky("uint8")
BOX = Box(Point(-3, 79, 10), Point(5, 97, 20))
TOKEN, WRONG = "tok-1234567890", "tok-of-somebody-else"
KEY_ID, KEY = "AKIDEXAMPLE", "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"
Serve = Callable[[Asked], Answer]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    store(tmp_path / "v", ARRAY, "raw")
    return tmp_path


def file_answer(folder: Path, path: str, asked: Asked) -> Answer:
    """A file of the folder as a bucket gives it, gzip as it is stored."""
    plain = folder / path.lstrip("/")
    packed = plain.with_name(f"{plain.name}.gz")
    found = plain if plain.is_file() else packed
    if not found.is_file():
        return Answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
    body, headers = found.read_bytes(), {"ETag": '"1-"'}
    if found == packed:
        headers["Content-Encoding"] = "gzip"
    if "range" in asked.headers:
        first, last = asked.headers["range"].removeprefix("bytes=").split("-")
        return Answer(206, body[int(first) : int(last) + 1], headers)
    return Answer(200, body, headers)


def opened(address: str, credentials: Credentials | None) -> VolumeRef:
    facts = inspect_volume(
        address, mip=0, axis_order="xyz", field="image", timeout_s=20, credentials=credentials
    )
    return VolumeRef(address, 0, "xyz", facts.version, facts.grid)


def is_read(address: str, credentials: Credentials | None) -> None:
    volume = opened(address, credentials)
    box = read_box(volume, BOX, cache_mb=8, timeout_s=20, credentials=credentials)
    np.testing.assert_array_equal(box, part(ARRAY, BOX))


def bearer(token: str, serve: Serve) -> Serve:
    def answer(asked: Asked) -> Answer:
        if asked.headers.get("authorization") != f"Bearer {token}":
            return Answer(401, b"no")
        return serve(asked)

    return answer


def test_an_https_address_with_a_token(folder: Path) -> None:
    served = bearer(TOKEN, lambda asked: file_answer(folder, asked.path, asked))
    with web(served) as server:
        is_read(f"{server.address}/v", Credentials(SecretKind.HTTPS, TOKEN))
        for credentials in (None, Credentials(SecretKind.HTTPS, WRONG)):
            before = len(server.asked)
            with pytest.raises(InvalidInputError, match="cannot be opened: 401") as refused:
                opened(f"{server.address}/v", credentials)
            assert WRONG not in refused.value.sentence
            assert len(server.asked) == before + 1, "what is refused is not asked again"


def test_a_token_that_is_taken_back_marks_tiles(folder: Path) -> None:
    valid = [TOKEN]

    def answer(asked: Asked) -> Answer:
        return bearer(valid[0], lambda a: file_answer(folder, a.path, a))(asked)

    with web(answer) as server:
        credentials = Credentials(SecretKind.HTTPS, TOKEN)
        volume = opened(f"{server.address}/v", credentials)
        valid[0] = "another"
        with pytest.raises(ChunkUnreadableError, match="401") as refused:
            read_box(volume, BOX, cache_mb=8, timeout_s=20, credentials=credentials)
        assert TOKEN not in refused.value.sentence


def s3_secret(key: str = KEY) -> Credentials:
    text = json.dumps({"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": key})
    return Credentials(SecretKind.S3, checked_secret(SecretKind.S3, text))


def is_signed(asked: Asked, port: int) -> bool:
    """Whether the request carries the signature that the key makes of it."""
    given = asked.headers.get("authorization", "")
    if not given.startswith(f"AWS4-HMAC-SHA256 Credential={KEY_ID}/"):
        return False
    names = given.split("SignedHeaders=")[1].split(",")[0].split(";")
    url = f"http://127.0.0.1:{port}{asked.path}"
    request = AWSRequest(asked.method, url, headers={n: asked.headers[n] for n in names})
    request.context["timestamp"] = asked.headers["x-amz-date"]
    request.context["payload_signing_enabled"] = True
    signer = S3SigV4Auth(AwsCredentials(KEY_ID, KEY), "s3", "us-east-1")
    signer.payload = lambda _: asked.headers["x-amz-content-sha256"]
    canonical = signer.canonical_request(request)
    signature = signer.signature(signer.string_to_sign(request, canonical), request)
    return given.endswith(f"Signature={signature}")


@contextmanager
def s3_server(folder: Path) -> Iterator[Web]:
    ports: list[int] = []

    def answer(asked: Asked) -> Answer:
        if not is_signed(asked, ports[0]):
            return Answer(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
        return file_answer(folder, urlsplit(asked.path).path.removeprefix("/bucket"), asked)

    with web(answer) as server:
        ports.append(server.port)
        yield server


def test_a_bucket_of_a_server_of_ones_own_with_keys(folder: Path) -> None:
    with s3_server(folder) as server:
        address = f"s3://{server.address}/bucket/v"
        is_read(address, s3_secret())
        # Somebody else names the same bucket, and gets no connection that knows the key.
        with pytest.raises(InvalidInputError, match="cannot be opened") as refused:
            opened(address, s3_secret("another key"))
        assert "another key" not in refused.value.sentence
        assert KEY not in str(server.asked[0].headers)


def test_two_servers_may_have_buckets_of_the_same_name(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with s3_server(folder) as first, s3_server(tmp_path / "other") as second:
        is_read(f"s3://{first.address}/bucket/v", s3_secret())
        with pytest.raises(InvalidInputError, match="cannot be opened"):
            opened(f"s3://{second.address}/bucket/v", s3_secret())
        assert second.asked


def test_a_table_in_a_bucket_is_fetched_in_parts(folder: Path, tmp_path: Path) -> None:
    (folder / "t.csv").write_bytes(b"id,x\n" * 1000)
    with s3_server(folder) as server:
        address = f"s3://{server.address}/bucket/t.csv"
        fetch_file(address, tmp_path / "f", limit_bytes=10_000, credentials=s3_secret())
        assert (tmp_path / "f").read_bytes() == b"id,x\n" * 1000
        for limit, name, secret, words in (
            (4_000, "t.csv", s3_secret(), "larger than"),
            (9_000, "none.csv", s3_secret(), "no such object"),
            (9_000, "t.csv", s3_secret("other"), "asks for a login"),
        ):
            address = f"s3://{server.address}/bucket/{name}"
            with pytest.raises(FetchError, match=words):
                fetch_file(address, tmp_path / "f", limit_bytes=limit, credentials=secret)


def service_account(token_uri: str) -> Credentials:
    key = generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    text = json.dumps(
        {
            "type": "service_account",
            "project_id": "lab",
            "client_email": "reader@lab.iam.gserviceaccount.com",
            "private_key": pem.decode(),
            "token_uri": token_uri,
        }
    )
    return Credentials(SecretKind.GCS, checked_secret(SecretKind.GCS, text))


def test_a_bucket_of_google_with_a_service_account(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def store_answer(asked: Asked) -> Answer:
        name = unquote(urlsplit(asked.path).path).rsplit("/o/", 1)[-1]
        return file_answer(folder, name, asked)

    def answer(asked: Asked) -> Answer:
        if asked.path == "/token":
            assert parse_qs(asked.body.decode())["assertion"]
            body = json.dumps({"access_token": TOKEN, "expires_in": 3600}).encode()
            return Answer(body=body, headers={"Content-Type": "application/json"})
        return bearer(TOKEN, store_answer)(asked)

    with web(answer) as server:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.address)
        is_read("gs://lab-bucket/v", service_account(f"{server.address}/token"))
        paths = [asked.path for asked in server.asked]
        assert "/token" in paths
        assert any("lab-bucket" in path for path in paths)


def test_a_key_that_cannot_sign_is_tried_once_and_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One that was kept before keys were looked at."""
    pools: list[GCloudBucketPool] = []
    tries: list[bool] = []
    begin = GCloudBucketPool.__init__
    read = google_accounts.Credentials.from_service_account_info

    def begun(self: GCloudBucketPool, *arguments: object, **options: object) -> None:
        begin(self, *arguments, **options)
        pools.append(self)

    def tried(info: dict[str, str]) -> object:
        tries.append(pools[-1]._lock.locked())
        return read(info)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(GCloudBucketPool, "__init__", begun)
    monkeypatch.setattr(google_accounts.Credentials, "from_service_account_info", tried)
    unusable = {**service_account("https://host/token").as_mapping(), "private_key": "no key"}
    with pytest.raises(ValueError, match="PEM"):
        CloudFiles("gs://bucket-of-an-unusable-key/v", secrets=unusable, progress=False).get("info")
    assert tries == [False]
