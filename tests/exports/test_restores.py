"""A file is sent, looked at, and becomes a campaign in the background."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import AuditEntry, Campaign, Membership
from apps.campaigns.selectors import managers_of
from apps.datasets.models import SynapseTable
from apps.exports.models import Restore, RestorePart
from apps.exports.services import restores, restores_work
from apps.exports.services.restores_work import MOST_ATTEMPTS, resume_restores, work_on
from apps.exports.services.writing import synanno_pieces
from tests.support.counts import counts
from tests.support.paper import paper_campaign, work
from tests.support.people import Team

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(tmp_path: Path, team: Team) -> Campaign:
    roles = {team.manager: Membership.Role.MANAGER, team.anna: Membership.Role.ANNOTATOR}
    campaign = paper_campaign(tmp_path, roles, instances=4)
    work(campaign, team.anna)
    User.objects.filter(pk=team.manager.pk).update(is_staff=True)
    return campaign


@pytest.fixture
def client(campaign: Campaign, team: Team) -> Client:
    """The manager's, who may open campaigns."""
    client = Client(headers={"Accept": "application/json"})
    client.force_login(User.objects.get(pk=team.manager.pk))
    return client


@pytest.fixture
def exported(campaign: Campaign) -> dict[str, Any]:
    """With a missed synapse, and a polaritySwitch."""
    document: dict[str, Any] = json.loads("".join(synanno_pieces(campaign)))
    records = document["Metadata"]
    records[1] |= {"Label": "incorrect", "Error_Description": "polaritySwitch"}
    records[2] |= {"Label": "unsure", "Error_Description": "strange"}
    missed = records[3] | {"Image_Index": 9, "cx0": 700, "cy0": 700, "materialization_index": -1}
    missed |= {"Label": "incorrect", "Error_Description": "False Negative", "neuron_id": -1}
    missed |= {f"{side}_pt_{axis}": None for side in ("pre", "post") for axis in "xyz"}
    records.append(missed)
    return document


def send(client: Client, content: object, key: str = "") -> Any:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    form = {"file": SimpleUploadedFile("from/theirs.json", body), **({"key": key} if key else {})}
    return client.post(reverse("api-restores"), form)


def sent(client: Client, content: object) -> tuple[Restore, Any]:
    """The file after a worker has looked at it, and how it is told."""
    answer = send(client, content)
    assert answer.status_code == 201, answer.content
    restore = Restore.objects.get(key=answer.json()["key"])
    work_on(restore.pk)
    return restore, client.get(reverse("api-restore", args=[restore.key])).json()


def make(client: Client, restore: Restore, **choices: object) -> Any:
    body = {"name": "Again", "annotator": "ben", "polarity_switch": "artifact"} | choices
    url = reverse("api-restore-campaign", args=[restore.key])
    return client.post(url, body, content_type="application/json")


def test_a_file_tells_what_it_holds_and_becomes_a_campaign(
    client: Client, campaign: Campaign, exported: dict[str, Any], team: Team
) -> None:
    restore, told = sent(client, exported)
    found = told["found"]
    assert (told["state"], told["name"], found["form"]) == ("read", "theirs.json", "B")
    assert found["labels"] == {"correct": 2, "incorrect": 1, "unsure": 1}
    assert {one["name"]: one["count"] for one in found["kinds"]} == {
        "polaritySwitch": 1,
        "free text": 1,
    }
    assert (found["missed"], found["polarity"], found["records"]) == (1, 1, 4)
    assert (found["begun_at"] is not None, found["names_zone"]) == (True, False)

    unsaid = make(client, restore, table=campaign.table_id, polarity_switch="")
    assert (unsaid.status_code, unsaid.json()["error"]["code"]) == (400, "polarity_unsaid")
    assert "1 record says polaritySwitch" in unsaid.json()["error"]["sentence"]
    asked = make(client, restore, table=campaign.table_id)
    assert (asked.status_code, asked.json()["state"]) == (202, "waiting")
    assert make(client, restore, table=campaign.table_id).status_code == 202  # sent again
    assert make(client, restore, table=campaign.table_id, name="Other").status_code == 409

    work_on(restore.pk)
    made = client.get(reverse("api-restore", args=[restore.key])).json()
    again = Campaign.objects.get(name="Again")
    assert (made["state"], made["campaign"], made["done"]) == ("made", again.pk, 5)
    assert "polaritySwitch, in 1 record, was read as an imaging artifact" in " ".join(
        made["notices"]
    )
    assert managers_of(again) == [team.manager]
    entry = AuditEntry.objects.get(campaign=again, action="campaign_restored")
    assert entry.actor == team.manager
    assert (entry.details["records"], entry.details["polarity_switch"]) == (5, "imagingArtifact")
    records = json.loads("".join(synanno_pieces(again)))["Metadata"]
    assert records[:4] == exported["Metadata"][:4]
    missed = records[4]
    assert (missed["Image_Index"], missed["cx0"], missed["cy0"]) == (9, 700, 700)
    assert not RestorePart.objects.exists()
    work_on(restore.pk)  # a job that came twice
    assert Campaign.objects.filter(name="Again").count() == 1
    assert client.get(reverse("api-restores")).json()["restores"][0]["state"] == "made"


