"""A label that is based on what another tab has changed meanwhile is refused and told."""

from __future__ import annotations

from typing import Any

import pytest

from apps.campaigns.models import Campaign, Page
from apps.proofreading.models import Verdict
from tests.support.people import Team
from tests.support.work import client_of, labels_of, lease, post, verdict


@pytest.fixture
def page(campaign: Campaign, team: Team) -> Any:
    """The header of the page that anna holds."""
    return lease(client_of(team.anna), campaign)[0].header


def send(page: Any, team: Team, *verdicts: dict[str, Any]) -> Any:
    return post(client_of(team.anna), page["lease"]["verdicts_url"], {"verdicts": list(verdicts)})


def stored() -> list[str]:
    return list(Verdict.objects.order_by("pk").values_list("label", flat=True))


def test_labels_in_a_row_build_on_each_other(page: Any, team: Team) -> None:
    item = page["tiles"][0]["item"]
    assert page["tiles"][0]["verdict"] is None
    first = verdict(item, "incorrect", after=None)
    second = verdict(item, "unsure", after=first["key"])
    for _ in range(2):  # the answer was lost
        response = send(page, team, first, second)
        assert (response.status_code, response.json()["kept"]) == (
            200,
            [first["key"], second["key"]],
        )
    assert stored() == ["incorrect", "unsure"]


def test_a_stale_label_is_refused_the_others_are_kept(page: Any, team: Team) -> None:
    one, other = (page["tiles"][n]["item"] for n in (0, 1))
    elsewhere = verdict(one, "unsure", after=None)
    assert send(page, team, elsewhere).status_code == 200
    stale = verdict(one, "incorrect", after=None)
    built_on_it = verdict(one, "correct", after=stale["key"])
    fine = verdict(other, "incorrect", after=None)
    response = send(page, team, stale, fine, built_on_it)
    assert response.status_code == 409
    error = response.json()["error"]
    assert error["code"] == "stale_label"
    assert "changed elsewhere" in error["sentence"]
    assert error["kept"] == [fine["key"]]
    (present,) = error["present"]
    assert present["item"] == one
    assert (present["label"], present["verdict"]) == ("unsure", elsewhere["key"])
    assert stored() == ["unsure", "incorrect"]
    again = verdict(one, "incorrect", after=elsewhere["key"])
    assert send(page, team, again).status_code == 200


def test_a_page_is_not_submitted_with_a_stale_label(page: Any, team: Team) -> None:
    item = page["tiles"][0]["item"]
    send(page, team, verdict(item, "unsure", after=None))
    body = {
        "verdicts": [verdict(item, "incorrect", after=None)],
        "labels": labels_of(page, {item: "incorrect"}),
    }
    response = post(client_of(team.anna), page["lease"]["submit_url"], body)
    assert response.json()["error"]["code"] == "stale_label"
    assert Page.objects.get(pk=page["page"]["id"]).submitted_at is None
    assert stored() == ["unsure"]


def test_a_program_that_names_no_version_is_not_checked(page: Any, team: Team) -> None:
    item = page["tiles"][0]["item"]
    send(page, team, verdict(item, "unsure", after=None))
    assert send(page, team, verdict(item, "incorrect")).status_code == 200
    assert stored() == ["unsure", "incorrect"]


def test_a_page_of_somebody_else_stores_nothing(page: Any, team: Team) -> None:
    """Another person has logged in in the same browser, in whose cookie requests now go out."""
    ben = client_of(team.ben)
    body = {"verdicts": [verdict(page["tiles"][0]["item"])]}
    response = ben.post(
        page["lease"]["verdicts_url"],
        data=body,
        content_type="application/json",
        headers={"X-SynAnno-Person": str(team.anna.pk)},
    )
    assert response.status_code == 403
    assert response.json()["error"]["code"] == "other_person"
    assert "ben has logged in" in response.json()["error"]["sentence"]
    assert stored() == []
