"""Where people think that a synapse was missed: marks are kept, once, and lost by nothing."""

from __future__ import annotations

import csv
import io
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from apps.campaigns.domain.neurons import NeuronChoice
from apps.campaigns.models import Campaign, CampaignNeuron, Lease, Membership, Page
from apps.campaigns.services import cutouts
from apps.campaigns.services.leasing import lease_page
from apps.campaigns.services.life import change_status
from apps.proofreading.models import MissedMark, Settlement, Verdict
from apps.proofreading.services.settling import count_submitted
from apps.voxels.frames import decode_frames
from tests.support.people import Team
from tests.support.walks import STRAIGHT, line_rows, neuron_table, walk_campaign
from tests.support.work import client_of, lease, post

pytestmark = pytest.mark.django_db

ROLE = Membership.Role


@pytest.fixture
def campaign(tmp_path: Path, team: Team) -> Campaign:
    """Of a line without a branch: page 1 has its two synapses, page 2 is to search."""
    roles = {
        team.manager: ROLE.MANAGER,
        team.anna: ROLE.ANNOTATOR,
        team.ben: ROLE.ANNOTATOR,
    }
    table = neuron_table(tmp_path, line_rows(2))
    return walk_campaign(table, roles, NeuronChoice((STRAIGHT,)))


@pytest.fixture
def anna(team: Team) -> Client:
    return client_of(team.anna)


@pytest.fixture
def search(campaign: Campaign, team: Team) -> Lease:
    """The page to search, held by Anna."""
    now = timezone.now()
    Page.objects.filter(campaign=campaign, number=1).update(rank=99)
    held = lease_page(campaign, team.anna, now).lease
    assert held is not None
    assert held.page.kind == Page.Kind.SEARCH
    return held


def mark(*position: int, **more: Any) -> dict[str, Any]:
    return {"key": str(uuid.uuid4()), "position": [*position], **more}


def send(client: Client, held: Lease, *marks: dict[str, Any]) -> Any:
    return post(client, f"/api/leases/{held.token}/marks", {"marks": [*marks]})


def kept(client: Client, held: Lease) -> list[tuple[list[int], str, bool]]:
    answer = client.get(f"/api/leases/{held.token}/marks").json()["marks"]
    return [(one["position"], one["note"], one["removed"]) for one in answer]


def text_of(answer: Any) -> str:
    return b"".join(answer.streaming_content).decode()


