"""Buckets that may be read, not listed, answer 403 for what they have not: somebody may say so."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
import requests
from django.core.management import CommandError, call_command

from apps.core.errors import InvalidInputError
from apps.datasets.domain import identity_of
from apps.datasets.gateways.guarded.refusals import note_refusals, was_refused
from apps.datasets.gateways.volumes import ChunkUnreadableError, forget_readers
from apps.datasets.models import Volume
from apps.datasets.selectors import volumes_of
from apps.voxels.geometry import Box, Point
from tests.datasets.volumes.stored import Voxels, blocky, opened, part, read, store
from tests.datasets.wizard.conftest import Planner, planner
from tests.support.volumes import PhantomFiles
from tests.support.web import Answer, Asked, Web, web

__all__ = ["planner"]

BOX = Box(Point(-3, 79, 10), Point(5, 97, 20))
ARRAY = blocky("uint8") + 1
GONE = "-32-0_64-80_3-11"  # a chunk that is part of the box: x below 0, y below 80, z below 11


@contextmanager
def bucket(folder: Path) -> Iterator[Web]:
    """Its files; what it has not it refuses, as S3 does to those who may not list it."""

    def answer(asked: Asked) -> Answer:
        name = urlsplit(asked.path).path.removeprefix("/bucket/")
        for path, packing in (
            (folder / name, {}),
            (folder / f"{name}.gz", {"Content-Encoding": "gzip"}),
        ):
            if path.is_file():
                return Answer(200, path.read_bytes(), {"ETag": '"1-"', **packing})
        return Answer(403, b"<Error><Code>AccessDenied</Code></Error>")

    with web(answer) as server:
        yield server


def sparse(folder: Path) -> Voxels:
    """A volume `v` without one of its chunks; what is to be seen in `BOX`."""
    store(folder / "v", ARRAY, "raw")
    (chunk,) = folder.glob(f"v/*/{GONE}*")
    chunk.unlink()
    shown = part(ARRAY, BOX).copy()
    shown[:1, :1, :3] = 0
    return shown


@pytest.mark.parametrize("place", ["{}/bucket/v", "s3://{}/bucket/v"])
def test_a_refused_chunk_is_background_for_who_says_so(tmp_path: Path, place: str) -> None:
    shown = sparse(tmp_path)
    with bucket(tmp_path) as server:
        volume = replace(opened(place.format(server.address)), is_sparse=True)
        knowing = replace(volume, refused_is_absent=True)
        assert identity_of(volume) != identity_of(knowing), "their pictures are not the same"
        for _ in range(2):  # CloudVolume keeps that nothing came
            with pytest.raises(ChunkUnreadableError, match="status 403"):
                read(volume, BOX)
            np.testing.assert_array_equal(read(knowing, BOX), shown)
        forget_readers()
        with pytest.raises(ChunkUnreadableError) as raised:
            read(replace(volume, is_sparse=False), BOX)
        assert raised.value.why == "its server refuses access (status 403)"
        with pytest.raises(InvalidInputError, match=r"refuses access|cannot be opened"):
            opened(place.format(server.address) + "/other")


@pytest.mark.django_db
def test_it_is_said_in_a_command(phantom_files: PhantomFiles) -> None:
    def create(name: str, *more: str) -> None:
        words = ["--image", phantom_files.image, "--cleft", phantom_files.cleft]
        table = ["--table", str(phantom_files.table)]
        call_command("create_dataset", name, *words, *table, *more, stdout=io.StringIO())

    with pytest.raises(CommandError, match="cleft: only of a sparse volume"):
        create("tissue", "--cleft-refused-is-absent")
    create("tissue", "--cleft-sparse", "--cleft-refused-is-absent")
    kept = Volume.objects.get(kind="cleft")
    assert volumes_of(kept.dataset_id)["cleft"].refused_is_absent
    assert not volumes_of(kept.dataset_id)["image"].refused_is_absent


@pytest.mark.django_db(transaction=True)
def test_it_is_said_in_a_plan(planner: Planner) -> None:
    found = planner.begin()
    cleft = found["settings"]["cleft"]
    assert cleft["refused_is_absent"] is False
    found = planner.change(cleft=cleft | {"refused_is_absent": True})
    assert "only of a sparse volume" in found["problems"]["cleft"]
    planner.change(cleft=cleft | {"is_sparse": True, "refused_is_absent": True})
    assert planner.save()["status"] == "saved"
    assert Volume.objects.get(kind="cleft").refused_is_absent


def test_no_refusal_is_forgotten_for_many_others() -> None:
    """Nor is it looked for where its server led to: people name the address that they asked."""
    session = requests.Session()
    note_refusals(session)
    (note,) = session.hooks["response"]

    def refuse(address: str, asked: str | None = None) -> None:
        response = requests.Response()
        response.status_code, response.url = 403, address
        if asked is not None:
            before = requests.Response()
            before.url = asked
            response.history = [before]
        note(response)

    began = time.monotonic()
    refuse(
        "https://store.example/signed/0-1_0-1_0-1?key=7", "https://first.example/v/1/0-1_0-1_0-1"
    )
    for number in range(3000):
        refuse(f"https://second.example/v/1/{number}-{number + 1}_0-1_0-1")
    assert was_refused("https://first.example/v", began)
    assert was_refused("https://second.example/v/", began)
    assert not was_refused("https://first.example/other", began)
    assert not was_refused("https://first.example/v", time.monotonic())
