"""Files of local volumes as a browser gets them: parts, compression, what may be kept."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import brotli
import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from apps.datasets.gateways import opened_files
from apps.datasets.gateways.local_files import (
    ChunkGoneError,
    NoSuchFileError,
    StoredFile,
    find_file,
    read_info,
)
from apps.datasets.http import file_response

CONTENT = bytes(range(256)) * 8
CHUNK = "8_8_40/0-64_0-64_0-16"


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    folder = tmp_path / "volume"
    (folder / "8_8_40").mkdir(parents=True)
    (folder / "info").write_text("{}")
    (folder / CHUNK).write_bytes(CONTENT)
    (folder / "8_8_40" / "0-64_0-64_16-32.gz").write_bytes(gzip.compress(CONTENT))
    (folder / "8_8_40" / "0-64_0-64_32-48.br").write_bytes(brotli.compress(CONTENT))
    (folder / "8_8_40" / "0f.shard").write_bytes(CONTENT)
    return folder


def ask(file: StoredFile, method: str = "get", **headers: str) -> Any:
    request = getattr(RequestFactory(), method)("/", headers=headers)
    return file_response(request, file)


def body(response: Any) -> bytes:
    content: bytes = response.getvalue()
    return content


def test_a_chunk_comes_whole_and_is_kept_by_its_own_browser_alone(volume: Path) -> None:
    answer = ask(find_file(volume, CHUNK, []))
    assert (answer.status_code, body(answer)) == (200, CONTENT)
    assert answer.headers["Content-Length"] == str(len(CONTENT))
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert "Content-Encoding" not in answer.headers
    assert {"private", "max-age=3600"} == set(answer.headers["Cache-Control"].split(", "))
    assert "Cookie" in answer.headers["Vary"]


def test_an_info_is_asked_for_again_and_costs_nothing_while_it_is_the_same(volume: Path) -> None:
    file = find_file(volume, "info", [])
    answer = ask(file)
    assert answer.headers["Content-Type"] == "application/json"
    assert "no-cache" in answer.headers["Cache-Control"]
    again = ask(file, **{"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, body(again)) == (304, b"")
    (volume / "info").write_text('{"changed": true}')
    changed = ask(find_file(volume, "info", []), **{"If-None-Match": answer.headers["ETag"]})
    assert (changed.status_code, body(changed)) == (200, b'{"changed": true}')


@pytest.mark.parametrize(("name", "encoding"), [("16-32", "gzip"), ("32-48", "br")])
def test_a_compressed_chunk_comes_as_it_is_stored(volume: Path, name: str, encoding: str) -> None:
    file = find_file(volume, f"8_8_40/0-64_0-64_{name}", [])
    packed = ask(file, **{"Accept-Encoding": "gzip, deflate, br"})
    assert packed.headers["Content-Encoding"] == encoding
    unpack = {"gzip": gzip.decompress, "br": brotli.decompress}[encoding]
    assert unpack(body(packed)) == CONTENT
    for known in ("", "identity", f"{encoding};q=0", "deflate"):
        plain = ask(file, **{"Accept-Encoding": known})
        assert "Content-Encoding" not in plain.headers
        assert body(plain) == CONTENT
    part = ask(file, **{"Accept-Encoding": encoding, "Range": "bytes=10-19"})
    assert (part.status_code, body(part)) == (206, CONTENT[10:20])


@given(start=st.integers(0, 2100), length=st.integers(1, 2100))
def test_any_part_of_a_shard_is_that_part(
    tmp_path_factory: pytest.TempPathFactory, start: int, length: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "0f.shard"
    path.write_bytes(CONTENT)
    answer = ask(
        find_file(path.parent, "0f.shard", []), Range=f"bytes={start}-{start + length - 1}"
    )
    expected = CONTENT[start : start + length]
    if not expected:
        assert (answer.status_code, answer.headers["Content-Range"]) == (416, "bytes */2048")
        return
    assert body(answer) == expected
    assert int(answer.headers["Content-Length"]) == len(expected)
    if len(expected) < len(CONTENT):
        end = start + len(expected) - 1
        assert (answer.status_code, answer.headers["Content-Range"]) == (
            206,
            f"bytes {start}-{end}/2048",
        )


@pytest.mark.parametrize(
    ("asked", "status", "expected"),
    [
        ("bytes=2040-", 206, CONTENT[2040:]),
        ("bytes=-8", 206, CONTENT[-8:]),
        ("bytes=-9999", 200, CONTENT),
        ("bytes=-0", 416, b""),
        ("bytes=9-8", 200, CONTENT),  # none that HTTP knows: all of it
        ("bytes=0-1,4-5", 200, CONTENT),
        ("bytes=-", 200, CONTENT),
        ("lines=1-2", 200, CONTENT),
        ("bytes=" + "9" * 40 + "-", 200, CONTENT),
    ],
)
def test_odd_ranges(volume: Path, asked: str, status: int, expected: bytes) -> None:
    answer = ask(find_file(volume, "8_8_40/0f.shard", []), Range=asked)
    assert (answer.status_code, body(answer)) == (status, expected)


def test_a_part_of_what_has_changed_is_not_mixed_with_the_old(volume: Path) -> None:
    file = find_file(volume, CHUNK, [])
    stale = ask(file, **{"Range": "bytes=0-1", "If-Range": '"older"'})
    assert (stale.status_code, body(stale)) == (200, CONTENT)
    fresh = ask(file, **{"Range": "bytes=0-1", "If-Range": file.etag})
    assert fresh.status_code == 206


def test_a_head_says_how_long_it_is(volume: Path) -> None:
    answer = ask(find_file(volume, CHUNK, []), "head")
    assert (body(answer), answer.headers["Content-Length"]) == (b"", str(len(CONTENT)))


@pytest.mark.parametrize(
    "name",
    [
        "../secret",
        "8_8_40/../../secret/info",
        "/etc/passwd",
        "8_8_40",
        "",
        ".hidden/info",
        "8_8_40/.info",
        "provenance.bak",
        "passwd",
        "a/b/c/d/info",
        "8_8_40/0-64_0-64_0-16\n",
        "8_8_40//info",
        "info\x00",
        "8_8_40/missing.shard",
    ],
)
def test_what_is_no_file_of_a_volume_is_not_there(volume: Path, name: str) -> None:
    (volume.parent / "secret").mkdir()
    (volume.parent / "secret" / "info").write_text("secret")
    for hidden in ("passwd", "provenance.bak", "8_8_40/.info"):
        (volume / hidden).write_text("secret")
    with pytest.raises(NoSuchFileError):
        find_file(volume, name, [])


def test_links_are_followed_before_the_folder_is_checked(volume: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "0-64_0-64_48-64").write_bytes(b"other")
    link = volume / "8_8_40" / "0-64_0-64_48-64"
    link.symlink_to(elsewhere / "0-64_0-64_48-64")
    name = "8_8_40/0-64_0-64_48-64"
    with pytest.raises(NoSuchFileError):
        find_file(volume, name, [])
    with pytest.raises(NoSuchFileError):
        find_file(volume, name, [volume.resolve()])
    assert body(ask(find_file(volume, name, [tmp_path.resolve()]))) == b"other"
    link.unlink()
    link.symlink_to(link)
    with pytest.raises(NoSuchFileError):
        find_file(volume, name, [tmp_path.resolve()])


def test_a_volume_outside_the_roots_is_not_there(volume: Path, tmp_path: Path) -> None:
    with pytest.raises(NoSuchFileError):
        find_file(volume, "info", [tmp_path / "roots"])


@pytest.mark.parametrize("suffix", [".gz", ".br"])
def test_a_damaged_file_is_a_sentence(volume: Path, suffix: str) -> None:
    (volume / "8_8_40" / f"0-1_0-1_0-1{suffix}").write_bytes(b"\x1f\x8b\x08 not really")
    with pytest.raises(NoSuchFileError, match="damaged"):
        ask(find_file(volume, "8_8_40/0-1_0-1_0-1", []))


@pytest.mark.parametrize("suffix", [".gz", ".br"])
def test_a_file_is_unpacked_only_as_far_as_it_may_be(
    volume: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part of it costs all of it in memory."""
    monkeypatch.setattr("apps.datasets.http.MOST_UNPACKED", 2**20)
    monkeypatch.setattr("apps.datasets.http.MOST_FOR_A_PART", 2**18)
    pack = {".gz": gzip.compress, ".br": brotli.compress}[suffix]
    for count, is_too_large, is_too_large_for_parts in (
        (2**18, False, False),
        (2**18 + 1, False, True),
        (2**20, False, True),
        (2**20 + 1, True, True),
        (2**26, True, True),
    ):
        name = f"8_8_40/0-{count}_0-1_0-1"
        (volume / f"{name}{suffix}").write_bytes(pack(bytes(count)))
        for asked, is_refused in (
            ({}, is_too_large),
            ({"Range": "bytes=0-1"}, is_too_large_for_parts),
        ):
            file = find_file(volume, name, [])
            if is_refused:
                with pytest.raises(NoSuchFileError, match="too large to be shown"):
                    ask(file, **asked)
            else:
                assert body(ask(file, **asked)) == bytes(2 if asked else count)


