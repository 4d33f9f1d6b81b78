"""The routes of the dashboard: who sees what, what is sent again, and what a file holds."""

from __future__ import annotations

import contextlib
import csv
import io
import math
import re
from itertools import product
from pathlib import Path

import pytest
from django.test import Client
from django.urls import resolve
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.campaigns.models import Membership
from apps.core.jobs import Job
from apps.core.spreadsheets import guarded
from apps.evaluation.domain.panels import OWN_ROWS, Panel
from apps.evaluation.models import Evaluation
from apps.evaluation.services.reporting import make_reports
from tests.support.filled import Filled, fill_campaign

pytestmark = pytest.mark.django_db


@pytest.fixture
def filled(tmp_path: Path) -> Filled:
    return fill_campaign(tmp_path, now=timezone.now(), instances=240, people=6)


@pytest.fixture
def made(filled: Filled) -> Filled:
    make_reports(filled.campaign.pk, timezone.now())
    return filled


def client_of(user: User) -> Client:
    client = Client(headers={"Accept": "application/json"})
    client.force_login(user)
    return client


def url(filled: Filled, panel: str) -> str:
    return f"/api/campaigns/{filled.campaign.pk}/evaluation/{panel}"


def member(filled: Filled, name: str, role: str) -> User:
    user = User.objects.create(username=name)
    Membership.objects.create(campaign=filled.campaign, user=user, role=role)
    return user


def test_managers_and_viewers_see_every_panel(made: Filled) -> None:
    people = (made.manager, member(made, "vera", "viewer"))
    for user, panel in product(people, Panel):
        answer = client_of(user).get(url(made, panel))
        assert answer.status_code == 200
        assert "NaN" not in answer.content.decode()
        assert client_of(user).get(f"{url(made, panel)}.csv").status_code == 200


def test_annotators_see_their_own_row_alone(made: Filled) -> None:
    worker = made.workers[0].user
    others = [other.user.get_full_name() for other in made.workers[1:]]
    for panel in Panel:
        answer = client_of(worker).get(url(made, panel))
        file = client_of(worker).get(f"{url(made, panel)}.csv")
        if panel not in OWN_ROWS:
            assert (answer.status_code, file.status_code) == (403, 403)
            continue
        (rows,) = (value for value in answer.json().values() if isinstance(value, list))
        assert {row["user"] for row in rows} <= {worker.pk}
        if panel is not Panel.LEASES:
            assert len(rows) == 1
        for text in (answer.content.decode(), file.content.decode()):
            assert not [name for name in others if name in text]


def test_outsiders_learn_nothing(made: Filled) -> None:
    olga = client_of(User.objects.create(username="olga"))
    for name in (*Panel, *(f"{panel}.csv" for panel in Panel)):
        assert olga.get(url(made, name)).status_code == 404
        assert Client().get(url(made, name)).status_code == 401


def test_an_unknown_panel_is_named(made: Filled) -> None:
    answer = client_of(made.manager).get(url(made, "weather"))
    assert answer.status_code == 404
    assert "no panel 'weather'" in answer.json()["error"]["sentence"]


def test_what_has_not_changed_is_not_sent_again(made: Filled) -> None:
    client = client_of(made.manager)
    for panel in Panel:
        etag = client.get(url(made, panel)).headers["ETag"]
        again = client.get(url(made, panel), headers={"If-None-Match": etag})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)
    own = client_of(made.workers[0].user).get(url(made, "annotators"))
    assert own.headers["ETag"] != client.get(url(made, "annotators")).headers["ETag"]


