"""The pages that a person has submitted are listed in parts, as far back as they go."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Lease, Membership
from apps.campaigns.services.leasing import lease_page
from apps.proofreading.domain import Label
from apps.proofreading.selectors import items_of_lease, mine
from apps.proofreading.services.reopening import reopen_page
from apps.proofreading.services.verdicts import submit_page
from tests.support.paper import paper_campaign
from tests.support.people import Team
from tests.support.work import client_of

pytestmark = pytest.mark.django_db

ROLE = Membership.Role


def submits(campaign: Campaign, user: User) -> Lease:
    lease = lease_page(campaign, user, timezone.now()).lease
    assert lease is not None
    seen = {item.pk: Label.CORRECT for item in items_of_lease(lease)}
    submit_page(lease, [], seen, timezone.now())
    return lease


@pytest.fixture
def leases(tmp_path: Path, team: Team, monkeypatch: pytest.MonkeyPatch) -> list[Lease]:
    """Of six pages Anna has submitted five and holds one; a list has two."""
    roles = {team.manager: ROLE.MANAGER, team.anna: ROLE.ANNOTATOR, team.ben: ROLE.ANNOTATOR}
    paper = paper_campaign(tmp_path, roles, instances=36)
    monkeypatch.setattr(mine, "LAST_PAGES", 2)
    done = [submits(paper, team.anna) for _ in range(5)]
    held = lease_page(paper, team.anna, timezone.now()).lease
    assert held is not None
    return [*done, held]


def ask(name: str, lease: Lease, user: User, **query: Any) -> Any:
    return client_of(user).get(reverse(name, args=[lease.page.campaign_id]), query)


def test_one_comes_to_the_first_page_and_back(leases: list[Lease], team: Team) -> None:
    def part(**query: Any) -> Any:
        answer = ask("api-my-pages", leases[0], team.anna, **query).json()
        return [page["number"] for page in answer["pages"]], answer["earlier"], answer["later"]

    tokens = [str(lease.token) for lease in leases]
    assert part() == ([5, 4], tokens[3], None)
    assert part(before=tokens[3]) == ([3, 2], tokens[1], tokens[2])
    assert part(before=tokens[1]) == ([1], None, tokens[0])
    assert part(after=tokens[0]) == ([3, 2], tokens[1], tokens[2])
    assert part(after=tokens[2]) == ([5, 4], tokens[3], None)
    assert part(after=tokens[4]) == ([], None, None)
    assert part(before=tokens[5]) == part(), "what is held is later than all"
    assert part(after=tokens[5]) == ([], None, None)


def test_beside_a_page_that_was_opened_again_are_those_submitted_around_that_time(
    leases: list[Lease], team: Team
) -> None:
    campaign = leases[0].page.campaign
    reopen_page(campaign, 2, None, team.manager, timezone.now())
    answer = ask("api-my-pages", leases[0], team.anna, before=str(leases[1].token)).json()
    assert [page["number"] for page in answer["pages"]] == [5, 4]
    assert answer["later"] is None


def test_the_web_leads_to_older_and_newer_ones(leases: list[Lease], team: Team) -> None:
    def words(**query: Any) -> str:
        answer: str = ask("my-pages", leases[0], team.anna, **query).content.decode()
        return answer

    last = words()
    assert f"?before={leases[3].token}" in last
    assert "Newer" not in last
    oldest = words(before=leases[1].token)
    assert f"?after={leases[0].token}" in oldest
    assert "Older" not in oldest
    assert "There are no more." in words(before=leases[0].token)


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        (lambda _: {"before": "x"}, 400, "before"),
        (lambda _: {"before": uuid.uuid4(), "after": uuid.uuid4()}, 400, "after"),
        (lambda _: {"after": uuid.uuid4()}, 404, "after"),
        (lambda lease: {"before": lease.token}, 404, "before"),
    ],
)
def test_bad_input_is_named(
    leases: list[Lease],
    team: Team,
    query: Callable[[Lease], dict[str, Any]],
    status: int,
    field: str,
) -> None:
    """The last is of somebody else."""
    answer = ask("api-my-pages", leases[0], team.ben, **query(leases[0]))
    assert (answer.status_code, answer.json()["error"]["field"]) == (status, field)