@pytest.mark.parametrize("suffix", [".gz", ".br"])
def test_an_info_is_no_bomb(volume: Path, suffix: str) -> None:
    (volume / "info").unlink()
    pack = {".gz": gzip.compress, ".br": brotli.compress}[suffix]
    (volume / f"info{suffix}").write_bytes(pack(b" " * 2**24))
    with pytest.raises(NoSuchFileError, match="too large to be shown"):
        read_info(volume, [])


def test_what_has_been_looked_at_is_what_is_read(volume: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret" * 400)
    (tmp_path / "secret.gz").write_bytes(gzip.compress(b"secret" * 400))
    for name, stored, secret in (
        (CHUNK, CHUNK, "secret"),
        ("8_8_40/0-64_0-64_16-32", "8_8_40/0-64_0-64_16-32.gz", "secret.gz"),
    ):
        file = find_file(volume, name, [])
        (volume / stored).unlink()
        (volume / stored).symlink_to(tmp_path / secret)
        assert body(ask(file)) == CONTENT


def how_many_are_open() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_no_file_stays_open(volume: Path) -> None:
    (volume / "8_8_40" / "0-64_0-64_48-64").symlink_to("/etc/hostname")
    before = how_many_are_open()
    for method in ("get", "head"):
        for headers in ({}, {"Range": "bytes=0-1"}, {"Range": "bytes=9999-"}):
            answer = ask(find_file(volume, CHUNK, []), method, **headers)
            answer.getvalue()
    ask(find_file(volume, CHUNK, []))  # whoever asked is gone
    with pytest.raises(NoSuchFileError):
        find_file(volume, "8_8_40/0-64_0-64_48-64", [])
    del answer
    assert how_many_are_open() == before


def test_where_the_system_does_not_say_what_is_open_the_name_must_lead_to_it(
    volume: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opened_files, "_OPEN_FILES", tmp_path / "none")
    assert body(ask(find_file(volume, CHUNK, []))) == CONTENT
    (tmp_path / "secret").write_bytes(b"secret")
    link = volume / "8_8_40" / "0-64_0-64_48-64"
    link.symlink_to(tmp_path / "secret")
    within = str(volume / CHUNK)  # where the link led before
    monkeypatch.setattr("os.path.realpath", lambda _: within)
    with pytest.raises(NoSuchFileError):
        find_file(volume, "8_8_40/0-64_0-64_48-64", [volume])


@pytest.mark.parametrize("content", ["<html>", "[" * 100_000])
def test_an_info_that_is_none_is_a_sentence(volume: Path, content: str) -> None:
    (volume / "info").write_text(content)
    with pytest.raises(NoSuchFileError, match="not JSON"):
        read_info(volume, [])


def test_a_chunk_that_should_be_there_is_gone_and_one_of_a_sparse_volume_is_background(
    volume: Path,
) -> None:
    name = "8_8_40/64-128_0-64_0-16"
    with pytest.raises(ChunkGoneError):
        find_file(volume, name, [], is_sparse=False)
    with pytest.raises(NoSuchFileError):
        find_file(volume, name, [], is_sparse=True)
    with pytest.raises(NoSuchFileError):  # a shard without chunks is not stored
        find_file(volume, "8_8_40/1f.shard", [], is_sparse=False)
    assert find_file(volume, CHUNK, [], is_sparse=False).size == len(CONTENT)
