"""What the API answers is what it says that it answers, on a campaign in full use."""

from __future__ import annotations

import gzip
import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

from apps.accounts.models import Team, TeamMember, User
from apps.accounts.services.tokens import create_token
from apps.campaigns.models import Campaign, Lease, Membership, Page, TeamEntry
from apps.campaigns.services import cutouts
from apps.campaigns.services.audit import record
from apps.campaigns.services.leasing import lease_page
from apps.datasets.api import plans
from apps.datasets.models import DatasetPlan, RefusedRows
from apps.evaluation.domain.panels import Panel
from apps.evaluation.models import Report
from apps.evaluation.services.reporting import make_reports
from apps.exports.models import Export, Restore
from apps.exports.services.restores import keep_file
from apps.exports.services.restores_work import work_on
from apps.exports.services.writing import synanno_pieces
from apps.proofreading.api import leases
from apps.proofreading.domain import Label
from apps.proofreading.gold_tables import TABLES
from apps.proofreading.services.marks import Mark, record_marks
from apps.proofreading.services.measuring import measure_campaign
from apps.revision.services import easels
from apps.voxels.geometry import Point
from tests.support.deliveries import a_delivery
from tests.support.exports import ask, exports_in, written
from tests.support.filled import Filled, fill_campaign
from tests.support.plans import full_plan
from tests.support.revisions import settle_as, take_revision

pytestmark = pytest.mark.django_db

Schema = dict[str, Any]
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010800000000"
    "3a7e9b550000000a49444154789c6360000000020001e221bc330000000049454e44ae426082"
)


@pytest.fixture(scope="module")
def described() -> Schema:
    schema: Schema = SchemaGenerator().get_schema(request=None, public=True)
    return schema


@pytest.fixture
def filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: LazySettings) -> Filled:
    """Something of everything that there is to tell, and of much also none."""
    for module in (cutouts, leases, plans, easels):
        monkeypatch.setattr(module, "PATIENCE_S", 0.0)  # there are no voxels to wait for
    filled = fill_campaign(tmp_path, now=timezone.now(), instances=480, people=6)
    campaign, manager, now = filled.campaign, filled.manager, timezone.now()
    first, second = (worker.user for worker in filled.workers[:2])
    User.objects.filter(pk=manager.pk).update(is_superuser=True, is_staff=True)
    team = Team.objects.create(name="The first shift")
    TeamMember.objects.create(team=team, user=first)
    TeamEntry.objects.create(campaign=campaign, team=team, role="annotator")
    Membership.objects.filter(user=first).update(team=team, qualified_at=now)
    Membership.objects.filter(user=second).update(paused_at=now)
    free = campaign.pages.filter(lease=None).order_by("-pk").first()
    assert free is not None
    campaign.pages.filter(pk=free.pk).update(reserved_for=second)
    record(campaign, None, "gold_added", {"new": 1}, now)
    record(campaign, manager, "page_reopened", {"page": 3}, now)
    campaign.versions.create(number=9, shown={}, made_by=None, made_at=now)
    campaign.pictures.create(position=0, caption="A spine", content_type="image/png", content=PNG)
    neuron = campaign.neurons.create(root_id=2**63 + 5, position=0, soma_nm=[1.0, 2.0, 3.0])
    path_nm = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    section = neuron.sections.create(campaign=campaign, number=0, path_nm=path_nm, length_nm=5.2)
    campaign.items.filter(sheet__lt=3).update(section=section)
    Page.objects.filter(campaign=campaign, number__lt=3).update(section=section)
    webhook = campaign.webhooks.create(address="https://example.org/", secret="-")
    deed: dict[str, Any] = {"key": uuid.uuid4(), "event": "page.done", "body": {}, "made_at": now}
    webhook.deliveries.create(next_try_at=now, failure="no answer", **deed)
    create_token(manager, "Notebook", 30)
    held = lease_page(campaign, manager, now).lease
    assert held is not None
    record_marks(held, [Mark(uuid.uuid4(), Point(1, 2, 3), "a spine")], now)
    refused = gzip.compress(b"line,column,reason")
    RefusedRows.objects.create(table=campaign.table, count=1, kept=1, content=refused)
    full_plan(manager, campaign.table)
    a_delivery(campaign, manager, rows=2)
    settle_as(campaign.items.earliest("position"), Label.INCORRECT)
    take_revision(campaign, manager)
    measure_campaign(campaign.pk, now)
    make_reports(campaign.pk, now)
    settings.ENVIRONMENT = exports_in(tmp_path / "exports")
    written(ask(campaign))
    file = "".join(synanno_pieces(campaign)).encode()
    work_on(keep_file(manager, uuid.uuid4(), "a.json", [file], now).pk)
    return filled


