"""What CloudVolume reads is guarded on the whole way: from the address to the chunk."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import brotli
import pytest
import zstandard
from deflate import DeflateError
from django.conf import settings
from django.test import override_settings

from apps.core.errors import InvalidInputError
from apps.datasets.gateways.guarded import limits, unpacking
from apps.datasets.gateways.guarded.limits import TooLargeError
from apps.datasets.gateways.guarded.unpacking import unpack
from apps.datasets.gateways.volumes import (
    ChunkUnreadableError,
    check_address,
    check_place,
    forget_readers,
)
from apps.voxels.geometry import Box, Point
from tests.datasets.volumes.stored import blocky, opened, read, served, store
from tests.support.web import Answer, web

BOX = Box(Point(-3, 79, 10), Point(5, 97, 20))


def environment(networks: Sequence[str] = (), roots: Sequence[Path] = ()) -> override_settings:
    allowed = tuple(map(ip_network, networks))
    changed = replace(settings.ENVIRONMENT, private_networks=allowed, volume_roots=tuple(roots))
    return override_settings(ENVIRONMENT=changed)


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    store(tmp_path / "v", blocky("uint8"), "raw")
    return tmp_path / "v"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "[::ffff:7f00:1]"])
def test_a_private_server_is_not_asked(volume: Path, host: str) -> None:
    with served(volume.parent) as server, environment():
        port = server.address.rsplit(":", 1)[1]
        for address in (f"http://{host}:{port}/v", f"s3://http://{host}:{port}/bucket/v"):
            with pytest.raises(InvalidInputError, match="private network") as refused:
                opened(address)
            assert refused.value.field == "image"
        assert server.asked == []


def test_an_info_that_redirects_to_a_private_server_is_not_followed(volume: Path) -> None:
    with served(volume.parent) as private:
        port = private.address.rsplit(":", 1)[1]
        onward = Answer(302, headers={"Location": f"http://127.0.0.2:{port}/v/info"})
        with web(lambda _: onward) as public, environment(["127.0.0.1"]):
            with pytest.raises(InvalidInputError, match="into a private network"):
                opened(f"{public.address}/v")
            assert len(public.asked) == 1
        assert private.asked == []


def test_a_saved_volume_is_refused_when_it_is_forbidden_by_now(volume: Path) -> None:
    with served(volume.parent) as server:
        kept = opened(f"{server.address}/v")
        read(kept, BOX)
        before = len(server.asked)
        with environment(), pytest.raises(ChunkUnreadableError, match="private network"):
            read(kept, Box(Point(5, 79, 10), Point(20, 97, 20)))
        assert len(server.asked) == before
    local = opened(f"file://{volume}")
    read(local, BOX)
    with (
        environment(roots=[volume.parent / "elsewhere"]),
        pytest.raises(ChunkUnreadableError, match="SYNANNO_VOLUME_ROOTS"),
    ):
        read(local, BOX)


def test_a_chunk_that_is_a_link_out_of_the_roots_is_not_read(volume: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    with environment(roots=[volume]):
        kept = opened(f"file://{volume}")
        for chunk in volume.glob("*_*_*/*"):
            chunk.rename(outside / chunk.name)
            chunk.symlink_to(outside / chunk.name)
        with pytest.raises(ChunkUnreadableError, match="SYNANNO_VOLUME_ROOTS"):
            read(kept, BOX)
    forget_readers()
    with environment(roots=[tmp_path]):
        read(kept, BOX)


def test_a_named_pipe_holds_nobody_up(volume: Path) -> None:
    kept = opened(f"file://{volume}")
    for chunk in volume.glob("*_*_*/*"):
        chunk.unlink()
        os.mkfifo(chunk)
    with pytest.raises(ChunkUnreadableError, match="cannot be read"):
        read(kept, BOX)


@pytest.mark.parametrize("length", [-1, None])
def test_an_info_that_never_ends_is_not_read_to_its_end(
    monkeypatch: pytest.MonkeyPatch, length: int | None
) -> None:
    monkeypatch.setattr(limits, "LARGEST_INFO", 2**20)
    with web(lambda _: Answer(body=b" " * 2**22, length=length)) as server:
        with pytest.raises(InvalidInputError, match="larger than the 1 MB"):
            opened(f"{server.address}/v")
        assert len(server.asked) == 1


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LARGEST_INFO", 2**20)
    bomb = gzip.compress(bytes(2**26))
    with (
        web(lambda _: Answer(body=bomb, headers={"Content-Encoding": "gzip"})) as server,
        pytest.raises(InvalidInputError, match="larger than the 1 MB"),
    ):
        opened(f"{server.address}/v")


def _lying_gzip(content: bytes) -> bytes:
    return gzip.compress(content)[:-4] + (100).to_bytes(4, "little")


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("gzip", _lying_gzip),
        ("br", brotli.compress),
        ("zstd", zstandard.ZstdCompressor().compress),
        ("bz2", bz2.compress),
        ("xz", lzma.compress),
    ],
)
def test_every_compression_is_bounded(
    monkeypatch: pytest.MonkeyPatch, encoding: str, pack: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr(unpacking, "limit_of", lambda _: 2**20)
    small, large = bytes(range(256)) * 4, bytes(2**24)
    if pack is not _lying_gzip:
        assert unpack(pack(small), encoding, "chunk") == small
    with pytest.raises(DeflateError if pack is _lying_gzip else TooLargeError):
        unpack(pack(large), encoding, "chunk")


@pytest.mark.parametrize(
    "address",
    [
        *("file:///data/../etc", "file:///data/v|zarr2:", "https://host/v|zarr3:"),
        *("https://me:pass@host/v", "https://host/v\n", "https://host/a b", "s3://http:///v"),
        "graphene://https://me:pass@host/segmentation/table/t",
        r"graphene://https://elsewhere.org\.daf-apis.com/segmentation/table/t",
        *(
            "graphene://https://host?.daf-apis.com/segmentation/table/t",
            r"https://elsewhere.org\.host/v",
        ),
        *(r"s3://https://elsewhere.org\.host/b/v", r"gs://bucket\v", r"file:///data\v"),
    ],
)
def test_addresses_that_mean_something_else(address: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        check_address(address, "image")
    assert refused.value.field == "image"
    assert "pass@" not in refused.value.sentence


def test_what_is_named_in_the_web_lies_in_the_home_folder_where_no_folders_are_configured(
    tmp_path: Path,
) -> None:
    with override_settings(ENVIRONMENT=replace(settings.ENVIRONMENT, home=tmp_path / "home")):
        check_place(f"file://{tmp_path}/home/volumes/v", "image", in_web=True)
        check_place(f"file://{tmp_path}/other/v", "image")
        with pytest.raises(InvalidInputError, match="SYNANNO_HOME"):
            check_place(f"file://{tmp_path}/other/v", "image", in_web=True)
