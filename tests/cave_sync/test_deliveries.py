"""What managers say of a delivery, with whose token, and what the API answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import Team, TeamMember, User
from apps.campaigns.models import AuditEntry, Campaign, Membership
from apps.cave_sync.models import Delivery, OutboxRow
from apps.cave_sync.services.deliveries import start_delivery
from apps.core.addresses import LEADS_INSIDE
from apps.datasets.domain.secrets import SecretKind
from apps.datasets.services.secrets import create_secret
from tests.support import people
from tests.support.deliveries import a_delivery
from tests.support.paper import paper_campaign
from tests.support.revisions import roles_of
from tests.support.work import client_of

pytestmark = pytest.mark.django_db

SERVER = "https://cave.example.org"
TOKEN = "0123456789abcdef0123456789abcdef"
GIVEN: dict[str, Any] = {
    **{"kind": "synapses", "secret": "token", "server": SERVER, "datastack": "tiny"},
    **{"table": "mended", "schema": "synapse", "resolution": [4, 4, 40]},
}


@pytest.fixture
def paper(tmp_path: Any, team: people.Team) -> Campaign:
    create_secret("token", SecretKind.CAVE, TOKEN, team.manager)
    return paper_campaign(tmp_path, roles_of(team), instances=6)


def send(client: Client, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    return client.generic(method, path, json.dumps(body or {}), "application/json")


def address(campaign: Campaign, rest: str = "") -> str:
    return f"/api/campaigns/{campaign.pk}/deliveries{rest}"


def test_a_delivery_is_made_changed_and_removed(paper: Campaign, team: people.Team) -> None:
    manager = client_of(team.manager)
    made = send(manager, "POST", address(paper), GIVEN)
    assert made.status_code == 201, made.content
    told = made.json()
    assert (told["state"], told["is_checked"], told["run"]) == ("draft", False, None)
    assert told["taken"] == ["mended", "fine", "correct", "added"]
    assert TOKEN not in made.content.decode()
    one = address(paper, f"/{told['id']}")
    changed = GIVEN | {
        **{"schema": "fly_synapse", "every_minutes": 30, "taken": ["added"]},
        "fillings": {"cleft_score": {"source": "constant", "otherwise": 0.5}},
    }
    answer = send(manager, "PUT", one, changed)
    assert answer.status_code == 200, answer.content
    assert answer.json()["fillings"] == {"cleft_score": {"source": "constant", "otherwise": 0.5}}
    assert Delivery.objects.get().revision == 2
    assert send(manager, "POST", f"{one}/start").status_code == 409
    assert send(manager, "POST", f"{one}/pause").status_code == 409
    assert send(manager, "POST", f"{one}/try").json()["state"] == "checking"
    assert send(manager, "DELETE", one).status_code == 204
    actions = AuditEntry.objects.filter(campaign=paper, action__startswith="delivery")
    assert list(actions.order_by("pk").values_list("action", flat=True)) == [
        *("delivery_created", "delivery_changed", "delivery_tried", "delivery_removed"),
    ]


BAD: tuple[tuple[dict[str, Any], str], ...] = (
    ({"kind": "masks"}, "kind"),
    ({"secret": "nobody's"}, "secret"),
    ({"server": "ftp://cave"}, "server"),
    ({"server": "http://10.0.0.1"}, "server"),
    ({"resolution": [4, 4]}, "resolution"),
    ({"resolution": [4, 0, 40]}, "resolution"),
    ({"taken": []}, "taken"),
    ({"taken": ["all"]}, "taken"),
    ({"reference_table": "synapses"}, "reference_table"),
    ({"kind": "verdicts"}, "reference_table"),
    ({"every_minutes": 0}, "every_minutes"),
    ({"words": {"correct": [1]}}, "words"),
    ({"fillings": {"size": {"source": "luck"}}}, "fillings"),
    ({"table": ""}, "table"),
    ({"table": "Mended"}, "table"),
    ({"table": "mended synapses"}, "table"),
    ({"resolution": None}, "resolution"),
    ({"words": {"correct": 10**400}}, "words"),
    ({"words": {"correct": 2**63}}, "words"),
    ({"words": {"correct": "\0"}}, "words"),
    ({"words": {"\0": "yes"}}, "words"),
    ({"fillings": {"size": {"source": "constant", "otherwise": -(10**400)}}}, "fillings"),
    ({"fillings": {"size": {"source": "constant", "otherwise": "a\0"}}}, "fillings"),
    ({"fillings": {"si\0ze": {"source": "size"}}}, "fillings"),
)


def test_bad_input_names_its_field(paper: Campaign, team: people.Team) -> None:
    manager = client_of(team.manager)
    for changed, field in BAD:
        answer = send(manager, "POST", address(paper), GIVEN | changed)
        assert answer.status_code == 400, changed
        assert answer.json()["error"]["field"].split(".")[0] == field
    assert Delivery.objects.count() == 0
    private = send(manager, "POST", address(paper), GIVEN | {"server": "http://10.0.0.1/"})
    assert private.json()["error"]["sentence"] == f"server: http://10.0.0.1 {LEADS_INSIDE}."


def test_a_table_belongs_to_one_delivery(paper: Campaign, team: people.Team) -> None:
    manager = client_of(team.manager)
    assert send(manager, "POST", address(paper), GIVEN).status_code == 201
    for server in (SERVER, "https://CAVE.example.org:443/"):
        again = send(manager, "POST", address(paper), GIVEN | {"server": server})
        assert (again.status_code, again.json()["error"]["field"]) == (400, "table"), server


def second_manager(campaign: Campaign) -> User:
    other = User.objects.create(username="mara")
    Membership.objects.create(campaign=campaign, user=other, role="manager")
    return other


def test_with_a_teams_token_its_managers_deliver_to_its_server_alone(
    paper: Campaign, team: people.Team
) -> None:
    mara = second_manager(paper)
    lab = Team.objects.create(name="The lab")
    TeamMember.objects.create(team=lab, user=team.manager)
    create_secret("ours", SecretKind.CAVE, TOKEN, team.manager, team="The lab", server=SERVER)
    given = GIVEN | {"secret": "ours"}
    browser = client_of(mara)
    refused = send(browser, "POST", address(paper), given)
    assert refused.json()["error"]["field"] == "secret", "she is not in the team"
    TeamMember.objects.create(team=lab, user=mara)
    elsewhere = send(browser, "POST", address(paper), given | {"server": "https://evil.example"})
    assert elsewhere.json()["error"]["field"] == "server"
    assert "is for https://cave.example.org alone" in elsewhere.json()["error"]["sentence"]
    assert send(browser, "POST", address(paper), given).status_code == 201


def test_nobody_sends_anothers_token_elsewhere_or_writes_other_tables_with_it(
    paper: Campaign, team: people.Team
) -> None:
    made = send(client_of(team.manager), "POST", address(paper), GIVEN).json()
    mara = client_of(second_manager(paper))
    one = address(paper, f"/{made['id']}")
    refused = send(mara, "PUT", one, GIVEN | {"server": "https://evil.example"})
    assert refused.json()["error"]["field"] == "secret"
    verdicts = {"kind": "verdicts", "reference_table": "synapses"}
    for change in ({"table": "other"}, {"datastack": "large"}, verdicts):
        refused = send(mara, "PUT", one, GIVEN | change)
        assert refused.json()["error"]["field"] == "secret", change
    assert send(mara, "PUT", one, GIVEN | {"taken": ["added"]}).status_code == 200
    assert send(client_of(team.manager), "PUT", one, GIVEN | {"table": "x"}).status_code == 200


def test_what_was_sent_is_told_with_where_it_comes_from(paper: Campaign, team: people.Team) -> None:
    delivery = a_delivery(paper, team.manager, rows=3)
    manager = client_of(team.manager)
    rows = manager.get(address(paper, f"/{delivery.pk}/rows")).json()["results"]
    assert [row["id"] for row in rows] == sorted((row["id"] for row in rows), reverse=True)
    first = rows[0]
    assert (first["people"], first["version"], first["outcome"]) == (["manager"], 1, "mended")
    assert first["policy"]["rule"] == "majority"
    held = OutboxRow.objects.earliest("pk")
    OutboxRow.objects.filter(pk=held.pk).update(state="failed", error="422")
    Delivery.objects.filter(pk=delivery.pk).update(held=2)
    [failed] = manager.get(address(paper, f"/{delivery.pk}/rows?state=failed")).json()["results"]
    assert (failed["id"], failed["error"]) == (held.pk, "422")
    assert manager.get(address(paper, f"/{delivery.pk}/rows?state=lost")).status_code == 400
    page = manager.get(f"/campaigns/{paper.pk}/cave").content.decode()
    assert "503 Service Unavailable" in page
    assert "<b>2</b> in CAVE" in page
    start_delivery(delivery, team.manager, timezone.now())
    page = manager.get(f"/campaigns/{paper.pk}/cave").content.decode()
    assert "data-follow" in page
    for kind in ("synapses", "verdicts", "categories"):
        assert manager.get(f"/campaigns/{paper.pk}/cave?new={kind}").status_code == 200
    assert manager.get(f"/campaigns/{paper.pk}/cave?change={delivery.pk}").status_code == 200
    assert manager.get(f"/campaigns/{paper.pk}/cave?change=999999").status_code == 404
