"""How often each request asks the database: as often, however large pages and campaigns are."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import redis
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.campaigns import selectors
from apps.campaigns.models import Campaign, Lease, Membership
from apps.campaigns.selectors import requests_of
from apps.campaigns.services.leasing import lease_page
from apps.datasets.services.cutouts import cutout_store
from apps.proofreading.domain import Label
from apps.voxels.frames import RenderedCutout, encode_frame
from tests.support.paper import always, judge, paper_campaign, work
from tests.support.people import Team
from tests.support.work import client_of, post, verdict

pytestmark = pytest.mark.django_db

ROLE = Membership.Role
MARKS = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")

# What each request costs at most, with two for the session and the person. To raise one is a
# decision: it is paid with every request.
COSTS = {
    "lease": 12,
    "lease again": 12,
    "tiles": 5,
    "stacks": 5,
    "verdicts": 10,
    "renew": 4,
    "submit": 12,
    "campaign list": 3,
    "progress": 4,
    "work page": 4,
}
OF_MANAGERS = {
    "campaign-audit": 4,
    "campaign-pages": 4,
    "campaign-versions": 4,
    "campaign-manage": 8,
    "campaign-dashboard": 4,
    "campaign": 8,
    "campaign-gold": 5,
    "my-pages": 4,
}


def queries_of(ask: Callable[[], Any]) -> int:
    """How many statements a request sends, but for the marks of transactions."""
    with CaptureQueriesContext(connection) as captured:
        response = ask()
    assert response.status_code == 200, response.content
    if response.streaming:
        b"".join(response.streaming_content)
    sent = [query["sql"] for query in captured.captured_queries]
    return sum(not sql.startswith(MARKS) for sql in sent)


def draw(campaign: Campaign) -> None:
    """Put something into Redis for each cutout, so that nobody waits for a picture."""
    items = list(campaign.items.select_related("instance"))
    for request in requests_of(campaign, items):
        frames = [encode_frame({"part": part, "key": request.key}) for part in ("middle", "rest")]
        cutout_store().put(request.key, RenderedCutout(*frames))


def costs(campaign: Campaign, client: Client, manager: Client) -> dict[str, int]:
    """The statements of each request, on a campaign where others are at work as well."""
    api = f"/api/campaigns/{campaign.pk}"
    found = {"lease": queries_of(lambda: client.post(f"{api}/lease"))}
    found["lease again"] = queries_of(lambda: client.post(f"{api}/lease"))
    lease = Lease.objects.filter(page__campaign=campaign, ended_at=None).latest("pk")
    items = list(lease.page.items.values_list("pk", flat=True))
    at = f"/api/leases/{lease.token}"
    found["tiles"] = queries_of(lambda: client.get(f"{at}/tiles"))
    found["stacks"] = queries_of(lambda: client.get(f"{at}/stacks"))
    all_wrong = {"verdicts": [verdict(item, categories=["badFit"]) for item in items]}
    found["verdicts"] = queries_of(lambda: post(client, f"{at}/verdicts", all_wrong))
    found["renew"] = queries_of(lambda: client.post(f"{at}/renew"))
    again = [verdict(items[0], categories=["badFit"])]
    body = {"verdicts": again, "labels": dict.fromkeys(map(str, items), "incorrect")}
    found["submit"] = queries_of(lambda: post(client, f"{at}/submit", body))
    found["campaign list"] = queries_of(lambda: client.get("/"))
    found["progress"] = queries_of(lambda: client.get(f"{api}/progress"))
    found["work page"] = queries_of(lambda: client.get(f"/campaigns/{campaign.pk}/"))
    for name in OF_MANAGERS:
        address = reverse(name, args=[campaign.pk])
        found[name] = queries_of(partial(manager.get, address))
    return found


def test_no_request_asks_more_of_a_larger_campaign(
    tmp_path: Path, team: Team, redis_client: redis.Redis
) -> None:
    roles = {team.manager: ROLE.MANAGER, team.anna: ROLE.ANNOTATOR, team.ben: ROLE.ANNOTATOR}
    client, manager = client_of(team.anna), client_of(team.manager)
    small = paper_campaign(tmp_path, roles, instances=24, page_size=6, name="small")
    draw(small)
    of_small = costs(small, client, manager)
    large = paper_campaign(
        tmp_path,
        roles,
        instances=480,
        page_size=24,
        name="large",
        passes=3,
        centers=lambda n: (500, 500, 500),
    )
    draw(large)
    for _ in range(5):
        lease = lease_page(large, team.ben, timezone.now()).lease
        assert lease is not None
        judge(lease, always(Label.CORRECT))
    for number in range(8):
        paper_campaign(tmp_path, roles, instances=6, name=f"another {number}")
    assert costs(large, client, manager) == of_small
    most = COSTS | OF_MANAGERS
    assert {name: cost for name, cost in of_small.items() if cost > most[name]} == {}


def test_many_pages_are_counted_once_a_second_and_few_each_time(
    tmp_path: Path, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    roles = {team.anna: ROLE.ANNOTATOR}
    few = paper_campaign(tmp_path, roles, instances=12, name="few")
    many = paper_campaign(tmp_path, roles, instances=24, name="many")
    monkeypatch.setattr(selectors, "_MANY_PAGES", 2)
    for campaign in (few, many):
        assert selectors.progress_of(campaign).pages_done == 0
        work(campaign, team.anna)
    assert selectors.progress_of(few).pages_done == 2
    assert selectors.progress_of(many).pages_done == 0, "counted a moment ago"
    later = time.monotonic() + 2
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert selectors.progress_of(many).pages_done == 4
