"""Where skeletons come from is said at the command line, or by managers and staff over the API."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client, override_settings
from pytest_django import DjangoCaptureOnCommitCallbacks

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Membership
from apps.core.errors import InvalidInputError
from apps.datasets.domain.skeletons import SkeletonKind, SkeletonSettings
from apps.datasets.models import Dataset, SkeletonSource, StoredSkeleton, SwcFile
from apps.datasets.services import skeleton_sources
from apps.datasets.services.skeleton_checks import check_source
from apps.datasets.services.skeleton_sources import keep_files, resume_checks
from apps.datasets.services.skeletons import read_for_browsers, skeleton_of
from tests.support.paper import paper_campaign
from tests.support.people import Team
from tests.support.skeletons import (
    FORK_SWC,
    fork,
    swc_source,
    write_precomputed_skeletons,
    write_swc_folder,
)
from tests.support.work import client_of

pytestmark = pytest.mark.django_db
LARGE_ID = 2**63 + 11


@pytest.fixture
def campaign(team: Team, tmp_path: Path) -> Campaign:
    """Mona manages it, Anna works on it, Ben has nothing to do with it."""
    members = {team.manager: Membership.Role.MANAGER, team.anna: Membership.Role.ANNOTATOR}
    team.manager.is_staff = False
    team.manager.save()
    return paper_campaign(tmp_path, members)


@pytest.fixture
def dataset(campaign: Campaign) -> Dataset:
    return campaign.table.dataset


def command(*arguments: str) -> str:
    out = io.StringIO()
    call_command("set_skeletons", *arguments, stdout=out)
    return out.getvalue()


def archive(files: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return out.getvalue()


def test_a_precomputed_source_at_the_command_line(dataset: Dataset, tmp_path: Path) -> None:
    address = write_precomputed_skeletons(tmp_path / "s", {LARGE_ID: fork()})
    said = command(dataset.name, "--precomputed", address, "--try", str(LARGE_ID))
    assert f"come from {address} now." in said
    assert f"Neuron {LARGE_ID}: 6 vertices, 60.0 µm, soma not known." in said
    with pytest.raises(CommandError, match="there is no info file"):
        command(dataset.name, "--precomputed", f"file://{tmp_path}/elsewhere")
    source = SkeletonSource.objects.get()
    assert (source.address, source.version) == (address, 1)  # as before
    with pytest.raises(CommandError, match="there is no dataset 'moon'"):
        command("moon", "--kimimaro")


def test_a_folder_and_an_archive_at_the_command_line(dataset: Dataset, tmp_path: Path) -> None:
    write_swc_folder(tmp_path / "swc", {5: FORK_SWC})
    command(dataset.name, "--swc", str(tmp_path / "swc"), "--twigs", "0", "--try", "5")
    assert len(skeleton_of(dataset, 5)) == 7
    packed = tmp_path / "swc.zip"
    packed.write_bytes(archive({"a/": "", "a/5.swc": FORK_SWC, "__MACOSX/a/._5.swc": "junk"}))
    said = command(dataset.name, "--swc", str(packed), "--nm-per-unit", "2")
    assert "1 SWC files" in said
    assert StoredSkeleton.objects.count() == 0  # of the source before
    assert skeleton_of(dataset, 5).length_nm == pytest.approx(120_000)
    with pytest.raises(CommandError, match="there is no folder"):
        command(dataset.name, "--swc", str(tmp_path / "nowhere"))
    command(dataset.name, "--none")
    assert not SkeletonSource.objects.exists()
    assert not SwcFile.objects.exists()
    assert not StoredSkeleton.objects.exists()


def test_kimimaro_needs_a_neuron_volume(dataset: Dataset) -> None:
    with pytest.raises(CommandError, match="has no neuron volume to make them of"):
        command(dataset.name, "--kimimaro")


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "the archive holds no SWC files"),
        ({"5.swc": FORK_SWC, "notes.txt": "-"}, r"'notes\.txt' is not named by a root id"),
        ({"0.swc": FORK_SWC}, "is not named by a root id"),
        ({f"{2**64}.swc": FORK_SWC}, "is not named by a root id"),
        ({"a/5.swc": FORK_SWC, "b/5.swc": FORK_SWC}, r"neuron 5 has two files, a/5\.swc and b/5"),
        ({"4.swc": FORK_SWC, "5.swc": "1 1 0 0 0\n"}, r"file: 5\.swc, line 1: it has 5 columns"),
    ],
)
def test_an_archive_is_taken_as_a_whole_or_not_at_all(
    dataset: Dataset, tmp_path: Path, files: dict[str, str | bytes], sentence: str
) -> None:
    swc_source(dataset, tmp_path / "before", {5: FORK_SWC})
    skeleton_of(dataset, 5)
    packed = tmp_path / "swc.zip"
    packed.write_bytes(archive(files))
    with pytest.raises(CommandError, match=sentence):
        command(dataset.name, "--swc", str(packed))
    assert SkeletonSource.objects.get().kind == SkeletonSource.Kind.SWC
    assert (SwcFile.objects.count(), StoredSkeleton.objects.count()) == (0, 1)


def test_nothing_is_locked_while_files_are_looked_at(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = tmp_path / "swc.zip"
    packed.write_bytes(archive({"5.swc": FORK_SWC, "6.swc": FORK_SWC}))
    looked_at = []

    def look(text: str, name: str) -> None:
        assert not SkeletonSource.objects.exists()
        looked_at.append(name)

    monkeypatch.setattr(skeleton_sources, "check_swc", look)
    command(dataset.name, "--swc", str(packed))
    assert looked_at == ["5.swc", "6.swc"]
    assert SwcFile.objects.count() == 2


def test_what_is_no_archive_or_a_damaged_one_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    packed = tmp_path / "swc.zip"
    whole = archive({"5.swc": FORK_SWC * 50})
    for damaged in (b"", b"PK\x03\x04", FORK_SWC.encode(), whole[:60] + b"?????" + whole[65:]):
        packed.write_bytes(damaged)
        with pytest.raises(CommandError, match="cannot be read as a zip archive"):
            command(dataset.name, "--swc", str(packed))


def test_an_archive_that_unpacks_to_too_much_is_refused(
    dataset: Dataset, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = io.BytesIO(archive({"5.swc": "#" * 2**20 + "\n" + FORK_SWC}))
    assert len(packed.getvalue()) < 5000
    with pytest.raises(InvalidInputError, match="more than 1 MB together") as refused:
        keep_files(dataset, packed, SkeletonSettings(SkeletonKind.FILES), team.manager, 2**20)
    assert refused.value.field == "file"
    assert not SkeletonSource.objects.exists()


def test_a_look_that_was_lost_is_asked_for_again(
    dataset: Dataset, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    SkeletonSource.objects.create(dataset=dataset, kind="kimimaro", version=2, checked_version=1)
    with django_capture_on_commit_callbacks() as sent:
        resume_checks()
    assert len(sent) == 1
    check_source(SkeletonSource.objects.get().pk)
    with django_capture_on_commit_callbacks() as sent:
        resume_checks()
    assert sent == []
    assert "no neuron volume" in SkeletonSource.objects.get().problem


def put(client: Client, dataset: Dataset, **body: Any) -> Any:
    path = f"/api/datasets/{dataset.pk}/skeletons"
    return client.generic("PUT", path, json.dumps(body), "application/json")


def in_roots(*roots: Path) -> override_settings:
    return override_settings(ENVIRONMENT=replace(settings.ENVIRONMENT, volume_roots=roots))


def test_only_the_staff_name_addresses(team: Team, dataset: Dataset, tmp_path: Path) -> None:
    """A manager who is not of the staff sends files, or has skeletons made."""
    address = write_precomputed_skeletons(tmp_path / "s", {5: fork()})
    mona = client_of(team.manager)
    for kind in ("precomputed", "swc"):
        assert put(mona, dataset, kind=kind, address=address).status_code == 403
    assert not SkeletonSource.objects.exists()
    assert put(mona, dataset, kind="kimimaro").status_code == 202


def test_the_staff_name_a_source_and_a_worker_looks_at_it(
    team: Team, dataset: Dataset, tmp_path: Path
) -> None:
    address = write_precomputed_skeletons(tmp_path / "s", {5: fork()})
    User.objects.filter(pk=team.manager.pk).update(is_staff=True)
    mona, path = client_of(team.manager), f"/api/datasets/{dataset.pk}/skeletons"
    assert mona.get(path).json()["state"] == "none"
    with in_roots(tmp_path):
        told = put(mona, dataset, kind="precomputed", address=address)
        assert (told.status_code, told.json()["state"]) == (202, "checking")
        check_source(SkeletonSource.objects.get().pk)
        assert mona.get(path).json()["state"] == "usable"
        put(mona, dataset, kind="precomputed", address=f"file://{tmp_path}/none")
        check_source(SkeletonSource.objects.get().pk)
    told = mona.get(path).json()
    assert told["state"] == "unusable"
    assert "there is no info file" in told["problem"]
    assert mona.delete(path).status_code == 204
    assert mona.get(path).json()["kind"] is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "swc"}, "address"),
        ({"kind": "kimimaro", "address": "gs://a/b"}, "address"),
        ({"kind": "files"}, "kind"),
        ({"kind": "cave"}, "kind"),
        ({"kind": "swc", "address": "gs://a/b", "nm_per_unit": 0}, "nm_per_unit"),
        ({"kind": "swc", "address": "gs://a/b", "twig_nm": -1}, "twig_nm"),
        ({"kind": "swc", "address": "gs://a/b", "adress": "-"}, "adress"),
        ({"kind": "swc", "address": "file:///etc"}, "address"),
    ],
)
def test_what_is_wrong_with_a_source_is_said_by_field(
    team: Team, dataset: Dataset, tmp_path: Path, body: dict[str, Any], field: str
) -> None:
    User.objects.filter(pk=team.manager.pk).update(is_staff=True)
    with in_roots(tmp_path):
        refused = put(client_of(team.manager), dataset, **body)
    assert (refused.status_code, refused.json()["error"]["field"]) == (400, field), refused.json()
    assert not SkeletonSource.objects.exists()


def test_files_are_sent_by_a_manager(team: Team, dataset: Dataset) -> None:
    path = f"/api/datasets/{dataset.pk}/skeletons/files"
    packed = archive({f"{LARGE_ID}.swc": FORK_SWC, "6.swc": FORK_SWC})
    form = {"file": SimpleUploadedFile("all.zip", packed), "twig_nm": "0"}
    answer: Any = client_of(team.manager).post(path, form)
    assert answer.status_code == 201, answer.content
    assert answer.json()["files"] == 2
    assert len(skeleton_of(dataset, LARGE_ID)) == 7
    form["file"] = SimpleUploadedFile("all.zip", archive({"7.swc": "1 1 a 0 0 1 -1"}))
    refused: Any = client_of(team.manager).post(path, form)
    assert refused.status_code == 400
    assert "7.swc, line 1: x is 'a', not a number" in refused.json()["error"]["sentence"]
    assert SwcFile.objects.count() == 2


def test_a_browser_is_given_skeletons_as_a_precomputed_source(
    team: Team, dataset: Dataset, tmp_path: Path
) -> None:
    """What nobody has read is read by a worker meanwhile; the browser asks again."""
    swc_source(dataset, tmp_path / "s", {LARGE_ID: FORK_SWC})
    anna, path = client_of(team.anna), f"/skeletons/{dataset.pk}"
    assert anna.get(f"{path}/info").json()["@type"] == "neuroglancer_skeletons"
    for _ in range(2):
        waiting: Any = anna.get(f"{path}/{LARGE_ID}")
        assert waiting.status_code == 503
        assert waiting.json()["error"]["code"] == "skeleton_pending"
    read_for_browsers(dataset.pk, LARGE_ID)
    given: Any = anna.get(f"{path}/{LARGE_ID}")
    assert given.status_code == 200
    assert given.content == bytes(StoredSkeleton.objects.get().content or b"")
    assert anna.get(f"{path}/6").status_code == 503
    read_for_browsers(dataset.pk, 6)
    missing: Any = anna.get(f"{path}/6")
    assert missing.status_code == 404
    assert "there is no file 6.swc" in missing.json()["error"]["sentence"]
    assert anna.get(f"{path}/{2**64}").status_code == 404
    assert client_of(team.ben).get(f"{path}/{LARGE_ID}").status_code == 404
    assert Client().get(f"{path}/{LARGE_ID}").status_code == 401


def test_kimimaro_is_not_run_because_a_browser_looks(team: Team, dataset: Dataset) -> None:
    SkeletonSource.objects.create(dataset=dataset, kind=SkeletonSource.Kind.KIMIMARO)
    answer: Any = client_of(team.anna).get(f"/skeletons/{dataset.pk}/5")
    assert answer.status_code == 404
    assert not StoredSkeleton.objects.exists()
