"""An administrator invites people, who choose their own passwords, and closes accounts."""

from __future__ import annotations

import threading
from base64 import b64encode
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from apps.accounts.models import User
from apps.accounts.services.people import create_person
from apps.accounts.services.tokens import create_token
from apps.core.errors import InvalidInputError
from tests.support.people import Team
from tests.support.waiting import wait_for
from tests.support.work import client_of

NEW = "vesicle-docking-zone"


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create(username="ada", is_superuser=True, is_staff=True)


def choose_password(address: str, password: str = NEW) -> Client:
    """Somebody opens an invitation and chooses a password."""
    visitor = Client()
    page = visitor.get(address, follow=True)
    assert page.status_code == 200
    form = {"new_password1": password, "new_password2": password}
    visitor.post(page.request["PATH_INFO"], form)
    return visitor


def test_somebody_new_chooses_the_password_and_is_in(ada: User) -> None:
    form = {"username": "nina", "first_name": "Nina", "last_name": "Neu", "email": ""}
    page = client_of(ada).post("/people/", form)
    address = page.context["invited"]["address"]
    assert address in page.content.decode()
    assert not User.objects.get(username="nina").has_usable_password()

    nina = choose_password(address)
    assert nina.get("/").status_code == 200
    assert Client().login(username="nina", password=NEW)


def test_an_invitation_opens_once(ada: User) -> None:
    body = {"username": "nina"}
    answer = client_of(ada).post("/api/people", body, "application/json")
    assert answer.status_code == 201, answer.content
    address = answer.json()["invitation"]
    choose_password(address)
    second = Client().get(address, follow=True)
    assert "used or too old" in second.content.decode()
    choose_password(address, "another-password-entirely")
    assert Client().login(username="nina", password=NEW)


def test_an_invitation_that_is_made_up_opens_nothing(team: Team) -> None:
    page = Client().get("/welcome/MQ/c0ffee-0123456789abcdef/", follow=True)
    assert "used or too old" in page.content.decode()


def test_who_forgot_a_password_gets_a_new_invitation(ada: User, team: Team) -> None:
    page = client_of(ada).post(f"/people/{team.anna.pk}/", {"do": "invite"})
    choose_password(page.context["invited"]["address"])
    assert Client().login(username="anna", password=NEW)


def test_a_closed_account_opens_nothing_until_it_is_opened_again(ada: User, team: Team) -> None:
    anna, admin = client_of(team.anna), client_of(ada)
    _, secret = create_token(team.anna, "Notebook", 30)
    program = Client(headers={"Authorization": f"Token {secret}"})
    url = f"/api/people/{team.anna.pk}"
    assert admin.patch(url, {"is_active": False}, "application/json").status_code == 200
    assert anna.get("/").status_code == 302
    assert program.get("/api/tokens").status_code == 401
    assert admin.post(f"/people/{team.anna.pk}/", {"do": "open"}).status_code == 302
    assert program.get("/api/tokens").status_code == 200


def test_an_administrator_is_always_left(ada: User) -> None:
    admin = client_of(ada)
    refused = admin.patch(f"/api/people/{ada.pk}", {"is_active": False}, "application/json")
    assert refused.status_code == 409
    page = admin.post(f"/people/{ada.pk}/", {"do": "close"}, follow=True)
    assert "your own account" in page.content.decode()
    assert User.objects.get(pk=ada.pk).is_active


def test_who_is_allowed_to_opens_campaigns(ada: User, team: Team) -> None:
    anna = client_of(team.anna)
    assert anna.post("/api/campaigns", {}, "application/json").status_code == 403
    client_of(ada).post(f"/people/{team.anna.pk}/", {"do": "allow"})
    assert anna.post("/api/campaigns", {}, "application/json").status_code == 400  # let in


def test_people_are_found_in_parts(ada: User, team: Team) -> None:
    admin = client_of(ada)
    first = admin.get("/api/people?limit=2").json()
    assert [one["username"] for one in first["results"]] == ["ada", "anna"]
    second = admin.get(first["next"]).json()
    assert [one["username"] for one in second["results"]] == ["ben", "manager"]
    found = admin.get("/api/people?search=NN").json()["results"]
    assert [one["username"] for one in found] == ["anna"]
    team.anna.is_active = False
    team.anna.save()
    closed = admin.get("/api/people?is_active=false").json()["results"]
    assert [one["username"] for one in closed] == ["anna"]


@pytest.mark.parametrize(
    ("query", "field"),
    [("limit=0", "limit"), ("limit=501", "limit"), ("limit=ten", "limit"), ("serach=a", "serach")],
)
def test_a_list_that_cannot_be_made_is_refused_by_name(ada: User, query: str, field: str) -> None:
    answer = client_of(ada).get(f"/api/people?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == field


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"username": "anna"}, "username"),
        ({"username": "with space"}, "username"),
        ({"username": "nina", "email": "no address"}, "email"),
        ({}, "username"),
    ],
)
def test_somebody_who_cannot_be_made_is_refused_by_field(
    ada: User, team: Team, body: dict[str, Any], field: str
) -> None:
    before = User.objects.count()
    answer = client_of(ada).post("/api/people", body, "application/json")
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == field
    assert User.objects.count() == before


def test_the_page_says_what_is_wrong_with_a_name(ada: User, team: Team) -> None:
    page = client_of(ada).post("/people/", {"username": "anna"})
    assert "already exists" in page.content.decode()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_make_the_same_person_at_once_one_is_told(ada: User) -> None:
    """The second looks while the first has not ended, finds the name free, and then waits."""
    refused: list[InvalidInputError] = []

    def make_the_second() -> None:
        try:
            create_person("nina", by=ada)
        except InvalidInputError as error:
            refused.append(error)
        finally:
            connection.close()

    second = threading.Thread(target=make_the_second)
    with transaction.atomic():
        create_person("nina", "Nina", by=ada)
        second.start()
        wait_for(_somebody_waits, "the second")
    second.join(timeout=30)
    (error,) = refused
    assert (error.field, "already exists" in error.sentence) == ("username", True)
    assert User.objects.get(username="nina").first_name == "Nina"


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid) "
            "WHERE NOT granted AND datname = current_database())"
        )
        row = cursor.fetchone()
    return row is not None and bool(row[0])


def test_a_search_that_no_text_can_hold_is_refused_in_a_sentence(ada: User) -> None:
    page = client_of(ada).get("/people/", {"search": "an\0na"}, headers={"Accept": "text/html"})
    assert page.status_code == 400
    assert "Null characters are not allowed" in page.content.decode()
    assert client_of(ada).get("/people/", {"search": "ada"}).status_code == 200


@pytest.mark.parametrize("place", [b"p=%00", b"p=ada"])
def test_a_cursor_that_was_made_up_is_not_found(ada: User, place: bytes) -> None:
    """`ada` is no number, of which tokens have one; a NUL is in no text."""
    cursor = b64encode(place).decode()
    answer = client_of(ada).get("/api/tokens", {"cursor": cursor})
    assert answer.status_code == 404
    assert "cursor" in answer.json()["error"]["sentence"]
