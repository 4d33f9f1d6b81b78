"""Volumes that change after they were registered, are closed to us, or fall silent."""

from __future__ import annotations

import json
import shutil
import socket
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import requests
from django.conf import settings
from django.test import override_settings

from apps.core.errors import InvalidInputError
from apps.datasets.gateways.volumes import (
    ChunkUnreadableError,
    forget_readers,
    http_limits,
    readers,
)
from apps.datasets.gateways.volumes.readers import Readers
from apps.voxels.geometry import Box, Point
from tests.datasets.volumes.stored import blocky, opened, part, read, served, store
from tests.support.waiting import wait_for
from tests.support.web import Answer, web

BOX = Box(Point(-3, 79, 10), Point(5, 97, 20))


def rewrite(folder: Path, encoding: str, chunk: tuple[int, int, int]) -> None:
    shutil.rmtree(folder)
    store(folder, blocky("uint8"), encoding, chunk=chunk)


@pytest.mark.parametrize(
    ("encoding", "chunk"), [("raw", (16, 16, 16)), ("png", (32, 16, 8)), ("png", (64, 64, 4))]
)
def test_a_volume_that_was_stored_anew_is_read_as_it_is_now(
    tmp_path: Path, encoding: str, chunk: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process that has it open meets chunks that do not fit, once, and needs no restart."""
    monkeypatch.setattr(readers, "REOPEN_S", 0.0)
    volume = store(tmp_path / "v", blocky("uint8"), "raw")
    read(volume, BOX, cache_mb=0)
    rewrite(tmp_path / "v", encoding, chunk)
    with pytest.raises(ChunkUnreadableError, match="cannot be read"):
        read(volume, BOX, cache_mb=0)
    np.testing.assert_array_equal(read(volume, BOX, cache_mb=0), part(blocky("uint8"), BOX))


def test_one_that_moved_or_shrank_shows_no_other_place(tmp_path: Path) -> None:
    """Coordinates are the volume's own: what still is there is read, the rest is missing."""
    array = blocky("uint8")
    volume = store(tmp_path / "v", array, "raw")
    info = json.loads((tmp_path / "v" / "info").read_text())
    info["scales"][0]["size"][2] -= 8  # down to a border of chunks
    (tmp_path / "v" / "info").write_text(json.dumps(info))
    within = Box(BOX.lo, Point(*BOX.hi[:2], 11))
    forget_readers()
    np.testing.assert_array_equal(read(volume, within), part(array, within))
    with pytest.raises(ChunkUnreadableError, match="cannot be read"):
        read(volume, volume.grid.bounds)


@pytest.mark.parametrize("content", ["<html>", "{}", None])
def test_one_whose_info_is_gone_or_spoilt(tmp_path: Path, content: str | None) -> None:
    volume = store(tmp_path / "v", blocky("uint8"), "raw")
    info = tmp_path / "v" / "info"
    info.unlink()
    if content is not None:
        info.write_text(content)
    forget_readers()
    with pytest.raises(ChunkUnreadableError, match=rf"{volume.address} near .* cannot be read"):
        read(volume, BOX)


def test_a_damaged_volume_is_not_opened_anew_for_each_of_its_chunks() -> None:
    """Else the chunks of it that are kept would be lost each time."""
    clock = [0.0]
    kept = Readers(2, now=lambda: clock[0])
    opened_at: list[float] = []
    key = (None, 8, "raw", None)

    def get() -> None:
        kept.get(key, lambda: opened_at.append(clock[0]))  # type: ignore[arg-type]

    for clock[0] in (0.0, 1.0, 29.0, 31.0, 32.0):
        get()
        kept.doubt(key)  # type: ignore[arg-type]
    assert opened_at == [0.0, 32.0]


def test_only_the_last_volumes_are_kept_open() -> None:
    kept = Readers(2)
    opened_names: list[str] = []
    for name in "abacab":
        kept.get((name, 8, "raw", None), lambda name=name: opened_names.append(name))  # type: ignore
    assert opened_names == ["a", "b", "c", "b"]


def test_what_is_closed_to_us_is_told(tmp_path: Path) -> None:
    store(tmp_path / "v", blocky("uint8"), "raw")
    with served(tmp_path) as server:
        volume = opened(f"{server.address}/v")
        server.forbidden = "_"  # all chunks
        with pytest.raises(ChunkUnreadableError, match=r"the chunk .* is not stored"):
            read(volume, BOX, cache_mb=0)
        server.forbidden = "/info"
        with pytest.raises(InvalidInputError, match=r"image: .* refuses access \(status 403\)"):
            opened(f"{server.address}/v")


def test_of_a_sparse_volume_what_is_refused_is_not_empty(tmp_path: Path) -> None:
    """Nor is it the next time, when CloudVolume has kept that nothing came; then it is there."""
    array = blocky("uint8")
    store(tmp_path / "v", array, "raw")
    with served(tmp_path) as server:
        volume = replace(opened(f"{server.address}/v"), is_sparse=True)
        server.forbidden = "_"  # all chunks
        for _ in range(2):
            with pytest.raises(ChunkUnreadableError, match="status 403") as raised:
                read(volume, BOX)
            assert raised.value.why == "its server refuses access (status 403)"
        server.forbidden = "nothing"
        np.testing.assert_array_equal(read(volume, BOX), part(array, BOX))
        for chunk in list(tmp_path.glob("v/*_*_*/*")):
            chunk.unlink()
        forget_readers()
        assert not read(volume, BOX).any()  # what is not stored is background


def test_a_chunk_that_becomes_a_link_while_it_is_looked_at_does_not_lead_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(tmp_path / "in" / "v", blocky("uint8"), "raw")
    (tmp_path / "out").mkdir()
    roots = replace(settings.ENVIRONMENT, volume_roots=(tmp_path / "in",))
    with override_settings(ENVIRONMENT=roots):
        volume = opened(f"file://{tmp_path}/in/v")
        for chunk in tmp_path.glob("in/v/*_*_*/*"):
            chunk.rename(tmp_path / "out" / chunk.name)
            chunk.symlink_to(tmp_path / "out" / chunk.name)
        # Its name still led to it when somebody looked; a moment later it is a link.
        monkeypatch.setattr("os.path.realpath", lambda path, **_: str(path))
        with pytest.raises(ChunkUnreadableError, match="SYNANNO_VOLUME_ROOTS"):
            read(volume, BOX)


def test_connections_that_say_nothing_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else each box of a volume whose server hangs costs twenty connections, for good."""
    monkeypatch.setattr(http_limits, "_silence_s", 0.2)
    ended: list[bytes] = []

    def accept(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            ended.append(connection.recv(1))  # nothing, once the other side is gone

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=accept, args=(server,), daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{server.getsockname()[1]}/info"
        with requests.Session() as session, pytest.raises(requests.Timeout):
            session.get(address, stream=True)
        wait_for(lambda: ended == [b""], "the end of the connection")
        thread.join()


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 545259520\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20800000\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Name: ",
    ],
    ids=["content", "a chunk", "the size of a chunk", "headers"],
)
def test_connections_that_drip_are_closed(monkeypatch: pytest.MonkeyPatch, head: bytes) -> None:
    """A byte now and then is no silence, but what is asked for would take years to come."""
    monkeypatch.setattr(http_limits, "_PATIENCE_S", 0.2)
    gone: list[str] = []

    def drip(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(head)
            for _ in range(500):
                try:
                    connection.sendall(b"0")
                except OSError:
                    gone.append("the other side")
                    return
                over.wait(0.01)

    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=(server,), daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{server.getsockname()[1]}/info"
        with (
            requests.Session() as session,
            pytest.raises((requests.ConnectionError, requests.Timeout), match="timed out"),
        ):
            session.get(address)
        wait_for(lambda: bool(gone), "the end of the connection")
        thread.join()


def test_who_reads_slowly_is_no_slow_server(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(http_limits, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    content = bytes(2**20)
    got = 0
    with web(lambda _: Answer(body=content)) as server, requests.Session() as session:
        for piece in session.get(server.address, stream=True).iter_content(2**16):
            clock[0] += 60.0  # what is done with it
            got += len(piece)
    assert got == len(content)
