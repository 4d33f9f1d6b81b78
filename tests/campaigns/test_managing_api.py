"""A manager does everything through the API; bad input is told in a sentence."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from apps.accounts.models import Team as TeamOfPeople
from apps.campaigns.models import Campaign, ExamplePicture, Membership
from apps.campaigns.picture_files import MOST_BYTES, read_picture
from apps.campaigns.services.holding import skip_page
from apps.campaigns.services.leasing import lease_page
from apps.campaigns.services.life import change_status
from apps.core.errors import InvalidInputError
from apps.proofreading.domain import Label
from tests.support.datasets import make_empty_dataset
from tests.support.paper import always, judge, paper_campaign, work
from tests.support.people import Team
from tests.support.work import client_of

pytestmark = pytest.mark.django_db

ROLE = Membership.Role


@pytest.fixture
def paper(tmp_path: Path, team: Team) -> Campaign:
    """Open, with four pages of six; the outsider is a viewer."""
    roles = {team.manager: ROLE.MANAGER, team.anna: ROLE.ANNOTATOR, team.ben: ROLE.ANNOTATOR}
    return paper_campaign(tmp_path, roles)


@pytest.fixture
def manager(team: Team) -> Client:
    return client_of(team.manager)


def send(client: Client, method: str, url: str, body: Any = None) -> Any:
    return client.generic(method, url, _json(body), content_type="application/json")


def _json(body: Any) -> str:
    return json.dumps({} if body is None else body)


def told(response: Any) -> str:
    """The sentence of an error."""
    assert response.status_code >= 400, response.content
    return str(response.json()["error"]["sentence"])


def png(width: int = 3, height: int = 2) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress((b"\0" + b"\x80" * width) * height))
    return b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b"")


def test_a_campaign_is_made_as_a_draft_and_changed(
    tmp_path: Path, team: Team, manager: Client
) -> None:
    row = {f"{name}_{axis}": 300 for name in ("pre_pt", "post_pt") for axis in "xyz"}
    row |= {"x": 300, "y": 300, "z": 300, "pre_neuron_id": 1, "post_neuron_id": 2}
    table = make_empty_dataset(tmp_path / "one", [row], name="one")
    body = {
        "name": "Twice",
        "table": table.pk,
        "draft": True,
        "passes": 2,
        "order": "random",
        "order_seed": 5,
        "deadline": "2031-05-01T12:00:00Z",
        "policy": {"redundancy": "adaptive"},
    }
    made = send(manager, "POST", "/api/campaigns", body)
    assert made.status_code == 201, made.content
    url = f"/api/campaigns/{made.json()['id']}"
    shown = manager.get(url).json()
    assert (shown["status"], shown["passes"], shown["order_seed"]) == ("draft", 2, 5)
    assert shown["policy"]["rule"] == "dawid_skene"
    assert shown["can_become"] == ["archived", "preparing"]
    changed = send(manager, "PATCH", url, {"page_size": 24, "deadline": None})
    assert (changed.json()["page_size"], changed.json()["deadline"]) == (24, None)
    assert "page_size: 7 is none of" in told(send(manager, "PATCH", url, {"page_size": 7}))
    assert "most_votes: give between 2" in told(
        send(manager, "PATCH", url, {"policy": {"redundancy": "adaptive", "most_votes": 1}})
    )
    started = send(manager, "POST", f"{url}/status", {"to": "preparing"})
    assert started.json() == {"to": "preparing"}
    assert "draft only" in told(send(manager, "PATCH", url, {"page_size": 12}))
    clone = send(manager, "POST", f"{url}/clone", {"name": "Thrice"})
    assert Campaign.objects.get(pk=clone.json()["id"]).passes == 2


def test_what_a_status_does_not_allow_is_a_conflict(paper: Campaign, manager: Client) -> None:
    url = f"/api/campaigns/{paper.pk}/status"
    refused = send(manager, "POST", url, {"to": "archived"})
    assert refused.status_code == 409
    assert refused.json()["error"]["code"] == "status_not_allowed"
    assert "from there it can become closed or paused" in told(refused)
    assert "to: " in told(send(manager, "POST", url, {"to": "lost"}))


def test_pages_are_listed_by_state_and_person(paper: Campaign, team: Team, manager: Client) -> None:
    lease = lease_page(paper, team.anna, timezone.now()).lease
    assert lease is not None
    judge(lease, always(Label.CORRECT))
    lease_page(paper, team.ben, timezone.now())
    url = f"/api/campaigns/{paper.pk}/pages"
    body = {"pages": [4], "person": "anna"}
    assert send(manager, "POST", f"{url}/reserve", body).json() == {"changed": [4]}

    def listed(query: str) -> list[tuple[int, str, str | None]]:
        answer = manager.get(f"{url}?{query}")
        assert answer.status_code == 200, answer.content
        return [(one["number"], one["state"], one["person"]) for one in answer.json()["results"]]

    assert sorted(listed("")) == [
        (1, "done", "anna"),
        (2, "held", "ben"),
        (3, "free", None),
        (4, "reserved", None),
    ]
    for state, number in (("done", 1), ("held", 2), ("free", 3), ("reserved", 4)):
        assert [number for number, *_ in listed(f"state={state}")] == [number]
    assert sorted(number for number, *_ in listed("person=anna")) == [1, 4]
    shown = manager.get(f"/campaigns/{paper.pk}/manage/?show=pages&person=%00")
    assert shown.status_code == 200, "nobody has that name"
    assert listed("state=lapsed") == []
    assert "state: " in told(manager.get(f"{url}?state=lost"))


def test_pages_are_taken_back_and_reopened(paper: Campaign, team: Team, manager: Client) -> None:
    lease_page(paper, team.anna, timezone.now())
    url = f"/api/campaigns/{paper.pk}/pages"
    for changed in (True, False):
        answer = send(manager, "POST", f"{url}/1/take-back")
        assert answer.json() == {"changed": changed}
    work(paper, team.anna)
    for changed in (True, False):
        answer = send(manager, "POST", f"{url}/1/reopen", {"person": "anna"})
        assert answer.json() == {"changed": changed}
    assert work(paper, team.anna) == 1
    assert "no page 99" in told(send(manager, "POST", f"{url}/99/reopen"))


def test_people_are_paused_and_their_pages_transferred(
    paper: Campaign, team: Team, manager: Client
) -> None:
    lease_page(paper, team.anna, timezone.now())
    url = f"/api/campaigns/{paper.pk}/people/{team.anna.pk}"
    assert send(manager, "POST", f"{url}/pause").status_code == 204
    moved = send(manager, "POST", f"{url}/transfer", {"to": "ben"})
    assert moved.json() == {"pages": [1]}
    assert send(manager, "POST", f"{url}/resume").status_code == 204
    assert "to: 'olga' takes no part" in told(
        send(manager, "POST", f"{url}/transfer", {"to": "olga"})
    )
    record = manager.get(f"/api/campaigns/{paper.pk}/audit").json()["results"]
    assert [one["action"] for one in record[:3]] == [
        *("person_resumed", "pages_transferred", "person_paused"),
    ]
    assert {one["actor"] for one in record[:3]} == {"manager"}


def test_categories_change_in_a_pause(paper: Campaign, team: Team, manager: Client) -> None:
    url = f"/api/campaigns/{paper.pk}/categories"
    assert "pause it first" in told(send(manager, "POST", url, {"title": "Wrong side"}))
    change_status(paper, "paused", team.manager, timezone.now())
    added = send(manager, "POST", url, {"title": "Wrong side"})
    assert added.json() == {
        **{"key": "wrongSide", "title": "Wrong side"},
        **{"retired": False, "built_in": False},
    }
    retired = send(manager, "PATCH", f"{url}/wrongSide", {"retired": True})
    assert retired.json()["retired"] is True
    assert "no error category 'lost'" in told(send(manager, "PATCH", f"{url}/lost", {}))
    versions = manager.get(f"/api/campaigns/{paper.pk}/versions").json()["results"]
    assert [one["number"] for one in versions] == [3, 2, 1]


def test_pictures_are_shown_to_members_alone(paper: Campaign, team: Team, manager: Client) -> None:
    url = f"/api/campaigns/{paper.pk}/pictures"
    upload = {"picture": SimpleUploadedFile("evil.html", png()), "caption": "A cleft"}
    added = manager.post(url, upload)
    assert added.status_code == 201, added.content
    (picture,) = added.json()
    shown = client_of(team.anna).get(picture["url"], headers={"Accept": "image/*"})
    assert shown.status_code == 200
    assert shown.content == png()
    assert shown.headers["Content-Type"] == "image/png", "whatever it was called"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.headers["Cache-Control"].startswith("private")
    assert client_of(team.outsider).get(picture["url"]).status_code == 404
    for _ in range(2):
        assert send(manager, "DELETE", f"{url}/{picture['id']}").status_code == 204
    assert manager.get(url).json() == []
    assert ExamplePicture.objects.count() == 1, "the version that showed it keeps it"
    paper.refresh_from_db()
    assert paper.version == 3
    assert paper.versions.get(number=2).shown["pictures"] == [
        {"id": picture["id"], "caption": "A cleft"}
    ]


def test_a_campaign_shows_a_dozen_pictures(paper: Campaign, manager: Client) -> None:
    url = f"/api/campaigns/{paper.pk}/pictures"
    ExamplePicture.objects.bulk_create(
        ExamplePicture(
            campaign=paper, position=n, caption="-", content_type="image/png", content=b"-"
        )
        for n in range(12)
    )
    upload = {"picture": SimpleUploadedFile("a.png", png()), "caption": "One more"}
    assert "at most 12" in told(manager.post(url, upload))
    assert "picture: " in told(manager.post(url, {"caption": "None"}))


JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffc0000b080002000301011100") + (
    b"\xff\xd9"
)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "neither a PNG nor a JPEG"),
        (b"<svg onload='alert(1)'/>", "neither a PNG nor a JPEG"),
        (b"GIF89a" + b"-" * 50, "neither a PNG nor a JPEG"),
        (png()[:-5], "damaged or not complete"),
        (png() + b"<script>", "damaged or not complete"),
        (JPEG[:-2], "damaged or not complete"),
        (b"\xff\xd8\xff\xe0\x00\x10\xff\xd9", "damaged or not complete"),
        (png(0, 5), "0 × 5 pixels"),
        (png(1, 20_000), "1 × 20000 pixels"),
        (b"\x89PNG" + b"-" * MOST_BYTES, "at most 1,000,000 are stored"),
    ],
)
def test_what_is_no_picture_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words) as refused:
        read_picture(content)
    assert refused.value.field == "picture"


def test_the_size_of_a_picture_is_read_from_its_file() -> None:
    picture = read_picture(png(3, 2))
    assert (picture.content_type, picture.width, picture.height) == ("image/png", 3, 2)
    picture = read_picture(JPEG)
    assert (picture.content_type, picture.width, picture.height) == ("image/jpeg", 3, 2)


def test_webhooks_are_made_listed_and_taken_out(paper: Campaign, manager: Client) -> None:
    url = f"/api/campaigns/{paper.pk}/webhooks"
    made = send(manager, "POST", url, {"address": "https://example.org/"}).json()
    assert len(made["secret"]) == 64
    (listed,) = manager.get(url).json()["results"]
    assert listed["address"] == "https://example.org/"
    assert "secret" not in listed
    assert manager.get(f"{url}/{made['id']}").json()["results"] == []
    assert send(manager, "DELETE", f"{url}/{made['id']}").status_code == 204
    assert manager.get(url).json()["results"] == []
    assert "private network" in told(send(manager, "POST", url, {"address": "http://10.0.0.1/"}))


@pytest.mark.parametrize(
    "show",
    ["", "settings", "instructions", "people", "pages", "neurons", "webhooks", "record", "lost"],
)
def test_every_section_of_the_page_is_drawn(
    paper: Campaign, team: Team, manager: Client, show: str
) -> None:
    lease = lease_page(paper, team.anna, timezone.now()).lease
    assert lease is not None
    judge(lease, always(Label.CORRECT))
    lease_page(paper, team.ben, timezone.now())
    page = manager.get(f"/campaigns/{paper.pk}/manage/?show={show}&state=&person=&part=x")
    assert page.status_code == 200
    assert paper.name in page.content.decode()


def test_the_page_for_a_new_campaign_is_for_staff(
    paper: Campaign, team: Team, manager: Client
) -> None:
    page = manager.get("/campaigns/new/")
    assert "On paper" in page.content.decode(), "the dataset"
    assert client_of(team.anna).get("/campaigns/new/").status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "pages/1/reopen", {"persn": "ben"}, "persn"),
        ("POST", "people/{anna}/transfer", {"too": "ben"}, "too"),
        ("PATCH", "", {"zzz": 1}, "zzz"),
        ("PATCH", "", {"policy": {"threshold": 0.9}}, "policy.threshold"),
        ("POST", "priorities", {"rows": [{"source_id": 1, "priority": 1, "n": 0}]}, "rows.n"),
    ],
)
def test_what_is_misspelt_is_not_taken_for_what_was_left_out(
    paper: Campaign,
    team: Team,
    manager: Client,
    method: str,
    path: str,
    body: dict[str, Any],
    field: str,
) -> None:
    work(paper, team.anna)
    url = f"/api/campaigns/{paper.pk}/{path.format(anna=team.anna.pk)}".removesuffix("/")
    answer = send(manager, method, url, body)
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)
    assert told(answer).startswith(f"{field}: there is no such field; use ")
    assert not paper.pages.filter(submitted_at__isnull=True).exists()
    assert not paper.audit.filter(actor__isnull=False).exists(), "nobody did anything"


def test_what_is_archived_stays_as_it_is(paper: Campaign, team: Team, manager: Client) -> None:
    lab = TeamOfPeople.objects.create(name="lab")
    Campaign.objects.filter(pk=paper.pk).update(status="archived")
    url, anna = f"/api/campaigns/{paper.pk}", team.anna.pk
    attempts: list[tuple[str, str, Any]] = [
        ("POST", f"people/{anna}/pause", None),
        ("POST", f"people/{anna}/resume", None),
        ("POST", f"people/{anna}/transfer", {"to": "ben"}),
        ("POST", "people", {"username": "outsider", "role": "viewer"}),
        ("PATCH", f"people/{anna}", {"role": "manager"}),
        ("POST", "people/invite", {"username": "nina", "role": "viewer"}),
        ("POST", "teams", {"team": lab.name, "role": "viewer"}),
        ("POST", "webhooks", {"address": "https://example.org/"}),
        ("POST", "pages/reserve", {"pages": [1], "person": "anna"}),
        ("POST", "priorities", {"rows": []}),
        ("POST", "pages/1/take-back", None),
        ("POST", "pages/1/reopen", {"person": None}),
        ("PATCH", "", {"name": "Other"}),
    ]
    for method, path, body in attempts:
        refused = send(manager, method, f"{url}/{path}".removesuffix("/"), body)
        assert (path, refused.status_code) == (path, 409)
        assert told(refused).endswith("archived, and stays as it is.")
    assert not paper.audit.filter(actor__isnull=False).exists()
    assert not TeamOfPeople.objects.filter(campaign_entries__isnull=False).exists()
    assert send(manager, "DELETE", f"{url}/people/{anna}").status_code == 204, "they see it no more"


def test_managers_see_who_skipped_a_page_and_why(
    paper: Campaign, team: Team, manager: Client
) -> None:
    lease = lease_page(paper, team.anna, timezone.now()).lease
    assert lease is not None
    skip_page(lease, "too dark", timezone.now())
    pages = manager.get(f"/api/campaigns/{paper.pk}/pages").json()["results"]
    skips = {page["number"]: page["skips"] for page in pages if page["skips"]}
    assert [*skips] == [1]
    assert [(one["person"], one["reason"]) for one in skips[1]] == [("anna", "too dark")]
    shown = manager.get(f"/campaigns/{paper.pk}/manage/?show=pages").content.decode()
    assert "skipped by anna <b>too dark</b>" in " ".join(shown.split())


def test_the_record_is_narrowed_to_a_deed_a_person_and_a_time(
    paper: Campaign, team: Team, manager: Client
) -> None:
    url = f"/api/campaigns/{paper.pk}"
    send(manager, "POST", f"{url}/people/{team.anna.pk}/pause")

    def actions(**wanted: str) -> list[str]:
        answer = manager.get(f"{url}/audit", wanted)
        return [one["action"] for one in answer.json()["results"]]

    assert actions(person="manager") == ["person_paused"]
    assert actions(action="status_changed") == ["status_changed"]
    assert actions(since="2999-01-01T00:00:00Z") == []
    assert len(actions(since="2000-01-01T00:00:00Z")) == 3
    assert manager.get(f"{url}/audit?who=anna").status_code == 400
