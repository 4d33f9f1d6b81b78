"""The page after the last one says how it stands: done, held by others, or more to do."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Page
from tests.support.people import Team
from tests.support.work import client_of, labels_of, lease, post

HELD = "Other people hold what is left"
GO_ON = "has pages that you can proofread now"


def text_for(user: User, campaign: Campaign) -> str:
    response = client_of(user).get(f"/campaigns/{campaign.pk}/finished/")
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def two_pages(campaign: Campaign) -> Campaign:
    Page.objects.filter(campaign=campaign).exclude(number__lte=2).delete()
    return campaign


def test_free_pages_are_not_called_held(two_pages: Campaign, team: Team) -> None:
    text = text_for(team.anna, two_pages)
    assert GO_ON in text
    assert "Go on</a>" in text
    assert HELD not in text


def test_the_page_that_one_has_begun_is_more_to_do(two_pages: Campaign, team: Team) -> None:
    lease(client_of(team.anna), two_pages)
    lease(client_of(team.ben), two_pages)
    assert GO_ON in text_for(team.anna, two_pages)
    assert GO_ON in text_for(team.ben, two_pages)
    manager = text_for(team.manager, two_pages)
    assert HELD in manager
    assert GO_ON not in manager
    assert "Look again</a>" in manager


def test_a_page_whose_time_ran_out_is_free(two_pages: Campaign, team: Team) -> None:
    lease(client_of(team.anna), two_pages)
    lease(client_of(team.ben), two_pages)
    Page.objects.filter(campaign=two_pages, number=1).update(held_until=timezone.now())
    assert GO_ON in text_for(team.manager, two_pages)


def test_when_all_is_done_nothing_is_offered(two_pages: Campaign, team: Team) -> None:
    anna = client_of(team.anna)
    for _ in range(2):
        page = lease(anna, two_pages)[0].header
        post(anna, page["lease"]["submit_url"], {"verdicts": [], "labels": labels_of(page)})
    text = text_for(team.anna, two_pages)
    assert "Everything is done" in text
    assert GO_ON not in text
    assert HELD not in text


def test_what_is_left_to_experts_is_not_called_done(two_pages: Campaign, team: Team) -> None:
    anna = client_of(team.anna)
    page = lease(anna, two_pages)[0].header
    post(anna, page["lease"]["submit_url"], {"verdicts": [], "labels": labels_of(page)})
    two_pages.pages.filter(number=2).update(kind=Page.Kind.ADJUDICATION)
    text = text_for(team.anna, two_pages)
    assert "Only pages for experts are left" in text
    assert "1 of 2 pages of the campaign are done" in text
    assert "Every page is done" not in text
    assert lease(anna, two_pages)[0].header["reason"] == "finished"


@pytest.mark.parametrize(
    ("status", "words"),
    [("preparing", "is still being prepared"), ("failed", "The chunks are gone.")],
)
def test_a_campaign_that_is_not_open_says_why(
    two_pages: Campaign, team: Team, status: str, words: str
) -> None:
    failure = "image: the chunks are gone."
    Campaign.objects.filter(pk=two_pages.pk).update(status=status, failure=failure)
    text = text_for(team.anna, two_pages)
    assert words in text
    assert GO_ON not in text
    assert HELD not in text
