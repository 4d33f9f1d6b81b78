"""What cannot be used is refused with a sentence, and nothing is left half-created."""

from __future__ import annotations

import contextlib
import csv
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apps.core.errors import InvalidInputError
from apps.datasets.gateways.tables import COLUMNS
from apps.datasets.models import Dataset, Volume
from apps.datasets.services.datasets import VolumeInput, create_dataset
from synanno_server.env import REPOSITORY, child_environment
from tests.support.counts import counts
from tests.support.datasets import write_info
from tests.support.workers import database_url

pytestmark = pytest.mark.django_db

ROW = dict.fromkeys(COLUMNS, "10")


@pytest.fixture
def nothing_is_created() -> Iterator[None]:
    before = counts()
    yield
    assert counts() == before


def write_rows(path: Path, rows: Sequence[dict[str, str]], columns: Sequence[str]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=columns)
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def volumes(tmp_path: Path) -> dict[str, VolumeInput]:
    """An image and a cleft volume of 1024³ voxels that are in order."""
    image = write_info(tmp_path / "image")
    cleft = write_info(tmp_path / "cleft", kind="segmentation", dtype="uint64")
    return {
        "image": VolumeInput(Volume.Kind.IMAGE, image),
        "cleft": VolumeInput(Volume.Kind.CLEFT, cleft),
    }


@pytest.fixture
def good_table(tmp_path: Path) -> Path:
    return write_rows(tmp_path / "good.csv", [ROW], COLUMNS)


def refused(
    volumes: dict[str, VolumeInput], table: Path, **options: Any
) -> pytest.ExceptionInfo[InvalidInputError]:
    with pytest.raises(InvalidInputError) as raised:
        create_dataset(options.pop("name", "bad"), list(volumes.values()), table, **options)
    return raised


