"""A manager connects the lab's own data: says where it lies, looks, corrects, saves."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadhandler import MemoryFileUploadHandler, TemporaryFileUploadHandler
from django.test import Client, override_settings
from django.utils import timezone

from apps.accounts.models import User
from apps.datasets.domain.secrets import SecretKind
from apps.datasets.models import Dataset, DatasetPlan, Instance, SynapseTable, UploadPart, Volume
from apps.datasets.services import planning
from apps.datasets.services.planning import cancel_saving
from apps.datasets.services.planning_work import resume_plans, save_plan
from apps.datasets.services.secrets import create_secret
from apps.voxels.frames import decode_frames
from tests.datasets.wizard.conftest import ADDRESS, Planner
from tests.support.counts import counts
from tests.support.people import Team

pytestmark = pytest.mark.django_db


def csv_of(rows: list[dict[str, Any]]) -> bytes:
    lines = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]
    return "".join(f"{line}\n" for line in lines).encode()


def test_columns_are_left_out_in_a_plan(planner: Planner) -> None:
    """Told what there is besides; what is kept is chosen, and kept with the table."""
    planner.begin()
    heading, *rows = planner.files.table.read_text().splitlines()
    lines = [f"{heading},mood,secret", *(f"{row},calm,x" for row in rows)]
    planner.upload("\n".join(lines).encode())
    table = planner.looked_at()["examined"]["table"]
    assert {"mood", "secret"} <= set(table["others"])
    said = planner.send("GET")["settings"]["table"]
    assert said["leave_out"] is None
    wrong = planner.change(table=said | {"leave_out": ["wealth"]})
    assert "the table has no column 'wealth'" in str(wrong["problems"])
    out = [one for one in table["others"] if one != "mood"]
    assert planner.change(table=said | {"leave_out": out})["problems"] == {}
    assert planner.save()["status"] == "saved"
    kept = SynapseTable.objects.get()
    assert (kept.own_columns, kept.left_out) == (["mood"], out)


def test_more_columns_than_are_kept_are_told_before_it_is_saved(planner: Planner) -> None:
    planner.begin()
    heading, *rows = planner.files.table.read_text().splitlines()
    more = [f"c{at}" for at in range(210)]
    lines = [",".join([heading, *more]), *(",".join([row, *"x" * 210]) for row in rows)]
    planner.upload("\n".join(lines).encode())
    found = planner.looked_at()
    assert "at most 100 are kept" in found["problems"]["leave_out"]
    assert set(more) <= set(found["examined"]["table"]["others"]), "all, so that one can be ticked"
    said = planner.send("GET")["settings"]["table"]
    assert planner.change(table=said | {"leave_out": more[1:]})["problems"] == {}


def test_a_dataset_is_made_step_by_step(planner: Planner, redis_client: object) -> None:
    plan = planner.begin()
    assert (plan["is_examined"], plan["problems"]) == (True, {})
    image = plan["examined"]["volumes"]["image"]
    assert image["dtype"] == "uint8"
    assert [scale["resolution_nm"] for scale in image["scales"]] == [image["resolution_nm"]]
    assert image["scales"][0]["size"] == [320, 320, 24]
    table = plan["examined"]["table"]
    assert (table["layout"], table["unit"], table["guessed"]) == (
        "synanno",
        "voxels",
        ["unit", "resolution"],
    )
    assert table["usable"] == table["looked_at"] == planner.files.rows
    assert table["rows"][0] == planner.files.table.read_text().splitlines()[1].split(",")

    preview = planner.preview()
    assert (preview["state"], len(preview["instances"])) == ("ready", 5)
    tiles = planner.client.get(f"{ADDRESS}/{planner.id}/preview/tiles").content
    frames = list(decode_frames(tiles))
    assert [frame.header["part"] for frame in frames] == ["middle"] * 5
    assert [frame.header["key"] for frame in frames] == [one["key"] for one in preview["instances"]]
    stacks = b"".join(planner.client.get(f"{ADDRESS}/{planner.id}/preview/stacks"))
    assert {len(frame.header["slices"]) for frame in decode_frames(stacks)} == {5}
    assert Dataset.objects.count() == 0  # nothing was made to look

    saved = planner.save()
    assert (saved["status"], saved["failure"]) == ("saved", "")
    made = SynapseTable.objects.get(pk=saved["table"]["id"])
    assert (made.dataset.name, made.name, made.version) == ("tissue", "synapses", 1)
    assert made.row_count == Instance.objects.filter(table=made).count() == planner.files.rows
    assert made.dataset.created_by is not None
    assert UploadPart.objects.count() == 0


def test_another_seed_draws_others_and_the_same_seed_the_same(
    planner: Planner, redis_client: object
) -> None:
    planner.begin()
    first, again, other = (planner.preview(seed=seed) for seed in (1, 1, 2))
    assert first["instances"] == again["instances"] != other["instances"]


def test_each_problem_is_told_at_its_field(planner: Planner) -> None:
    wrong = {
        "name": " ",
        "image": {"address": "precomputed://file:///nowhere"},
        "cleft": {"address": planner.files.cleft, "mip": 3},
        "neuron": {"address": planner.files.neuron, "resolution": [8, 8, 1e7]},
        "table": {"path": "/etc/passwd"},
    }
    plan = planner.begin(**wrong)
    assert set(plan["problems"]) == {"name", "image", "cleft", "neuron_resolution", "table"}
    assert "SYNANNO_VOLUME_ROOTS" in plan["problems"]["image"]
    assert "no mip 3" in plan["problems"]["cleft"]
    assert plan["examined"]["volumes"]["cleft"]["scales"]  # that one can choose another
    assert "root" not in str(plan["examined"])  # of no other file of the machine
    planner.send("POST", "/save", status=400)
    mended = planner.change(**planner.phantom(), table={"path": str(planner.files.table)})
    assert mended["problems"] == {}


def test_what_coordinates_mean_is_found_by_where_they_lie(planner: Planner) -> None:
    """A table that was counted at another resolution, or in nm, would lie elsewhere."""
    planner.begin()
    resolution = planner.send("GET")["examined"]["volumes"]["cleft"]["resolution_nm"]
    with planner.files.table.open() as file:
        centers = [[int(row[axis]) for axis in "xyz"] for row in csv.DictReader(file)]
    nm = [
        {name: (at + 0.5) * size for name, at, size in zip("abc", center, resolution, strict=True)}
        for center in centers
    ]
    planner.upload(csv_of(nm), "nm.csv")
    unknown = planner.looked_at()
    assert "say which column holds what" in unknown["problems"]["table"]
    assert unknown["examined"]["table"]["columns"] == ["a", "b", "c"]  # to choose from
    mapping = {"center": ["a", "b", "c"]}
    table = planner.change(table={"mapping": mapping})["examined"]["table"]
    assert (table["unit"], table["usable"], table["faults"]) == ("nm", len(centers), [])
    assert [one["unit"] for one in table["meanings"]] == ["voxels", "nm"]
    said = planner.change(table={"mapping": mapping, "unit": "voxels"})
    assert "table" in " ".join(said["problems"])


def test_a_table_with_refused_rows_is_told_and_gives_them_as_a_file(planner: Planner) -> None:
    planner.begin()
    lines = planner.files.table.read_text().splitlines()
    lines[3] = lines[3].replace(lines[3].split(",")[0], "4.4E+11", 1)
    planner.upload("\n".join(lines).encode())
    plan = planner.looked_at()
    assert plan["problems"] == {}
    assert "line 4" in plan["examined"]["table"]["faults"][0]
    before = counts()
    failed = planner.save()
    assert (failed["status"], failed["refused_rows"]) == ("draft", 1)
    assert "line 4" in failed["failure"]
    assert counts() == before  # nothing half-made
    file = planner.client.get(f"{ADDRESS}/{planner.id}/refused.csv")
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert "4.4E+11" in file.content.decode()
    planner.change(table={"skip_refused": True})
    saved = planner.save()
    assert saved["table"]["row_count"] == planner.files.rows - 1
    kept = planner.client.get(f"/api/tables/{saved['table']['id']}/refused.csv")
    assert "4.4E+11" in kept.content.decode()


def test_a_new_version_of_a_table_needs_only_the_table(planner: Planner) -> None:
    planner.begin()
    planner.save()
    planner.id = 0
    planner.id = planner.send("POST", body={"dataset": "tissue"}, status=201)["id"]
    planner.upload(planner.files.table.read_bytes())
    plan = planner.looked_at()
    assert (plan["dataset"], plan["problems"]) == ("tissue", {})
    assert plan["examined"]["table"]["usable"] == planner.files.rows
    planner.send("PATCH", body={"name": "another"}, status=400)
    assert planner.save()["table"]["version"] == 2


def test_a_new_version_says_which_volume_is_read_with_a_secret(planner: Planner) -> None:
    planner.begin()
    planner.save()
    sealed = create_secret("lab", SecretKind.HTTPS, "a-token-of-the-lab")
    Volume.objects.filter(kind=Volume.Kind.NEURON).update(secret=sealed)
    planner.id = 0
    planner.id = planner.send("POST", body={"dataset": "tissue"}, status=201)["id"]
    planner.upload(planner.files.table.read_bytes())
    planner.looked_at()
    view = planner.send("GET", "/neuroglancer")
    assert [one["layer"] for one in view["problems"]] == ["neurons"]
    assert "secret" in view["problems"][0]["sentence"]


def test_a_saving_can_be_cancelled(planner: Planner) -> None:
    planner.begin()
    planner.send("POST", "/save", status=202)
    planner.send("PATCH", body={"name": "too late"}, status=409)
    planner.send("DELETE", status=409)
    cancel_saving(DatasetPlan.objects.get(), timezone.now())
    save_plan(planner.id)
    plan = planner.send("GET")
    assert (plan["status"], Dataset.objects.count()) == ("draft", 0)
    assert "cancelled" in plan["failure"]
    assert planner.save()["status"] == "saved"


def test_a_plan_is_its_persons_alone(planner: Planner) -> None:
    planner.begin()
    other = Client()
    other.force_login(User.objects.create(username="sam", is_staff=True))
    for path in ("", "/preview", "/preview/tiles", "/refused.csv"):
        assert other.get(f"{ADDRESS}/{planner.id}{path}").status_code == 404
    assert other.get(ADDRESS).json()["results"] == []
    assert [one["name"] for one in planner.client.get(ADDRESS).json()["results"]] == ["tissue"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"crop_size": [0, 1, 1]}, "crop_size.0"),
        ({"image": {"address": "x", "axis_order": "xxy"}}, "image.axis_order"),
        ({"image": {"resolution": ["nan", 1, 1]}}, "image.resolution.0"),
        ({"image": None}, "image"),
        ({"table": {"mapping": {"center": "\0"}}}, "table.mapping"),
        ({"table": {"unit": "furlongs"}}, "table.unit"),
        ({"imgae": {}}, "imgae"),
    ],
)
def test_what_cannot_be_is_refused_at_once(
    planner: Planner, changes: dict[str, Any], field: str
) -> None:
    planner.begin()
    error = planner.send("PATCH", body=changes, status=400)["error"]
    assert error["field"] == field


def test_damaged_files_are_told_and_kept_out(planner: Planner) -> None:
    planner.begin()
    for content, word in (
        (b"PK\x03\x04....", "zip"),
        (b"x\0y,b\n1,2\n", "lacks"),
        (b"a,b\n", "no rows"),
        (bytes(range(128, 256)) * 4, "UTF-8"),
    ):
        planner.upload(content, "../../odd\0name.csv")
        assert word in planner.looked_at()["problems"]["table"]
    assert planner.upload(b"", status=400)["error"]["field"] == "file"


def test_work_that_was_lost_is_taken_up(planner: Planner) -> None:
    planner.id = planner.send("POST", body=planner.phantom(), status=201)["id"]
    assert resume_plans(timezone.now()) == 0
    DatasetPlan.objects.update(moved_at="2001-01-01T00:00Z")
    assert resume_plans(timezone.now()) == 1
    assert resume_plans(timezone.now()) == 0  # once in a while, not each time


def test_a_secret_is_named_by_those_who_may(planner: Planner, team: Team) -> None:
    """Its name is kept with the plan, what it says never."""
    sam = User.objects.create(username="sam", is_staff=True)
    create_secret("theirs", SecretKind.HTTPS, "a-token-of-theirs", sam)
    create_secret("ours", SecretKind.HTTPS, "a-token-of-ours", team.manager)
    planner.begin()
    image = {"address": planner.files.image, "secret": "theirs"}
    assert "no secret 'theirs'" in planner.change(image=image)["problems"]["image_secret"]
    plan = planner.change(image=image | {"secret": "ours"})
    assert set(plan["problems"]) == {"image"}  # it opens no files
    assert "token-of" not in str(plan)


def test_what_is_seen_in_three_dimensions_is_what_was_found(
    planner: Planner, redis_client: object
) -> None:
    planner.id = planner.send("POST", body={}, status=201)["id"]
    planner.send("GET", "/neuroglancer", status=409)
    planner.id = 0
    planner.begin()
    preview = planner.preview()
    view = planner.send("GET", "/neuroglancer")
    assert view["address"].startswith("/neuroglancer/#!")
    names = [layer["name"] for layer in view["state"]["layers"]]
    assert {"image", "clefts", "neurons", "presynaptic points"} <= set(names)
    points = view["state"]["layers"][names.index("presynaptic points")]
    assert len(points["annotations"]) == len(preview["instances"])


def test_the_logins_of_the_server_are_no_table(planner: Planner, tmp_path: Path) -> None:
    (tmp_path / "demo-logins.json").write_text("name,password\nanna,tulip\n")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "services.csv").write_text("name,password\nanna,tulip\n")
    planner.begin()
    for roots in ((), (tmp_path,)):
        changed = replace(settings.ENVIRONMENT, home=tmp_path, volume_roots=roots)
        with override_settings(ENVIRONMENT=changed):
            for name in ("demo-logins.json", "run/services.csv"):
                plan = planner.change(table={"path": str(tmp_path / name)})
                assert "lies outside" in plan["problems"]["table"]
                assert "tulip" not in str(plan)


def test_a_file_that_is_too_large_is_refused_before_it_is_stored(
    planner: Planner, monkeypatch: pytest.MonkeyPatch
) -> None:
    planner.begin()
    monkeypatch.setattr(planning, "MOST_UPLOADED", 2**20)
    stored = []
    monkeypatch.setattr(TemporaryFileUploadHandler, "new_file", lambda *_, **__: stored.append(1))
    monkeypatch.setattr(MemoryFileUploadHandler, "new_file", lambda *_, **__: stored.append(1))
    refused = planner.upload(bytes(2**20 + 2**15), status=400)
    assert (refused["error"]["field"], stored) == ("table", [])
    assert "larger than 1 MB" in str(refused)