def browser_of(user: User) -> Client:
    client = Client(headers={"Accept": "*/*"})
    client.force_login(User.objects.get(pk=user.pk))
    return client


def addresses(path: str, campaign: Campaign, reader: User) -> Iterator[str]:
    """The address of a route for each thing of the campaign that it can be asked about."""
    values: dict[str, list[Any]] = {
        "campaign_id": [campaign.pk],
        "panel": [*Panel],
        "table": [*TABLES],
        "export_key": [*Export.objects.filter(campaign=campaign).values_list("key", flat=True)],
        "file_name": ["manifest.json"],
        "person_id": [reader.pk, *Membership.objects.values_list("user_id", flat=True)[:2]],
        "team_id": [*Team.objects.values_list("pk", flat=True)],
        "root_id": [*map(str, campaign.neurons.values_list("root_id", flat=True))],
        "picture_id": [*campaign.pictures.values_list("pk", flat=True)],
        "webhook_id": [*campaign.webhooks.values_list("pk", flat=True)],
        "delivery_id": [*campaign.deliveries.values_list("pk", flat=True)],
        "table_id": [campaign.table_id],
        "dataset_id": [campaign.table.dataset_id],
        "plan_id": [*DatasetPlan.objects.filter(owner=reader).values_list("pk", flat=True)],
        "restore_key": [*Restore.objects.filter(asked_by=reader).values_list("key", flat=True)],
        "token": [*Lease.objects.filter(user=reader).values_list("token", flat=True)[:1]],
        "revision_id": [*campaign.revisions.values_list("pk", flat=True)],
        "revision_token": [*reader.revision_leases.values_list("token", flat=True)[:1]],
    }
    names = re.findall(r"{(\w+)}", path)
    several = next((name for name in names if len(values[name]) > 1), names[0] if names else "")
    for value in values.get(several, [None]):
        chosen = {name: values[name][0] for name in names} | ({several: value} if several else {})
        yield path.format(**chosen)


def schema_of(operation: Schema, described: Schema, status: int, kind: str) -> Schema | None:
    """What the answer of this status and type should be, for a validator; None for a file."""
    content = operation["responses"][str(status)]["content"]
    assert kind in content, f"{kind} is not among {', '.join(content)}"
    if kind != "application/json":
        return None
    found: Schema = strict(content[kind]["schema"], described["components"]["schemas"])
    return found


