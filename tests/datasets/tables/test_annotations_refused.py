"""Annotations that are damaged or contradict themselves end with a sentence; nothing is loaded."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cloudfiles import CloudFiles
from django.conf import settings
from django.test import override_settings

from apps.core.errors import InvalidInputError
from apps.datasets.gateways.tables import annotations_store
from apps.datasets.models import RefusedRows
from apps.datasets.services.refusals import RefusedRowsError, refusals_csv
from tests.datasets.tables.conftest import Load
from tests.real_data import REAL_DATA, needs_real_data
from tests.support.annotations import SHARDING, change_info, shard_by_id, spread, write_annotations
from tests.support.counts import counts

pytestmark = pytest.mark.django_db

Damage = Callable[[Path], None]
CHUNK = "spatial0/0_0_0"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three points with neurons and a score; a record takes 16 bytes, the chunk 80."""
    points = [
        {"point": [n, 2 * n, 9], "id": 10 + n, "pre": n, "post": 5, "score": n / 2}
        for n in range(3)
    ]
    folder = tmp_path / "points"
    both = ("pre", "post")
    write_annotations(folder, "point", points, relationships=both, properties={"score": "float32"})
    return folder


def refused(load: Load, address: Path | str, **options: Any) -> str:
    before = counts()
    with pytest.raises(InvalidInputError) as raised:
        load(f"precomputed://file://{address}", name="refused", **options)
    assert counts() == before
    return raised.value.sentence


def info_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "info").read_text())
    return found


def level(**changes: Any) -> list[dict[str, Any]]:
    whole = {"key": "spatial0", "grid_shape": [1, 1, 1], "chunk_size": [9, 9, 9], "limit": 1}
    return [whole | changes]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"@type": "neuroglancer_multiscale_volume"}, "@type is 'neuroglancer_multiscale_vol"),
        ({"annotation_type": "polyline"}, "annotation_type 'polyline' is none of POINT, LINE, "),
        ({"annotation_type": None}, "annotation_type None is none of POINT"),
        ({"dimensions": {"x": [1, "nm"]}}, "dimensions are x; they must be x, y and z."),
        ({"dimensions": {a: [0, "m"] for a in "xyz"}}, "dimensions.x is 0; it must be above 0."),
        ({"dimensions": {a: [1, "s"] for a in "xyz"}}, "dimensions.x has the unit 's', which is"),
        ({"dimensions": [8, 8, 8]}, "dimensions must be an object"),
        ({"lower_bound": [0, 0]}, "lower_bound is [0, 0]; it must be a list of three numbers."),
        ({"upper_bound": [0, "1", 2]}, "upper_bound has '1', which is no number."),
        ({"properties": [{"id": "s", "type": "float64"}]}, "properties[0].type 'float64' is none"),
        ({"properties": [{"type": "int8"}]}, "properties[0].id is None; it must be a name."),
        ({"properties": [{"id": "s", "type": "int8"}] * 2}, "properties has 's' twice."),
        ({"properties": [{"id": "s", "type": "int8", "enum_values": [1], "enum_labels": []}]},
         "properties[0] has 1 enum_values and 0 enum_labels."),
        ({"spatial": level(key="../../etc")}, "spatial[0].key '../../etc' leads out of the folder"),
        ({"spatial": level(key="/etc")}, "spatial[0].key '/etc' leads out of the folder"),
        ({"spatial": level(grid_shape=[1, 0, 1])}, "spatial[0].grid_shape is [1, 0, 1]; it must"),
        ({"spatial": level(chunk_size=[1, 9, 9])}, "spatial[0]: 1 cells of 1 do not reach from"),
        ({"spatial": level(sharding={"@type": "x"})}, "the sharding of spatial[0] cannot be: "),
        ({"relationships": {}}, "relationships must be a list."),
    ],
)  # fmt: skip
def test_an_info_that_lies(
    load: Load, folder: Path, changes: dict[str, Any], sentence: str
) -> None:
    change_info(folder, **changes)
    told = refused(load, folder, mapping={"pre_root_id": None, "post_root_id": None})
    assert told.startswith(f"table: points/info: {sentence}")


def cut(folder: Path, at: int) -> None:
    content = (folder / CHUNK).read_bytes()
    (folder / CHUNK).write_bytes(content[:at])