@contextlib.contextmanager
def silent_server() -> Iterator[str]:
    """The address of a server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/clefts"


def test_what_is_in_order_is_created(volumes: dict[str, VolumeInput], good_table: Path) -> None:
    assert create_dataset("good", list(volumes.values()), good_table).row_count == 1


@pytest.mark.usefixtures("nothing_is_created")
class TestVolumes:
    @pytest.mark.parametrize("kind", ["image", "cleft"])
    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"address": "file:///no/such/folder"}, "cannot be opened"),
            ({"address": "/no/protocol"}, "it must begin with one of precomputed://, file://"),
            ({"address": "ftp://host/volume"}, "it must begin with one of precomputed://, file://"),
            ({"address": ""}, "it must begin with one of precomputed://, file://"),
            ({"address": "file://"}, "it must begin with one of precomputed://, file://"),
            ({"address": "file://data/em"}, "is relative; give the whole path"),
            ({"address": "precomputed://"}, "it must begin with one of precomputed://, file://"),
            ({"address": "http://[::1"}, "cannot be used: it cannot be read"),
            ({"address": "file:///" + "a" * 3000}, "at most 2000 are kept"),
            ({"mip": 5}, "has no mip 5"),
            ({"mip": -1}, "has no mip -1"),
            ({"mip": 99999}, "has no mip 99999"),
            ({"axis_order": "xyw"}, "the axis order is 'xyw'; it must be one of xyz, xzy"),
            ({"axis_order": "xxyz"}, "the axis order is 'xxyz'"),
            ({"axis_order": ""}, "the axis order is ''"),
            ({"resolution": (0, 8, 8)}, "the resolution along x is 0 nm; it must be > 0"),
            ({"resolution": (8, -4, 8)}, "the resolution along y is -4 nm; it must be > 0"),
            ({"resolution": (8, 8, float("nan"))}, "the resolution along z is nan nm"),
            ({"resolution": (8, 8, float("inf"))}, "the resolution along z is inf nm"),
            ({"resolution": (8, 8)}, "resolution: give three numbers"),
            ({"resolution": (8, 8, 1e-300)}, "it must be between 0.01 and 1e+06"),
            ({"resolution": (1e300, 8, 8)}, "it must be between 0.01 and 1e+06"),
        ],
    )
    def test_the_field_is_named(
        self,
        volumes: dict[str, VolumeInput],
        good_table: Path,
        kind: str,
        changes: dict[str, Any],
        sentence: str,
    ) -> None:
        volumes[kind] = replace(volumes[kind], **changes)
        error = refused(volumes, good_table).value
        assert sentence in error.sentence
        assert error.sentence.startswith(kind)
        assert error.field is not None
        assert error.field.startswith(kind)

    @pytest.mark.parametrize(
        ("kind", "facts", "sentence"),
        [
            ("image", {"dtype": "float32"}, "holds 1 channel of float32"),
            ("image", {"dtype": "uint64"}, "it must hold one of uint8, uint16"),
            ("image", {"channels": 3}, "holds 3 channels of uint8"),
            ("cleft", {"dtype": "float32"}, "it must hold one of uint8, uint16, uint32, uint64"),
            ("cleft", {"size": (0, 10, 10)}, "is empty along x"),
            ("image", {"size": (10, 10, -4)}, "is empty along z"),
            ("image", {"resolution": (8, 8, 0)}, "the resolution along z is 0 nm"),
            ("image", {"resolution": (8, float("nan"), 8)}, "cannot be opened"),
            ("image", {"resolution": (8, 1e-9, 8)}, "the resolution along y is 1e-09 nm"),
            ("image", {"size": (2**40, 10, 10)}, "reach beyond"),
            ("image", {"dtype": "uint7"}, "cannot be opened"),
        ],
    )
    def test_volumes_that_cannot_be_shown(
        self,
        volumes: dict[str, VolumeInput],
        good_table: Path,
        tmp_path: Path,
        kind: str,
        facts: dict[str, Any],
        sentence: str,
    ) -> None:
        address = write_info(tmp_path / "strange", **facts)
        volumes[kind] = replace(volumes[kind], address=address)
        assert sentence in refused(volumes, good_table).value.sentence

    @pytest.mark.parametrize(
        "info", [b"", b"{", b"[]", b"5", b"null", b'{"scales": []}', b'{"scales": 4}', b"\xff"]
    )
    def test_an_info_file_that_is_broken(
        self, volumes: dict[str, VolumeInput], good_table: Path, tmp_path: Path, info: bytes
    ) -> None:
        (tmp_path / "image" / "info").write_bytes(info)
        assert "cannot be opened" in refused(volumes, good_table).value.sentence

    def test_a_volume_is_missing(self, volumes: dict[str, VolumeInput], good_table: Path) -> None:
        del volumes["cleft"]
        assert refused(volumes, good_table).value.field == "cleft"

    def test_a_volume_is_given_twice(
        self, volumes: dict[str, VolumeInput], good_table: Path
    ) -> None:
        volumes["again"] = volumes["image"]
        assert "image: this volume is given twice" in refused(volumes, good_table).value.sentence

    def test_a_server_that_refuses(
        self, volumes: dict[str, VolumeInput], good_table: Path, settings: Any
    ) -> None:
        settings.ENVIRONMENT = replace(settings.ENVIRONMENT, read_timeout_s=2)
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
        volumes["image"] = replace(volumes["image"], address=f"http://127.0.0.1:{port}/em")
        began = time.monotonic()
        sentence = refused(volumes, good_table).value.sentence
        assert sentence.startswith(f"image: http://127.0.0.1:{port}/em did not answer") or (
            "cannot be opened" in sentence
        )
        assert time.monotonic() - began < 8

    def test_a_server_that_says_nothing(
        self, volumes: dict[str, VolumeInput], good_table: Path, settings: Any
    ) -> None:
        settings.ENVIRONMENT = replace(settings.ENVIRONMENT, read_timeout_s=1)
        with silent_server() as address:
            volumes["cleft"] = replace(volumes["cleft"], address=address)
            sentence = refused(volumes, good_table).value.sentence
        assert sentence == f"cleft: {address} did not answer within 1 s."


def changed(**values: str) -> list[dict[str, str]]:
    return [ROW, ROW | values]


@pytest.mark.usefixtures("nothing_is_created")
class TestTables:
    @pytest.mark.parametrize(
        ("values", "sentence"),
        [
            ({"x": "ten"}, "column x: 'ten' is not a whole number."),
            ({"y": "10.5"}, "column y: '10.5' is not a whole number."),
            ({"z": "1_0"}, "column z: '1_0' is not a whole number."),
            ({"z": "nan"}, "column z: 'nan' is not a whole number."),
            ({"z": ""}, "column z: the value is missing."),
            ({"z": "9" * 5000}, "column z: '9999999999999999999999999999999999999999' is not"),
            ({"pre_pt_x": "2147483647"}, "column pre_pt_x: 2147483647 is out of range."),
            ({"pre_neuron_id": "-2"}, "column pre_neuron_id: -2 is out of range."),
            ({"post_neuron_id": str(2**64)}, f"column post_neuron_id: {2**64} is out of range."),
            ({"x": "1024"}, "x, y, z (1024, 10, 10) lies outside the cleft volume"
             ", which spans (0, 0, 0) to (1024, 1024, 1024) in voxels of the table."),
            ({"z": "-1"}, "x, y, z (10, 10, -1) lies outside the cleft volume"),
            ({"pre_pt_y": "5000"}, "pre_pt (10, 5000, 10) lies outside the cleft volume"),
            ({"post_pt_z": "-1"}, "post_pt (10, 10, -1) lies outside the cleft volume"),
        ],
    )  # fmt: skip
    def test_the_row_and_the_column_are_named(
        self,
        volumes: dict[str, VolumeInput],
        tmp_path: Path,
        values: dict[str, str],
        sentence: str,
    ) -> None:
        table = write_rows(tmp_path / "bad.csv", changed(**values), COLUMNS)
        error = refused(volumes, table).value
        assert error.sentence.startswith(f"table: bad.csv, line 3, {sentence}")
        assert error.field == "table"

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            (b"", "bad.csv lacks the columns pre_pt_x, pre_pt_y"),
            (b"\n\n", "bad.csv lacks the columns pre_pt_x, pre_pt_y"),
            (",".join(COLUMNS).encode(), "bad.csv has no rows."),
            (
                ",".join(COLUMNS[1:]).encode() + b"\n1",
                "bad.csv lacks the columns pre_pt_x. It is nearest to the layout synanno. Of a",
            ),
            (";".join(COLUMNS).encode(), "bad.csv lacks the columns pre_pt_x"),
            (",".join((*COLUMNS, "x")).encode(), "bad.csv has the column x twice."),
            (
                ",".join(COLUMNS).encode() + b"\n" + b"1," * 13,
                "bad.csv, line 2 has more values than the",
            ),
            (
                ",".join(COLUMNS).encode() + b"\n1,2",
                "bad.csv, line 2 has fewer values than the header.",
            ),
            (",".join(COLUMNS).encode() + b'\n"1', "bad.csv is not a CSV file"),
            ("größe,ñ".encode("latin-1"), "bad.csv is not text in UTF-8."),
            (b"\xff\xfe" + "x,y".encode("utf-16-le"), "bad.csv is not text in UTF-8."),
            (None, "bad.csv cannot be read: No such file or directory."),
        ],
    )
    def test_a_file_that_is_no_table(
        self,
        volumes: dict[str, VolumeInput],
        tmp_path: Path,
        content: bytes | None,
        sentence: str,
    ) -> None:
        path = tmp_path / "bad.csv"
        if content is not None:
            path.write_bytes(content)
        assert sentence in refused(volumes, path).value.sentence

    def test_a_folder_is_no_table(self, volumes: dict[str, VolumeInput], tmp_path: Path) -> None:
        assert "cannot be read: Is a directory" in refused(volumes, tmp_path).value.sentence

    def test_the_last_of_many_rows_is_wrong(
        self, volumes: dict[str, VolumeInput], tmp_path: Path
    ) -> None:
        rows = [*[ROW] * 12_000, ROW | {"x": "4000"}]
        table = write_rows(tmp_path / "long.csv", rows, COLUMNS)
        assert "long.csv, line 12002, x, y, z" in refused(volumes, table).value.sentence

    @pytest.mark.parametrize("resolution", [(0, 8, 8), (8, 8), (8, -1, 8), (8, 8, float("nan"))])
    def test_the_resolution_of_the_table(
        self, volumes: dict[str, VolumeInput], good_table: Path, resolution: Any
    ) -> None:
        error = refused(volumes, good_table, table_resolution=resolution).value
        assert error.field == "table_resolution"

    def test_a_coarse_table_reaches_beyond_the_volume(
        self, volumes: dict[str, VolumeInput], good_table: Path
    ) -> None:
        error = refused(volumes, good_table, table_resolution=(8, 8, 8_000)).value
        assert "good.csv, line 2, x, y, z (10, 10, 10) lies outside the cleft" in error.sentence
        assert "to (1024, 1024, 1.0) in voxels of the table" in error.sentence

    def test_a_wrong_axis_order_puts_points_outside(
        self, volumes: dict[str, VolumeInput], tmp_path: Path
    ) -> None:
        flat = write_info(tmp_path / "flat", size=(1024, 1024, 16))
        volumes["image"] = replace(volumes["image"], address=flat)
        table = write_rows(tmp_path / "far.csv", [ROW | {"x": "900"}], COLUMNS)
        create_dataset("right", list(volumes.values()), table)
        Dataset.objects.get(name="right").delete()

        volumes["image"] = replace(volumes["image"], axis_order="zyx")
        sentence = refused(volumes, table).value.sentence
        assert "far.csv, line 2, x, y, z (900, 10, 10) lies outside the image volume" in sentence

    @pytest.mark.parametrize("name", ["", "  ", "n" * 201])
    def test_the_name(self, volumes: dict[str, VolumeInput], good_table: Path, name: str) -> None:
        error = refused(volumes, good_table, name=name).value
        assert error.sentence == "name: give between 1 and 200 characters."


def test_at_the_command_line_it_is_one_sentence_and_an_end(
    good_table: Path, volumes: dict[str, VolumeInput]
) -> None:
    """A volume that hangs must not keep the process from ending."""
    program = [sys.executable, str(REPOSITORY / "manage.py"), "create_dataset", "silent"]
    with silent_server() as address:
        ended = subprocess.run(
            [
                *(*program, "--image", address, "--cleft", volumes["cleft"].address),
                *("--table", str(good_table)),
            ],
            env=child_environment(DATABASE_URL=database_url(), SYNANNO_READ_TIMEOUT_S="1"),
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert ended.returncode == 1
    assert ended.stderr == f"CommandError: image: {address} did not answer within 1 s.\n"
    assert ended.stdout == ""
