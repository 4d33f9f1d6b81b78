"""`add_members` lets more people take part in a campaign that exists."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from apps.campaigns.models import Campaign
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


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("Round one",), "Name somebody: --annotator NAME"),
        (("Round nine", "--annotator", "ben"), "no campaign of the name or id 'Round nine'"),
        (("Round one", "--annotator", "outsider", "zoe"), "annotator: there is no user 'zoe'"),
        (("Round one", "--manager", "zoe"), "manager: there is no user 'zoe'"),
        (
            ("Round one", "--annotator", "outsider", "manager"),
            "manager is a manager of this campaign already",
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