def count_as(folder: Path, count: int) -> None:
    content = (folder / CHUNK).read_bytes()
    (folder / CHUNK).write_bytes(count.to_bytes(8, "little") + content[8:])


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda f: cut(f, 5), f"{CHUNK} ends at byte 5, within its count of annotations."),
        (lambda f: cut(f, 30), f"{CHUNK} says that it holds 3 annotations, which take 80 bytes, 16 "
         "for each and 8 for its id; it ends at byte 30, within annotation 2."),
        (lambda f: cut(f, 79), f"{CHUNK} says that it holds 3 annotations, which take 80 bytes, 16 "
         "for each and 8 for its id; it ends at byte 79, within the id of annotation 3."),
        (lambda f: count_as(f, 2), f"{CHUNK} says that it holds 2 annotations, which take 56 bytes,"
         " 16 for each and 8 for its id; it has 80 bytes."),
        (lambda f: count_as(f, 2**63), f"{CHUNK} says that it holds {2**63:,} annotations"),
        (lambda f: change_info(f, properties=[]), f"{CHUNK} says that it holds 3 annotations, which"
         " take 68 bytes, 12 for each and 8 for its id; it has 80 bytes."),
        (lambda f: change_info(f, upper_bound=[1, 4, 9], spatial=level()),
         f"{CHUNK}, annotation 3 (id 12) is at (2.0, 4.0, 9.0), outside the bounds that info"),
        (lambda f: (f / CHUNK).rename(f / "spatial0/0_0_1"),
         "spatial0/0_0_1 lies outside the grid that info tells, of 1 × 1 × 1 cells."),
        (lambda f: (f / CHUNK).rename(f / "spatial0/first"),
         "spatial0/first is not named as a chunk is."),
        (lambda f: (f / CHUNK).unlink(), "spatial0 is the finest level of the spatial index, and"),
        (lambda f: (f / CHUNK).rename(f / f"{CHUNK}.gz"), f"{CHUNK} is damaged: "),
        (lambda f: (f / "by_id/11").unlink(), f"by_id/11 is not stored, though {CHUNK} has an "),
        (lambda f: (f / "by_id/11").write_bytes((f / "by_id/12").read_bytes()),
         f"by_id/11 is not the annotation that {CHUNK} has of this id."),
        (lambda f: (f / "by_id/10").write_bytes((f / "by_id/10").read_bytes()[:25]),
         "by_id/10 ends at byte 25, within its list of pre, which begins at byte 16."),
        (lambda f: (f / "by_id/10").write_bytes((f / "by_id/10").read_bytes() + b"1"),
         "by_id/10 has 41 bytes, of which info explains 40."),
        (lambda f: (f / "info").unlink(), ": there is no info file at file://"),
        (lambda f: (f / "info").write_text("{"), "info is not JSON: "),
    ],
)  # fmt: skip
def test_damaged_files(load: Load, folder: Path, damage: Damage, sentence: str) -> None:
    damage(folder)
    told = refused(load, folder)
    assert told.removeprefix("table: points").removeprefix("/").startswith(sentence)


def shard_of(folder: Path) -> Path:
    spread(folder, [(1, 1, 1)], sharding=SHARDING)
    return next((folder / "level0").iterdir())


def shard_of_ids(folder: Path) -> Path:
    shard_by_id(folder, SHARDING)
    return next((folder / "by_id").iterdir())


@pytest.mark.parametrize("shard", [shard_of, shard_of_ids])
@pytest.mark.parametrize(
    ("kept", "sentence"),
    [(10, " is damaged: "), (40, " ends before byte "), (-1, " ends before byte ")],
)
def test_damaged_shards(
    load: Load, folder: Path, shard: Callable[[Path], Path], kept: int, sentence: str
) -> None:
    path = shard(folder)
    path.write_bytes(path.read_bytes()[:kept])
    told = refused(load, folder, mapping={"post_root_id": None} if shard is shard_of_ids else {})
    assert told.startswith(f"table: points/{path.parent.name}/{path.name}{sentence}")


