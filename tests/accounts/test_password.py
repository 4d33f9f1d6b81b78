"""People choose their own password, without a person of the staff."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.support.people import PASSWORD, Team

NEW = "vesicle-docking-zone"


def change(client: Client, old: str, new: str, again: str) -> str:
    form = {"old_password": old, "new_password1": new, "new_password2": again}
    response = client.post("/password/", form, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def test_an_annotator_changes_the_password_and_stays_logged_in(team: Team) -> None:
    here, elsewhere = Client(), Client()
    for client in (here, elsewhere):
        assert client.login(username="anna", password=PASSWORD)
    assert 'href="/password/"' in here.get("/").content.decode()
    assert "Password changed" in change(here, PASSWORD, NEW, NEW)
    assert here.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302  # has to log in again
    assert not Client().login(username="anna", password=PASSWORD)
    assert Client().login(username="anna", password=NEW)


@pytest.mark.parametrize(
    ("old", "new", "again", "sentence"),
    [
        ("wrong", NEW, NEW, "Your old password was entered incorrectly"),
        (PASSWORD, NEW, NEW + "s", "The two password fields didn’t match"),
        (PASSWORD, "1234", "1234", "This password is too short"),
    ],
)
def test_a_change_that_is_refused_says_why(
    team: Team, old: str, new: str, again: str, sentence: str
) -> None:
    client = Client()
    client.force_login(team.anna)
    assert sentence in change(client, old, new, again)
    assert Client().login(username="anna", password=PASSWORD)


def test_nobody_changes_a_password_without_a_login(team: Team) -> None:
    response = Client().get("/password/")
    assert response.headers["Location"].startswith("/login/")