def test_before_they_are_made_the_figures_are_on_their_way(
    filled: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[dict[str, int]] = []
    monkeypatch.setattr(
        "apps.evaluation.services.asking.enqueue",
        lambda job, **arguments: sent.append({job: arguments["campaign_id"]}),
    )
    client = client_of(filled.manager)
    for _ in range(3):
        answer = client.get(url(filled, "pace"))
        assert (answer.status_code, answer.json()["made_at"]) == (202, None)
    assert sent == [{Job.MAKE_REPORTS: filled.campaign.pk}]
    assert client.get(url(filled, "pace.csv")).status_code == 404


def test_a_panel_costs_few_queries_however_large_the_campaign(
    made: Filled, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = client_of(made.manager)
    Evaluation.objects.update(asked_at=timezone.now())
    for panel in Panel:
        with django_assert_max_num_queries(7):
            client.get(url(made, panel))


def test_files_hold_the_figures_of_the_panel(made: Filled) -> None:
    client = client_of(made.manager)
    for panel in Panel:
        answer = client.get(f"{url(made, panel)}.csv")
        assert f"campaign-{made.campaign.pk}-{panel}.csv" in answer.headers["Content-Disposition"]
        head, *rows = csv.reader(io.StringIO(answer.content.decode()))
        assert all(len(row) == len(head) for row in rows)
        if panel is Panel.ANNOTATORS:
            body = client.get(url(made, panel)).json()
            votes = {row[head.index("name")]: int(row[head.index("votes")]) for row in rows}
            assert votes == {person["name"]: person["votes"] for person in body["people"]}


def test_no_name_is_a_formula(made: Filled) -> None:
    names = ('=HYPERLINK("http://evil")', "+1", 'Bo;=HYPERLINK("evil")', "@SUM(A1)", "\t=1", " -2")
    for worker, name in zip(made.workers, names, strict=True):
        User.objects.filter(pk=worker.user.pk).update(first_name=name, last_name="")
    make_reports(made.campaign.pk, timezone.now())
    for panel in (Panel.ANNOTATORS, Panel.PACE, Panel.AGREEMENT, Panel.LEASES):
        answer = client_of(made.manager).get(f"{url(made, panel)}.csv")
        for row in csv.reader(io.StringIO(answer.content.decode(), newline="")):
            assert not [cell for cell in row if _is_formula(cell)]


def _is_formula(cell: str) -> bool:
    """Whether a spreadsheet takes it for one, or a part of it where semicolons part cells."""
    with contextlib.suppress(ValueError):
        return math.isnan(float(cell))
    return any(part.strip().startswith(tuple("=+-@")) for part in re.split("[;\t\r\n]", cell))


def test_numbers_stay_numbers() -> None:
    assert (guarded(-2.5), guarded("plain; a-b"), guarded(None)) == (-2.5, "plain; a-b", "")


@pytest.mark.parametrize(
    ("text", "cell"),
    [("=1", "'=1"), ("  =1", "  '=1"), ("a;\r@b", "a;\r'@b"), ("a\n+1;-2", "a\n'+1;'-2")],
)
def test_before_what_could_begin_a_formula_stands_an_apostrophe(text: str, cell: str) -> None:
    assert guarded(text) == cell


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("people/2/pause", "person-pause"),
        ("people/2/resume", "person-resume"),
        ("people/2/transfer", "person-transfer"),
        ("pages/3/take-back", "page-take-back"),
        ("pages/3/reopen", "page-reopen"),
    ],
)
def test_what_the_buttons_ask_for_is_there(path: str, name: str) -> None:
    assert resolve(f"/api/campaigns/1/{path}").url_name == name


def test_the_page_is_for_managers_and_viewers(made: Filled) -> None:
    page = f"/campaigns/{made.campaign.pk}/dashboard/"
    answer = client_of(made.manager).get(page)
    assert answer.status_code == 200
    for panel in Panel:
        assert url(made, panel) in answer.content.decode()
    assert "data-campaign-url" in answer.content.decode()
    seen = client_of(member(made, "vera", "viewer")).get(page)
    assert seen.status_code == 200
    assert "data-campaign-url" not in seen.content.decode(), "viewers change nothing"
    assert client_of(made.workers[0].user).get(page).status_code == 403
    assert client_of(User.objects.create(username="olga")).get(page).status_code == 404
    assert Client().get(page).status_code == 302