def test_a_page_is_searched_and_submitted_with_its_marks(
    campaign: Campaign, anna: Client, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anna judges the synapses of the section, is handed its search, marks two and submits. It
    counts as done, and settles nothing."""
    monkeypatch.setattr(cutouts, "PATIENCE_S", 0.0)  # there are no voxels to wait for
    page = lease(anna, campaign)[0].header
    assert (page["page"]["kind"], len(page["tiles"])) == ("ordinary", 2)
    labels = {str(tile["item"]): "correct" for tile in page["tiles"]}
    assert (
        post(anna, page["lease"]["submit_url"], {"verdicts": [], "labels": labels}).status_code
        == 200
    )
    (search,) = (frame.header for frame in lease(anna, campaign))
    assert (search["page"]["kind"], search["tiles"]) == ("search", [])
    section = search["page"]["section"]
    assert section.pop("id") == campaign.sections.get().pk
    assert section == {
        "number": 0,
        "sections": 1,
        "neuron": str(STRAIGHT),
        "path_nm": [[20000, 1000, 1000], [20000, 1000, 21000]],
        "voxel_nm": [8, 8, 8],
    }
    url = search["lease"]["marks_url"]
    marks = [mark(2500, 125, 500, note="a spine"), mark(2500, 125, 900)]
    assert post(anna, url, {"marks": marks}).json() == {"kept": [one["key"] for one in marks]}
    answer = post(anna, search["lease"]["submit_url"], {"verdicts": [], "labels": {}})
    assert answer.json() == {"submitted": True}
    count_submitted(timezone.now())
    progress = anna.get(f"/api/campaigns/{campaign.pk}/progress").json()
    assert (progress["status"], progress["pages_done"]) == ("finished", 2)
    assert Verdict.objects.count() == 2
    assert Settlement.objects.count() == 2
    again = list(decode_frames(anna.get(search["lease"]["page_url"]).content))
    assert (again[0].header["state"], again[0].header["tiles"]) == ("submitted", [])


def test_marks_sent_again_are_kept_once_and_the_latest_stands(search: Lease, anna: Client) -> None:
    first, second = mark(2500, 125, 500), mark(2500, 125, 900)
    for _ in range(2):
        assert send(anna, search, first, second).status_code == 200
    assert MissedMark.objects.count() == 2
    first |= {"note": "a shaft"}
    second |= {"removed": True}
    send(anna, search, first, second)
    send(anna, search, first)
    assert kept(anna, search) == [
        ([2500, 125, 500], "a shaft", False),
        ([2500, 125, 900], "", True),
    ]
    send(anna, search, second | {"removed": False})
    assert kept(anna, search)[1] == ([2500, 125, 900], "", False)
    assert MissedMark.objects.count() == 5


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        ({"position": [5000, 1, 1]}, "(5000, 1, 1) lies outside the image"),
        ({"position": [1, 2]}, "marks"),
        ({"position": [1, 2, 2**40]}, "marks"),
        ({"position": [1.5, 2, 3]}, "marks"),
        ({"note": "x" * 2001}, "note"),
        ({"key": "one"}, "key"),
    ],
)
def test_a_bad_mark_is_told_and_none_is_kept(
    search: Lease, anna: Client, bad: dict[str, Any], sentence: str
) -> None:
    answer = send(anna, search, mark(1, 1, 1), mark(1, 1, 2) | bad)
    assert answer.status_code == 400
    assert sentence in str(answer.json()["error"])
    assert not MissedMark.objects.exists()


def test_a_key_names_one_mark(campaign: Campaign, search: Lease, anna: Client, team: Team) -> None:
    one = mark(1, 1, 1)
    twice = send(anna, search, one, one)
    assert (twice.status_code, twice.json()["error"]["field"]) == (400, "marks")
    assert send(anna, search, one).status_code == 200
    other = lease_page(campaign, team.ben, timezone.now()).lease
    assert other is not None
    stolen = send(client_of(team.ben), other, one)
    assert "was used on another page" in stolen.json()["error"]["sentence"]
    assert MissedMark.objects.count() == 1


def test_what_comes_when_the_page_is_somebody_elses_is_kept_as_late(
    campaign: Campaign, search: Lease, anna: Client, team: Team
) -> None:
    later = timezone.now() + timedelta(hours=3)
    Page.objects.filter(pk=search.page_id).update(rank=-5)
    assert lease_page(campaign, team.ben, later).lease is not None
    answer = send(anna, search, mark(1, 1, 1))
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "stale_lease")
    assert "Your marks are kept" in answer.json()["error"]["sentence"]
    assert MissedMark.objects.get().late


def test_a_submitted_page_gets_more_marks_while_the_campaign_is_open(
    campaign: Campaign, search: Lease, anna: Client, team: Team
) -> None:
    assert (
        post(anna, f"/api/leases/{search.token}/submit", {"verdicts": [], "labels": {}}).status_code
        == 200
    )
    assert send(anna, search, mark(1, 1, 1)).status_code == 200
    change_status(campaign, "closed", team.manager, timezone.now())
    assert send(anna, search, mark(1, 1, 2)).status_code == 409
    assert list(MissedMark.objects.order_by("pk").values_list("late", flat=True)) == [False, True]


def test_what_comes_late_leaves_marks_as_they_were(
    campaign: Campaign, search: Lease, anna: Client, team: Team
) -> None:
    """Two marks in time, then the page goes to Ben. That Anna removes one then and notes the other
    is kept, and told beside them; what she marks only then stands as late."""
    first, second, third = mark(1, 1, 1), mark(1, 1, 2, note="mine"), mark(1, 1, 3)
    send(anna, search, second, first)
    Page.objects.filter(pk=search.page_id).update(rank=-5)
    later = timezone.now() + timedelta(hours=3)
    assert lease_page(campaign, team.ben, later).lease is not None
    for _ in range(2):
        answer = send(
            anna, search, first | {"removed": True}, second | {"note": "not so sure"}, third
        )
        assert answer.status_code == 409
    assert MissedMark.objects.count() == 5, "sent again they are kept once"
    assert kept(anna, search) == [
        ([1, 1, 2], "mine", False),
        ([1, 1, 1], "", False),
        ([1, 1, 3], "", False),
    ]
    manager = client_of(team.manager)
    told = manager.get(f"/api/campaigns/{campaign.pk}/missed").json()["results"]
    assert [(one["position"], one["late"], one["changed_late"]) for one in told] == [
        ([1, 1, 3], True, False),
        ([1, 1, 1], False, True),
        ([1, 1, 2], False, True),
    ]


def test_what_came_late_once_can_be_said_in_time(
    campaign: Campaign, search: Lease, anna: Client, team: Team
) -> None:
    """The campaign is closed for a while."""
    post(anna, f"/api/leases/{search.token}/submit", {"verdicts": [], "labels": {}})
    one = mark(1, 1, 1)
    send(anna, search, one)
    change_status(campaign, "closed", team.manager, timezone.now())
    assert send(anna, search, one | {"note": "a spine"}).status_code == 409
    change_status(campaign, "open", team.manager, timezone.now())
    assert send(anna, search, one | {"note": "a spine"}).status_code == 200
    assert kept(anna, search) == [([1, 1, 1], "a spine", False)]


def test_managers_see_under_manage_how_many_are_marked_and_which_neurons_failed(
    campaign: Campaign, search: Lease, anna: Client, team: Team
) -> None:
    url = f"/campaigns/{campaign.pk}/manage/?show=neurons"
    manager = client_of(team.manager)
    assert "No place is marked yet" in manager.get(url).content.decode()
    send(anna, search, mark(1, 1, 1), mark(1, 1, 2))
    CampaignNeuron.objects.update(failure="There is no 22.swc.")
    page = " ".join(manager.get(url).content.decode().split())
    assert "2 places are marked" in page
    assert f"/api/campaigns/{campaign.pk}/missed.csv" in page
    assert "1 neuron of 1 has no sections" in page
    assert "There is no 22.swc." in page
    Campaign.objects.update(order="table")
    assert "Missed synapses" not in manager.get(url).content.decode()


def test_managers_see_all_marks_that_stand(
    campaign: Campaign, search: Lease, anna: Client, team: Team
) -> None:
    gone = mark(7, 7, 7)
    send(anna, search, mark(2500, 125, 500, note="=cmd()"), gone)
    send(anna, search, gone | {"removed": True})
    manager = client_of(team.manager)
    (told,) = manager.get(f"/api/campaigns/{campaign.pk}/missed").json()["results"]
    assert told.pop("key")
    assert told.pop("recorded_at")
    assert told == {
        "position": [2500, 125, 500],
        "position_nm": [20004, 1004, 4004],
        "note": "=cmd()",
        "person": "anna",
        "page": 2,
        "section": 0,
        "neuron": str(STRAIGHT),
        "submitted": False,
        "late": False,
        "changed_late": False,
    }
    file = manager.get(f"/api/campaigns/{campaign.pk}/missed.csv")
    (row,) = csv.DictReader(io.StringIO(text_of(file)))
    assert (row["x"], row["z_nm"], row["note"]) == ("2500", "4004.0", "'=cmd()")
    assert anna.get(f"/api/campaigns/{campaign.pk}/missed").status_code == 403


def test_the_database_keeps_marks_as_they_are(search: Lease, anna: Client) -> None:
    send(anna, search, mark(1, 1, 1))
    for statement in (
        "UPDATE proofreading_missedmark SET note = 'mine'",
        "DELETE FROM proofreading_missedmark",
    ):
        with (
            pytest.raises(IntegrityError, match="never changed or deleted"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
