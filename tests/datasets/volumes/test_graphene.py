"""A segmentation of CAVE is read as root ids. A stand-in answers as its servers do.

The stand-in knows the info file with its token, and the roots of supervoxels; what a real server
adds (splits of a table by time, rate limits) is not here.
"""

from __future__ import annotations

import contextlib
import http.server
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cloudvolume.secrets
import numpy as np
import pytest
from django.conf import settings
from django.test import override_settings

from apps.core.errors import InvalidInputError
from apps.datasets.domain import VolumeRef
from apps.datasets.domain.secrets import Credentials, SecretKind
from apps.datasets.gateways.guarded.cave_login import cave_login
from apps.datasets.gateways.volumes import ChunkUnreadableError, inspect_volume, read_box
from apps.voxels.geometry import Box, Point
from tests.datasets.volumes.stored import OFFSET, blocky, opened, part, read, served, store
from tests.support.loopback import serving

TOKEN = "0123456789abcdef"
TABLE = "/segmentation/table/minnie"
ROOTS = np.uint64(864691135000000000)
BOX = Box(Point(-3, 79, 10), Point(5, 97, 20))


@contextlib.contextmanager
def cave(volume: Path, data: str = "") -> Iterator[str]:
    """The address of a stand-in whose supervoxels lie in `volume`, or where it says."""
    info = json.loads((volume / "info").read_text()) | {
        "data_dir": f"precomputed://{data or f'file://{volume}'}",
        "graph": {"chunk_size": [256, 256, 512], "cv_mip": 0, "n_layers": 3},
        "app": {"supported_api_versions": [0, 1]},
    }

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self._is_allowed():
                found = self.path == f"{TABLE}/info"
                self._answer(200 if found else 404, json.dumps(info).encode())

        def do_POST(self) -> None:
            if self._is_allowed():
                body = self.rfile.read(int(self.headers["Content-Length"]))
                known = self.path == "/segmentation/api/v1/table/minnie/roots_binary"
                ids = np.frombuffer(body, np.uint64)
                roots = np.where(ids == 0, 0, ids // np.uint64(2) + ROOTS)
                self._answer(200 if known else 404, roots.astype(np.uint64).tobytes())

        def _is_allowed(self) -> bool:
            allowed = self.headers.get("Authorization") == f"Bearer {TOKEN}"
            if not allowed:
                self._answer(401, b'{"error": "invalid_token"}')
            return allowed

        def _answer(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with serving(Handler) as port:
        yield f"graphene://http://127.0.0.1:{port}{TABLE}"


@pytest.fixture(autouse=True)
def files_may_be_named(tmp_path: Path) -> Iterator[None]:
    """A server may send its readers to local files only where roots are configured."""
    environment = replace(settings.ENVIRONMENT, volume_roots=(tmp_path,))
    with override_settings(ENVIRONMENT=environment):
        yield


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What CloudVolume finds in cave-secret.json."""
    secret = {"token": TOKEN}
    monkeypatch.setattr(
        "cloudvolume.datasource.graphene.metadata.cave_credentials", lambda *_: secret
    )
    return secret


@pytest.mark.usefixtures("token")
def test_a_box_of_supervoxels_is_read_as_root_ids(tmp_path: Path) -> None:
    supervoxels = blocky("uint64").astype(np.uint64) // np.uint64(2**8)
    supervoxels += np.uint64(3) * blocky("uint64", seed=1).astype(bool)
    store(tmp_path / "v", supervoxels, "compressed_segmentation")
    with cave(tmp_path / "v") as address:
        volume = opened(address)
        assert volume.grid.bounds.lo == OFFSET
        roots = np.where(supervoxels == 0, 0, supervoxels // np.uint64(2) + ROOTS)
        assert len(np.unique(roots)) > 2
        for _ in range(2):
            np.testing.assert_array_equal(read(volume, BOX), part(roots, BOX))


def test_a_token_that_is_wrong_or_missing(tmp_path: Path, token: dict[str, str]) -> None:
    store(tmp_path / "v", blocky("uint64"), "compressed_segmentation")
    with cave(tmp_path / "v") as address:
        token["token"] = "0" * 16
        with pytest.raises(InvalidInputError, match=r"image: .* cannot be opened: 401") as wrong:
            opened(address)
        token.clear()
        with pytest.raises(InvalidInputError, match="No Graphene authentication token") as missing:
            opened(address)
    for refused in (wrong, missing):
        assert "0" * 16 not in refused.value.sentence


@pytest.mark.usefixtures("token")
def test_a_chunk_that_is_missing_is_no_root(tmp_path: Path) -> None:
    store(tmp_path / "v", blocky("uint64"), "compressed_segmentation")
    with cave(tmp_path / "v") as address:
        volume = opened(address)
        for chunk in tmp_path.glob("v/*_*_*/*"):
            chunk.unlink()
        with pytest.raises(ChunkUnreadableError, match="cannot be read"):
            read(volume, BOX)


def test_a_volume_with_its_own_secret(tmp_path: Path) -> None:
    """The token goes to the server of segmentations, and not to where it says that its data are."""
    store(tmp_path / "v", blocky("uint64"), "compressed_segmentation")
    secret = Credentials(SecretKind.CAVE, TOKEN)
    with served(tmp_path) as data, cave(tmp_path / "v", f"{data.address}/v") as address:
        facts = inspect_volume(
            address, mip=0, axis_order="xyz", field="neuron", timeout_s=20, credentials=secret
        )
        volume = VolumeRef(address, 0, "xyz", facts.version, facts.grid)
        roots = read_box(volume, BOX, cache_mb=8, timeout_s=20, credentials=secret)
        assert roots.max() >= ROOTS
        assert data.asked
        assert not any(data.logins)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("file:///etc/v", "outside the folders"),
        ("http://10.0.0.1/v", "private network"),
        ("graphene://https://example.org/segmentation/table/t", "where nothing may be read"),
        ("zarr2://https://example.org/v", "no address of a volume"),
    ],
)
@pytest.mark.usefixtures("token")
def test_a_server_sends_its_readers_to_no_forbidden_place(
    tmp_path: Path, data: str, words: str
) -> None:
    store(tmp_path / "v", blocky("uint64"), "compressed_segmentation")
    with cave(tmp_path / "v", data) as address, pytest.raises(InvalidInputError, match=words):
        opened(address)


def test_tokens_are_looked_for_where_the_manual_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cloudvolume.secrets.secretpath("secrets", "cave-secret.json").endswith(
        "/.cloudvolume/secrets/cave-secret.json"
    )
    monkeypatch.setattr(
        "apps.datasets.gateways.guarded.cave_login.secretpath", lambda _, name: str(tmp_path / name)
    )
    (tmp_path / "cave-secret.json").write_text('{"token": "aa"}')
    (tmp_path / "cave.lab.org-cave-secret.json").write_text('{"token": "bb"}')
    for server in ("minnie.microns-daf.com", "cave.lab.org"):
        assert cave_login(f"https://{server}/segmentation") == {}
    lent = replace(settings.ENVIRONMENT, machine_logins=True)
    with override_settings(ENVIRONMENT=lent):
        assert cave_login("https://minnie.microns-daf.com") == {"token": "aa"}
        assert cave_login("https://daf-apis.com/segmentation/table/t") == {"token": "aa"}
        assert cave_login("http://cave.lab.org") == {"token": "bb"}
        for other in (
            *("http://minnie.microns-daf.com", "https://evil-microns-daf.com"),
            *("https://cave.elsewhere.org", r"https://elsewhere.org\.daf-apis.com"),
            *("https://elsewhere.org?.daf-apis.com", "https://daf-apis.com@elsewhere.org"),
        ):
            assert cave_login(f"{other}/segmentation/table/t") == {}


def test_the_token_of_this_machine_opens_segmentations_where_it_is_lent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "apps.datasets.gateways.guarded.cave_login.secretpath", lambda _, name: str(tmp_path / name)
    )
    store(tmp_path / "v", blocky("uint64"), "compressed_segmentation")
    with cave(tmp_path / "v") as address:
        server = address.removeprefix("graphene://http://").removesuffix(TABLE)
        (tmp_path / f"{server}-cave-secret.json").write_text(f'{{"token": "{TOKEN}"}}')
        with pytest.raises(InvalidInputError, match="No Graphene authentication token"):
            opened(address)
        lent = replace(settings.ENVIRONMENT, machine_logins=True)
        with override_settings(ENVIRONMENT=lent):
            assert read(opened(address), BOX).max() >= ROOTS
