"""Exports by the API, and files by links that end and are one person's."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services.tokens import create_token
from apps.campaigns.models import AuditEntry, Campaign, Membership
from apps.exports.gateways.export_folder import GONE
from apps.exports.models import Export
from apps.exports.services.downloading import LINK_HOURS, link_for
from apps.exports.services.folders import folder_of
from tests.support.exports import ask, exports_in, text_of, written
from tests.support.people import Team
from tests.support.revisions import to_mend
from tests.support.work import client_of, post

pytestmark = pytest.mark.django_db

JSON = {"Accept": "application/json"}


@pytest.fixture
def paper(tmp_path: Path, team: Team, settings: LazySettings) -> Campaign:
    settings.ENVIRONMENT = exports_in(tmp_path / "exports")
    return to_mend(tmp_path, team)


@pytest.fixture
def export(paper: Campaign) -> Export:
    return written(ask(paper))


def link_of(export: Export, name: str = "outcomes.csv") -> str:
    """The link of the manager's page."""
    return f"/campaigns/{export.campaign_id}/exports/{export.key}/{name}"


def signed(export: Export, person: User, name: str = "outcomes.csv", hours: float = 0) -> str:
    link = link_for(export, name, person, timezone.now() - timedelta(hours=hours))
    return f"{link_of(export, name)}?link={quote(link)}"


def refused(client: Client, address: str) -> tuple[int, str]:
    answer = client.get(address, headers=JSON)
    return answer.status_code, answer.json()["error"]["sentence"]


def test_a_program_asks_waits_and_fetches(paper: Campaign, team: Team) -> None:
    _, secret = create_token(team.manager, "Notebook", 30)
    program = Client(headers={"Authorization": f"Token {secret}"})
    url = f"/api/campaigns/{paper.pk}/exports"
    asked = post(program, url, {"formats": ["csv"], "options": {"people": "pseudonyms"}}).json()
    assert (asked["state"], asked["asked_by"], asked["files"]) == ("waiting", "manager", [])
    assert asked["options"] == {"discarded": "keep", "unjudged": "keep", "people": "pseudonyms"}
    export = written(Export.objects.get(key=asked["key"]))
    told = program.get(f"{url}/{asked['key']}").json()
    assert (told["state"], told["done"], told["written"]) == ("ready", 6, 6)
    late = post(program, f"{url}/{asked['key']}/cancel", {})
    assert (late.status_code, late.json()["error"]["code"]) == (409, "export_over")
    file = told["files"][0]
    content = program.get(file["address"]).getvalue()
    assert content.decode() == text_of(export, "outcomes.csv")
    assert (len(content), hashlib.sha256(content).hexdigest()) == (file["bytes"], file["sha256"])
    assert program.delete(f"{url}/{asked['key']}").status_code == 204
    assert program.get(f"{url}/{asked['key']}").status_code == 404
    assert program.get(url).json() == {"exports": []}


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "formats: This field is required."),
        ({"formats": []}, "formats: This list may not be empty."),
        ({"formats": ["xml"]}, 'formats.0: "xml" is none of synanno, csv, parquet'),
        ({"formats": ["csv"], "options": {"people": "all"}}, 'options.people: "all" is none of'),
        ({"formats": ["csv"], "option": {}}, "option: there is no such field; use formats"),
    ],
)
def test_what_cannot_be_asked_for_is_told(
    paper: Campaign, team: Team, body: dict[str, Any], sentence: str
) -> None:
    answer = post(client_of(team.manager), f"/api/campaigns/{paper.pk}/exports", body)
    assert answer.status_code == 400
    assert sentence in answer.json()["error"]["sentence"]
    assert not Export.objects.exists()


def test_a_list_that_has_not_changed_is_not_sent_again(export: Export, team: Team) -> None:
    client, url = client_of(team.manager), f"/api/campaigns/{export.campaign_id}/exports"
    etag = client.get(url).headers["ETag"]
    assert client.get(url, headers={"If-None-Match": etag}).status_code == 304
    ask(export.campaign)
    assert client.get(url, headers={"If-None-Match": etag}).status_code == 200


def test_the_page_offers_links_that_lead_to_the_files(export: Export, team: Team) -> None:
    client = client_of(team.manager)
    assert client.get(f"/campaigns/{export.campaign_id}/exports/").status_code == 200
    told = client.get(f"/api/campaigns/{export.campaign_id}/exports").json()["exports"][0]
    assert [file["name"] for file in told["files"]] == [
        "synanno.json", "outcomes.csv", "manifest.json",
    ]  # fmt: skip
    fetched = {}
    for file in told["files"]:
        answer: Any = client.get(file["link"])
        assert answer.getvalue().decode() == text_of(export, file["name"])
        shown = re.fullmatch(r'attachment; filename="(.+)"', answer.headers["Content-Disposition"])
        assert shown is not None
        fetched[shown[1]] = hashlib.sha256(text_of(export, file["name"]).encode()).hexdigest()
    manifest = json.loads(text_of(export, "manifest.json"))
    own = f"campaign-{export.campaign_id}-export-{export.pk}-"
    assert manifest["export"] == told["number"] == export.pk
    assert {one["saved_as"]: one["sha256"] for one in manifest["files"]} == {
        name: digest for name, digest in fetched.items() if name != f"{own}manifest.json"
    }
    assert [*fetched] == [f"{own}{file['name']}" for file in told["files"]]
    entries = AuditEntry.objects.filter(action="export_downloaded").order_by("pk")
    assert [entry.details["file"] for entry in entries] == [file["name"] for file in told["files"]]
    assert {entry.actor for entry in entries} == {team.manager}