def changed(**values: object) -> Any:
    def change(document: Any) -> bytes:
        document["Metadata"][1].update(values)
        return json.dumps(document).encode()

    return change


def lacking(key: str) -> Any:
    def change(document: Any) -> bytes:
        del document["Metadata"][1][key]
        return json.dumps(document).encode()

    return change


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda document: json.dumps(document).encode()[:-900], "JSON: it breaks off at line 1,"),
        (lambda document: b"x,y,z\n1,2,3\n", r"JSON: it has 'x,y,z\n1,2,3\n' at line 1,"),
        (lambda document: b"\xff\xfe", "is not text in UTF-8"),
        (lambda document: b'{"layers": []}', "it lacks the key 'Proofread Time'"),
        (lambda document: b"[1, 2]", "record 1: it is not a JSON object"),
        (lacking("Middle_Slice"), "record 2: it lacks the key 'Middle_Slice'"),
        (changed(cz0="48"), "record 2: cz0: '48' is not a whole number"),
        (changed(Label="y" * 9_000), "record 2: Label: 'yyyy"),
        (changed(Label="y" * 90_000), "record 2: Label: it has 90,000 characters"),
        (changed(neuron_id="a\0b"), "record 2: neuron_id: it holds characters"),
    ],
)
def test_what_is_no_file_of_synanno_is_a_sentence(
    client: Client, exported: dict[str, Any], change: Any, sentence: str
) -> None:
    restore, told = sent(client, change(exported))
    assert told["state"] == "refused"
    assert sentence in told["failure"]
    assert len(told["failure"]) < 300
    assert make(client, restore, table=1).status_code == 409
    assert not RestorePart.objects.exists()


def test_a_record_of_no_synapse_is_named_and_one_may_choose_again(
    client: Client, campaign: Campaign, exported: dict[str, Any]
) -> None:
    exported["Metadata"][2]["cx0"] += 1
    restore, _ = sent(client, exported)
    make(client, restore, table=campaign.table_id)
    before = counts((Campaign,))
    work_on(restore.pk)
    told = client.get(reverse("api-restore", args=[restore.key])).json()
    assert (told["state"], told["field"]) == ("read", "file")
    assert "record 3 (Image_Index 2): the table" in told["failure"]
    assert counts((Campaign,)) == before

    dataset = campaign.table.dataset_id
    assert make(client, restore, dataset=dataset, new_table="theirs").status_code == 202
    work_on(restore.pk)
    assert Campaign.objects.get(name="Again").table.name == "theirs"


def test_a_record_outside_of_the_volumes_is_named_with_what_they_span(
    client: Client, campaign: Campaign, exported: dict[str, Any]
) -> None:
    exported["Metadata"][2]["cx0"] = 90_000
    exported["Metadata"][3]["post_pt_z"] = -7
    restore, _ = sent(client, exported)
    record = "file: theirs.json, record 3 (Image_Index 2): "
    dataset = campaign.table.dataset
    center = tuple(exported["Metadata"][2][key] for key in ("cx0", "cy0", "cz0"))
    hi = tuple(dataset.volumes.get(kind="cleft").grid.bounds.hi)
    asked = {"dataset": dataset.pk, "new_table": "theirs"}
    for choices, sentence in (
        (
            {"table": campaign.table_id},
            f"the table {campaign.table.name!r} has no synapse centred at {center}. The file may "
            f"belong to another volume: the cleft volume of {dataset.name!r} spans (0, 0, 0) to "
            f"{hi} in its voxels.",
        ),
        (
            asked,
            f"cx0, cy0, cz0: {center} lies outside the cleft volume, which spans (0, 0, 0) to {hi} "
            "in voxels of the table. 2 of 4 records are refused. The file may belong to another "
            f"volume than that of {dataset.name!r}.",
        ),
    ):
        make(client, restore, **choices)
        work_on(restore.pk)
        told = client.get(reverse("api-restore", args=[restore.key])).json()
        assert (told["state"], told["field"]) == ("read", "file")
        assert told["failure"] == record + sentence
    assert told["choices"].items() >= asked.items()  # for the form, when the page comes again
    assert SynapseTable.objects.filter(name="theirs").count() == 0