def test_what_cannot_be_a_synapse_is_refused_by_annotation(load: Load, tmp_path: Path) -> None:
    points = [
        {"point": [1, 2, 3], "id": 4, "pre": [7]},
        {"point": [1, 2, 2000], "id": 5, "pre": [7]},
        {"point": [1, 2, 3], "id": 6, "pre": [7, 8]},
        {"point": [1, 2, 3], "id": 2**63, "pre": [7]},
        {"point": [1, 2, 3], "id": 4, "pre": [7]},
    ]
    address = write_annotations(tmp_path / "a", "point", points, relationships=("pre",))
    table = load(address, skip_refused=True)
    assert (table.row_count, RefusedRows.objects.get(table=table).count) == (1, 4)
    header, *lines = refusals_csv(table).splitlines()
    assert header.startswith("annotation,column,reason,chunk,annotation,id,center_x,center_y")
    assert [line.split(",")[0] for line in lines] == ["2", "3", "4", "5"]
    assert "lies outside the cleft volume" in lines[0]
    assert "has 2 ids of pre, where one is wanted" in lines[1]
    assert f"{2**63} is out of range" in lines[2]
    assert "4 is the id of annotation 1 already" in lines[3]
    assert "spatial0/0_0_0,2,5,8.0,16.0,16000.0" in lines[0]
    with pytest.raises(RefusedRowsError, match=r"^table: a, annotation 2, center"):
        load(address, name="other")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"unit": "voxels"}, "unit: precomputed://file:///"),
        ({"layout": "h01"}, "layout: precomputed://file:///"),
        ({"mapping": {"score": "sure"}}, "mapping: the table lacks sure; it has id, center_x, "),
    ],
)
def test_options_that_do_not_fit(
    load: Load, folder: Path, options: dict[str, Any], sentence: str
) -> None:
    assert refused(load, folder, **options).startswith(sentence)


def test_a_colour_is_no_number(load: Load, tmp_path: Path) -> None:
    points = [{"point": [1, 2, 3], "id": 4, "color": "#ff8000"}]
    write_annotations(tmp_path / "a", "point", points, properties={"color": "rgb"})
    told = refused(load, tmp_path / "a", mapping={"score": "color"})
    assert told == (
        "table: a, column color holds fixed_size_list<item: uint8>[3]; it must hold a number."
    )


def test_neurons_without_an_index_by_id(load: Load, folder: Path) -> None:
    change_info(folder, by_id=None)
    told = refused(load, folder, mapping={"pre_root_id": "pre"})
    assert told == "table: points/info names no index by id, which alone would tell pre."
    assert load(f"precomputed://file://{folder}").row_count == 3


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("precomputed://annotations", "table: 'precomputed://annotations' is no address of a"),
        ("precomputed://https://10.0.0.1/a", "table: precomputed://https://10.0.0.1/a leads into"),
        ("precomputed://graphene://https://host/segmentation/table/a", "is a segmentation, and"),
    ],
)
def test_addresses_without_annotations(load: Load, address: str, sentence: str) -> None:
    with pytest.raises(InvalidInputError) as raised:
        load(address)
    assert sentence in raised.value.sentence


def test_a_folder_without_end_is_not_listed_to_its_end(
    load: Load, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(annotations_store, "_MOST_LISTED", 100)
    told: list[str] = []

    def listing(_self: Any, prefix: str, **_: Any) -> Iterator[str]:
        for number in range(10_000):
            told.append(f"{prefix}{number}")
            yield told[-1]

    monkeypatch.setattr(CloudFiles, "list", listing)
    sentence = "/spatial0 has more than 100 files; store them in shards."
    assert refused(load, folder).endswith(sentence)
    assert len(told) == 101


def test_an_info_that_is_nested_too_deeply(load: Load, folder: Path) -> None:
    (folder / "info").write_text("[" * 100_000)
    assert "/info is not JSON" in refused(load, folder)


def test_only_under_the_folders_that_are_allowed(load: Load, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "allowed").mkdir()
    link = tmp_path / "allowed" / "points"
    link.symlink_to(folder)
    environment = replace(settings.ENVIRONMENT, volume_roots=(tmp_path / "allowed",))
    with override_settings(ENVIRONMENT=environment):
        assert "SYNANNO_VOLUME_ROOTS" in refused(load, link)
        link.unlink()
        shutil.copytree(folder, link)
        (link / CHUNK).unlink()
        (link / CHUNK).symlink_to(folder / CHUNK)
        assert "SYNANNO_VOLUME_ROOTS" in refused(load, link)
        (link / CHUNK).unlink()
        shutil.copy(folder / CHUNK, link / CHUNK)
        assert load(f"precomputed://file://{link}").row_count == 3


@needs_real_data("precomputed")
def test_a_folder_that_was_copied_in_part(load: Load) -> None:
    folder = REAL_DATA / "precomputed" / "test_precomputed_annotation"
    told = refused(load, folder)
    assert told.startswith(
        "table: test_precomputed_annotation/spatial11 is the finest level of the spatial index, "
        "and nothing of it is stored. If the folder is a part of another, name in the address "
    )
    for levels in ("levels=12", "levels=one", "level=0"):
        assert levels[-1] in refused(load, f"{folder}#{levels}")