def test_a_part_of_a_file_can_be_fetched(export: Export, team: Team) -> None:
    client, whole = client_of(team.manager), text_of(export, "outcomes.csv").encode()
    address = signed(export, team.manager)
    first: Any = client.get(address, headers={"Range": "bytes=0-99"})
    rest: Any = client.get(address, headers={"Range": "bytes=100-"})
    assert (first.status_code, rest.status_code) == (206, 206)
    assert rest.headers["Content-Range"] == f"bytes 100-{len(whole) - 1}/{len(whole)}"
    assert first.getvalue() + rest.getvalue() == whole
    beyond = client.get(address, headers={"Range": f"bytes={len(whole)}-"})
    assert beyond.status_code == 416
    changed: Any = client.get(address, headers={"Range": "bytes=5-", "If-Range": '"another"'})
    assert changed.getvalue() == whole
    downloads = AuditEntry.objects.filter(action="export_downloaded").count()
    assert downloads == 2, "what goes on with a file is no new download"


def test_a_link_is_for_one_person_one_file_and_some_hours(export: Export, team: Team) -> None:
    client, other = client_of(team.manager), written(ask(export.campaign))
    mine = signed(export, team.manager)
    link = mine.partition("=")[2]
    assert refused(client, link_of(export)) == (
        400, "link: fetch this file by its link on the page of exports.",
    )  # fmt: skip
    for address in (
        mine[:-1], mine.replace("=", "=A", 1), f"{link_of(export)}?link=%00", mine + "A" * 2_000
    ):  # fmt: skip
        status, sentence = refused(client, address)
        assert (status, "not whole, or was changed" in sentence) == (403, True)
    for address in (
        f"{link_of(other)}?link={link}",
        f"{link_of(export, 'synanno.json')}?link={link}",
    ):
        status, sentence = refused(client, address)
        assert (status, "for another file" in sentence) == (403, True)
    status, sentence = refused(client, signed(export, team.manager, hours=LINK_HOURS + 1.1))
    assert (status, "This link has expired" in sentence) == (410, True)
    assert client.get(signed(export, team.manager, hours=LINK_HOURS - 1)).status_code == 200
    Membership.objects.filter(user=team.anna).update(role=Membership.Role.MANAGER)
    status, sentence = refused(client_of(team.anna), mine)
    assert (status, "made for somebody else" in sentence) == (403, True)
    assert "access-control-allow-origin" not in client.get(mine).headers


def test_what_a_person_may_is_asked_again_each_time(export: Export, team: Team) -> None:
    client, address = client_of(team.manager), signed(export, team.manager)
    assert client.get(address).status_code == 200
    Membership.objects.filter(user=team.manager).update(role=Membership.Role.VIEWER)
    assert client.get(address).status_code == 403
    Membership.objects.filter(user=team.manager).delete()
    assert client.get(address).status_code == 404
    client.logout()
    assert client.get(address).headers["Location"].startswith("/login/")


def test_files_that_are_not_there_are_told_so(export: Export, team: Team) -> None:
    client = client_of(team.manager)
    waiting = ask(export.campaign)
    assert refused(client, signed(waiting, team.manager)) == (409, "This export is not ready yet.")
    assert client.get(signed(export, team.manager, "../secret")).status_code == 404
    assert refused(client, signed(export, team.manager, "secret.csv"))[0] == 404
    folder_of(export).remove()
    assert refused(client, signed(export, team.manager)) == (410, GONE)
    Export.objects.filter(pk=export.pk).update(state=Export.State.EXPIRED)
    status, sentence = refused(client, signed(export, team.manager))
    assert (status, sentence) == (410, "The files of this export are gone: it is expired.")


def test_an_export_of_another_campaign_is_none_of_this_one(
    export: Export, team: Team, tmp_path: Path
) -> None:
    other = to_mend(tmp_path, team, name="Another")
    client = client_of(team.manager)
    url = f"/api/campaigns/{other.pk}/exports/{export.key}"
    assert client.get(url).status_code == 404
    assert client.delete(url).status_code == 404
    assert post(client, f"{url}/cancel", {}).status_code == 404
    assert client.get(f"{url}/files/outcomes.csv").status_code == 404