@pytest.mark.parametrize(
    ("choices", "field"),
    [
        ({}, "table"),
        ({"table": 10**6}, "table"),
        ({"table": 1, "dataset": 1}, "table"),
        ({"dataset": 10**6, "new_table": "x"}, "dataset"),
        ({"dataset": 1}, "new_table"),
        ({"table": -1, "annotator": "nobody"}, "annotator"),
        ({"table": -1, "managers": ["anna", "nobody"]}, "managers"),
        ({"table": -1, "managers": "anna"}, "managers"),
        ({"table": 10**30}, "table"),
        ({"table": -1, "name": "Paper"}, "name"),
        ({"table": -1, "polarity_switch": "maybe"}, "polarity_switch"),
    ],
)
def test_choices_that_cannot_be_are_told_at_once(
    client: Client, campaign: Campaign, exported: dict[str, Any], choices: Any, field: str
) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(name="Paper")
    restore, _ = sent(client, exported)
    if choices.get("table") == -1:
        choices = choices | {"table": campaign.table_id}
    answer = make(client, restore, **choices)
    assert answer.status_code in {400, 404}
    assert answer.json()["error"]["field"] == field
    restore.refresh_from_db()
    assert restore.state == "read"


@pytest.mark.parametrize(
    ("annotator", "managers", "expected"),
    [
        ("anna", ["ben"], {"manager": "manager", "ben": "manager", "anna": "annotator"}),
        ("ben", ["ben", "manager"], {"manager": "manager", "ben": "manager"}),
        ("manager", ["ben"], {"manager": "manager", "ben": "manager"}),
    ],
)
def test_whoever_asks_manages_and_whom_they_name(
    client: Client,
    campaign: Campaign,
    exported: dict[str, Any],
    annotator: str,
    managers: list[str],
    expected: dict[str, str],
) -> None:
    """Who judged may be one of them."""
    restore, _ = sent(client, exported)
    make(client, restore, table=campaign.table_id, annotator=annotator, managers=managers)
    work_on(restore.pk)
    again = Campaign.objects.get(name="Again")
    assert dict(again.memberships.values_list("user__username", "role")) == expected
    judged = again.items.values_list("verdicts__user__username", flat=True)
    assert set(judged) == {annotator}


def test_files_are_bounded_and_kept_once(
    client: Client, exported: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = str(uuid.uuid4())
    assert [send(client, exported, key).status_code for _ in range(2)] == [201, 201]
    assert Restore.objects.count() == 1
    assert send(client, b"").json()["error"]["sentence"] == "file: it is empty."
    monkeypatch.setattr(restores, "MOST_BYTES", 1_000)
    large = send(client, exported)
    assert (large.status_code, large.json()["error"]["field"]) == (400, "file")
    monkeypatch.setattr(restores, "_FORM", 0)  # refused before the form is looked into
    assert send(client, exported).status_code == 400
    assert Restore.objects.count() == 1


def test_others_learn_nothing_of_a_file(
    client: Client, exported: dict[str, Any], team: Team
) -> None:
    restore, _ = sent(client, exported)
    other = Client(headers={"Accept": "application/json"})
    User.objects.filter(pk=team.outsider.pk).update(is_staff=True)
    other.force_login(User.objects.get(pk=team.outsider.pk))
    assert other.get(reverse("api-restores")).json() == {"restores": []}
    for method in ("get", "delete"):
        assert getattr(other, method)(reverse("api-restore", args=[restore.key])).status_code == 404
    assert make(other, restore, table=1).status_code == 404
    assert client.delete(reverse("api-restore", args=[restore.key])).status_code == 204
    assert not RestorePart.objects.exists()


def test_a_lost_job_is_taken_up_and_a_file_that_kills_is_given_up(
    client: Client,
    campaign: Campaign,
    exported: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    restore, _ = sent(client, exported)
    make(client, restore, table=campaign.table_id)
    now = timezone.now()
    assert resume_restores(now) == 0
    assert resume_restores(now + timedelta(minutes=1)) == 1

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(restores_work, "_make", killed)
        for _ in range(MOST_ATTEMPTS):
            with pytest.raises(KeyboardInterrupt):
                work_on(restore.pk)
    assert resume_restores(now + timedelta(minutes=2)) == 1
    restore.refresh_from_db()
    assert (restore.state, restore.attempts) == ("waiting", MOST_ATTEMPTS)
    work_on(restore.pk)
    restore.refresh_from_db()
    assert (restore.state, "was tried 3 times" in restore.failure) == ("read", True)

    resume_restores(now + timedelta(days=8))
    assert not Restore.objects.exists()
