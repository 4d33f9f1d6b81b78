"""The same from the command line: look, see five synapses, make the dataset."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from PIL import Image

from apps.datasets.models import Dataset, SynapseTable
from tests.support.counts import counts
from tests.support.volumes import PhantomFiles
from tests.support.web import Answer, web

pytestmark = pytest.mark.django_db


@pytest.fixture
def described(phantom_files: PhantomFiles, tmp_path: Path) -> Path:
    """A description as somebody writes it."""
    path = tmp_path / "tissue.yaml"
    path.write_text(
        f"name: tissue\n"
        f"image: {{address: '{phantom_files.image}'}}\n"
        f"cleft: {{address: '{phantom_files.cleft}'}}\n"
        f"table: {{path: {phantom_files.table}}}\n"
        f"crop_size: [96, 96, 6]\n"
    )
    return path


def test_looking_makes_nothing_but_pictures(
    described: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], redis_client: object
) -> None:
    before = counts()
    call_command("open_data", str(described), "--dry-run", "--pictures", str(tmp_path / "seen"))
    told = capsys.readouterr().out
    assert "mip 0: 8 × 8 × 32 nm, 320 × 320 × 24 voxels" in told
    assert "→ in voxels of 8 × 8 × 32 nm: 20 of the first 20" in told
    assert "with a cleft" in told
    pictures = sorted((tmp_path / "seen").iterdir())
    assert [Image.open(path).size for path in pictures] == [(96, 96)] * 5
    colours = {Image.open(path).convert("RGB").getpixel((0, 0)) for path in pictures}
    assert all(len(set(colour)) == 1 for colour in colours if isinstance(colour, tuple))
    assert counts() == before


def test_a_dataset_and_then_a_version_are_made(
    described: Path, tmp_path: Path, redis_client: object, phantom_files: PhantomFiles
) -> None:
    call_command("open_data", str(described), "--set", "name=renamed", "seed=3")
    assert Dataset.objects.get().name == "renamed"
    path = tmp_path / "more.json"
    path.write_text(json.dumps({"dataset": "renamed", "table": {"path": str(phantom_files.table)}}))
    call_command("open_data", str(path))
    versions = SynapseTable.objects.order_by("version").values_list("version", "row_count")
    assert list(versions) == [(1, 20), (2, 20)]


def test_a_table_at_an_address_is_fetched_once(
    described: Path,
    redis_client: object,
    phantom_files: PhantomFiles,
) -> None:
    lines = phantom_files.table.read_text().splitlines()
    lines[3] = lines[3].replace(lines[3].split(",")[0], "4.4E+11", 1)
    with web(lambda _: Answer(body="\n".join(lines).encode())) as server:
        address = f"{server.address}/lab/cells.csv"
        said = [f"table.path={address}", "table.skip_refused=true"]
        call_command("open_data", str(described), "--set", *said)
        assert len(server.asked) == 1
    table = SynapseTable.objects.get()
    assert (table.name, table.source, table.row_count) == ("cells", address, 19)
    assert (
        (settings.ENVIRONMENT.home / "cells.csv.refused.csv")
        .read_text()
        .splitlines()[1]
        .startswith("4,")
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("image.address=file:///nowhere", "image: the volume at file:///nowhere cannot be opened"),
        ("table.unit=furlongs", "table.unit"),
        ("imgae.address=x", "imgae: there is no such field"),
        ("table.path=''", "table: give its path"),
        ("crop_size=[4000, 4000, 1]", "crop_size: crop_size_x is 4000 voxels"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_made(
    described: Path, change: str, sentence: str
) -> None:
    before = counts()
    with pytest.raises(CommandError, match=sentence):
        call_command("open_data", str(described), "--set", change)
    assert counts() == before


@pytest.mark.parametrize("content", ["- a\n- b\n", "{", "a: &a [*a]\n", "!!python/object:os.x {}"])
def test_what_is_no_description_is_refused(tmp_path: Path, content: Any) -> None:
    path = tmp_path / "odd.yaml"
    path.write_text(content)
    with pytest.raises(CommandError, match="file: "):
        call_command("open_data", str(path))