def strict(schema: Any, named: Schema) -> Any:
    """As JSON Schema, what it names put in its place. Nothing may be there that is not described,
    and an object of which nothing is described is not described enough."""
    if isinstance(schema, list):
        return [strict(one, named) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return strict(named[schema["$ref"].rsplit("/", 1)[1]], named)
    parts = {key: value for key, value in schema.items() if key != "properties"}
    made = {key: strict(value, named) for key, value in parts.items() if key != "nullable"}
    if "properties" in schema:
        fields = schema["properties"]
        made["properties"] = {name: strict(value, named) for name, value in fields.items()}
        made.setdefault("additionalProperties", False)
    return {"anyOf": [made, {"type": "null"}]} if schema.get("nullable") else made


def check(answer: Any, operation: Schema, described: Schema) -> None:
    body = answer.getvalue()
    kind = answer.headers["Content-Type"].split(";")[0]
    schema = schema_of(operation, described, answer.status_code, kind)
    if schema is None:
        return
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    faults = [
        f"{'.'.join(map(str, fault.absolute_path))}: {fault.message[:300]}"
        for fault in validator.iter_errors(json.loads(body))
    ]
    assert faults == []


def routes(described: Schema) -> Iterator[tuple[str, Schema]]:
    for path, operations in described["paths"].items():
        if "get" in operations:
            yield path, operations["get"]


def test_what_a_manager_is_told_is_as_described(filled: Filled, described: Schema) -> None:
    manager = browser_of(filled.manager)
    faults = {}
    asked = 0
    for path, operation in routes(described):
        for address in addresses(path, filled.campaign, filled.manager):
            answer: Any = manager.get(address)
            asked += 1
            try:
                assert answer.status_code == 200, answer.content
                check(answer, operation, described)
            except AssertionError as fault:
                faults[address] = str(fault)
    assert faults == {}
    assert asked > 40


def test_what_an_annotator_is_told_of_their_own_is_as_described(
    filled: Filled, described: Schema
) -> None:
    """They see some panels cut down to their own row."""
    annotator = browser_of(filled.workers[0].user)
    seen = 0
    for path, operation in routes(described):
        for address in addresses(path, filled.campaign, filled.workers[0].user):
            answer: Any = annotator.get(address)
            if answer.status_code == 200:
                check(answer, operation, described)
                seen += 1
            else:
                assert answer.status_code in {403, 404}, address
                assert answer.json()["error"].keys() == {"code", "sentence", "field"}
    assert seen > 12


def test_figures_that_are_still_to_be_made_are_told_as_described(
    filled: Filled, described: Schema
) -> None:
    Report.objects.all().delete()
    path = "/api/campaigns/{campaign_id}/evaluation/{panel}"
    answer = browser_of(filled.manager).get(
        path.format(campaign_id=filled.campaign.pk, panel="pace")
    )
    assert answer.status_code == 202
    check(answer, described["paths"][path]["get"], described)


def test_what_managers_change_is_told_as_described(filled: Filled, described: Schema) -> None:
    """What a change answers is what reading it would."""
    Campaign.objects.filter(pk=filled.campaign.pk).update(status="paused")
    manager = browser_of(filled.manager)
    one = "/api/campaigns/{campaign_id}"
    asked: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("patch", one, {"instructions": "Look twice."}),
        ("post", f"{one}/categories", {"title": "Torn section"}),
        ("patch", f"{one}/categories/{{key}}", {"title": "Bad fit of the mask"}),
        ("post", f"{one}/status", {"to": "open"}),
        ("post", f"{one}/pages/reserve", {"pages": [1], "person": None}),
        ("post", f"{one}/webhooks", {"address": "https://example.com/other"}),
    )
    for method, path, body in asked:
        address = path.format(campaign_id=filled.campaign.pk, key="badFit")
        answer = manager.generic(method.upper(), address, json.dumps(body), "application/json")
        assert answer.status_code in {200, 201}, answer.content
        check(answer, described["paths"][path][method], described)
    path = f"{one}/pictures"
    picture = SimpleUploadedFile("spine.png", PNG, content_type="image/png")
    form = {"picture": picture, "caption": "Another spine"}
    answer = manager.post(path.format(campaign_id=filled.campaign.pk), form)
    check(answer, described["paths"][path]["post"], described)


def test_no_object_is_left_without_a_description(described: Schema) -> None:
    """A form of an answer that says only that it is an object says nothing."""
    vague = [
        path
        for path, operation in routes(described)
        for status, answer in operation["responses"].items()
        for content in answer.get("content", {}).values()
        if status != "default" and content["schema"] in ({}, {"type": "object"})
    ]
    assert vague == []


@pytest.mark.parametrize("path", ["nothing", "campaigns/x", "people/", "campaigns/1/nothing"])
def test_an_address_that_there_is_not_is_an_error_like_all_others(
    filled: Filled, described: Schema, path: str
) -> None:
    for client in (browser_of(filled.manager), Client(headers={"Accept": "text/html"})):
        answer = client.get(f"/api/{path}")
        assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/json")
        error = {"schema": {"$ref": "#/components/schemas/Error"}}
        said = {"responses": {"404": {"content": {"application/json": error}}}}
        check(answer, said, described)
        assert path in answer.json()["error"]["sentence"]
    assert b"<html" in browser_of(filled.manager).get("/nothing").content.lower()
