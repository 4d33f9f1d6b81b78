"""`add_members` lets more people take part in a campaign that exists."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.campaigns.models import Campaign, Lease
from apps.campaigns.services.leasing import lease_page
from tests.support.people import Team
from tests.support.work import client_of


def add_members(*arguments: str) -> str:
    output = io.StringIO()
    call_command("add_members", *arguments, stdout=output)
    return output.getvalue()


def roles_in(campaign: Campaign) -> dict[str, str]:
    return dict(campaign.memberships.values_list("user__username", "role"))


def test_an_outsider_is_let_in(campaign: Campaign, team: Team) -> None:
    client = client_of(team.outsider)
    assert campaign.name not in client.get("/").content.decode()
    printed = add_members(campaign.name, "--annotator", "outsider")
    assert printed == f"outsider is annotator of {campaign.name!r}.\n"
    assert campaign.name in client.get("/").content.decode()
    assert roles_in(campaign) == {
        "manager": "manager",
        "anna": "annotator",
        "ben": "annotator",
        "outsider": "annotator",
    }


def test_several_people_come_at_once_and_annotators_become_managers(
    campaign: Campaign, team: Team
) -> None:
    words = ("--annotator", "outsider", "ben", "--manager", "anna")
    printed = add_members(str(campaign.pk), *words)
    assert printed.splitlines() == [
        f"anna is manager of {campaign.name!r}.",
        f"outsider is annotator of {campaign.name!r}.",
        f"ben is annotator of {campaign.name!r}.",
    ]
    assert roles_in(campaign) == {
        "manager": "manager",
        "anna": "manager",
        "ben": "annotator",
        "outsider": "annotator",
    }


def test_every_role_is_given_and_what_it_takes_away_goes_back(
    campaign: Campaign, team: Team
) -> None:
    assert lease_page(campaign, team.ben, timezone.now()).lease is not None
    add_members(campaign.name, "--viewer", "ben", "--expert", "outsider", "anna")
    assert roles_in(campaign) == {
        "manager": "manager",
        "anna": "expert",
        "ben": "viewer",
        "outsider": "expert",
    }
    assert not Lease.objects.filter(user=team.ben, ended_at=None).exists()
    on_record = campaign.audit.filter(actor=None).values_list("action", flat=True)
    assert {"role_changed", "member_added", "pages_transferred"} <= set(on_record)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("Round one",), "Name somebody: --viewer NAME, --annotator NAME"),
        (("Round nine", "--annotator", "ben"), "no campaign of the name or id 'Round nine'"),
        (("Round one", "--annotator", "outsider", "zoe"), "annotator: there is no user 'zoe'"),
        (("Round one", "--manager", "zoe"), "manager: there is no user 'zoe'"),
        (
            ("Round one", "--annotator", "outsider", "manager"),
            "manager is a manager of this campaign already; a manager may annotate",
        ),
        (
            ("Round one", "--viewer", "outsider", "--expert", "outsider"),
            "viewer: outsider is an expert of this campaign already",
        ),
    ],
)
def test_whatever_does_not_fit_lets_nobody_in(
    campaign: Campaign, team: Team, words: tuple[str, ...], sentence: str
) -> None:
    before = roles_in(campaign)
    with pytest.raises(CommandError, match=sentence):
        add_members(*words)
    assert roles_in(campaign) == before
