"""Each route lets in whom its row names, and nobody else; there is a row for each route."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.http import HttpResponseBase
from django.test import override_settings
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from pytest_django import DjangoDbBlocker

from apps.campaigns.models import Membership
from apps.campaigns.permissions import ADMINISTRATORS_MAY, ALLOWED, Action
from apps.campaigns.services import cutouts
from apps.datasets.api import plans
from apps.proofreading.api import leases
from apps.revision.services import easels
from tests.permissions.routes import (
    ADMINISTRATORS,
    ALL,
    ANNOTATOR_ALONE,
    ANNOTATOR_OR_MANAGER,
    LOGGED_IN,
    ROUTES,
    STAFF,
    STAFF_ALONE,
    Route,
)
from tests.permissions.world import World, make_world

pytestmark = pytest.mark.django_db  # what the world needs, before the first test does

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
PEOPLE = ("administrator", *(role.value for role in Membership.Role), "outsider", "nobody")
LET_IN, LOG_IN, FORBIDDEN, NOT_FOUND = "let in", "asked to log in", "forbidden", "not found"


@pytest.fixture(scope="module")
def world(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    """One world for all rows; each request is taken back."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patched:
        for module in (cutouts, leases, plans, easels):
            patched.setattr(module, "PATIENCE_S", 0.0)  # there are no voxels to wait for
        folder = tmp_path_factory.mktemp("world").resolve()
        environment = replace(settings.ENVIRONMENT, volume_roots=(folder,))
        with override_settings(ENVIRONMENT=environment), transaction.atomic():
            yield make_world(folder)
            transaction.set_rollback(True)


def addresses() -> list[str]:
    """The names of all routes but those of Django's admin, which has tests of its own."""
    return [name for name in _names(get_resolver().url_patterns) if name != "admin"]


def _names(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace == "admin":
                continue
            yield from _names(pattern.url_patterns)
        else:
            assert pattern.name, f"{pattern.pattern} has no name"
            yield pattern.name


def address_of(route: Route, world: World) -> str:
    """The address, its parts filled with what the world has."""
    (wanted, *_), *_ = get_resolver().reverse_dict.getlist(route.name)
    names = wanted[0][1]
    values = {name: route.arguments.get(name, world.arguments.get(name)) for name in names}
    return reverse(route.name, kwargs=values)


def expected(route: Route, who: str) -> str:
    """What this person gets, by the row."""
    if who == "nobody":
        return LET_IN if route.who == ALL else LOG_IN
    if route.who == ANNOTATOR_OR_MANAGER:
        is_theirs = who in {"annotator", "manager"}
        return LET_IN if is_theirs else NOT_FOUND if who == "outsider" else FORBIDDEN
    if isinstance(route.who, Action | tuple):
        return _expected_in_campaign(actions_of(route), who)
    return {
        ALL: LET_IN,
        LOGGED_IN: LET_IN,
        STAFF: LET_IN if who == "administrator" else FORBIDDEN,
        ADMINISTRATORS: LET_IN if who == "administrator" else FORBIDDEN,
        ANNOTATOR_ALONE: LET_IN if who == "annotator" else NOT_FOUND,
        STAFF_ALONE: LET_IN if who == "administrator" else NOT_FOUND,
    }[route.who]


def actions_of(route: Route) -> tuple[Action, ...]:
    """The actions of which a row asks for one."""
    if isinstance(route.who, Action):
        return (route.who,)
    return route.who if isinstance(route.who, tuple) else ()


def _expected_in_campaign(actions: tuple[Action, ...], who: str) -> str:
    if who == "outsider":
        return NOT_FOUND
    if who == "administrator":
        return LET_IN if ADMINISTRATORS_MAY.intersection(actions) else FORBIDDEN
    role = Membership.Role(who)
    return LET_IN if any(role in ALLOWED[action] for action in actions) else FORBIDDEN


def outcome(response: HttpResponseBase, *, is_api: bool) -> str:
    """What an answer means for the person who asked. An input that is refused was looked at:
    its sender was let in."""
    location = response.headers.get("Location", "")
    if response.status_code == 401 and is_api:
        return LOG_IN
    if response.status_code == 302 and not is_api and location.startswith("/login/?next="):
        return LOG_IN
    if response.status_code in {200, 201, 202, 204, 302, 304, 400, 409}:
        return LET_IN
    return {403: FORBIDDEN, 404: NOT_FOUND}.get(response.status_code, str(response.status_code))


def send(world: World, who: str, route: Route) -> HttpResponseBase:
    """Send the request and take back what it did."""
    client, address = world.browser_of(who), address_of(route, world)
    with transaction.atomic():
        answer: Any = client.generic(
            route.method, address, data=_json(route), content_type="application/json"
        )
        transaction.set_rollback(True)
    return answer  # type: ignore[no-any-return]  # the stubs know no answer of `generic`


def _json(route: Route) -> str:
    return json.dumps(route.body) if route.method != "GET" else ""


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.name}")
def test_a_route_lets_in_whom_its_row_names(world: World, route: Route) -> None:
    for_scripts = address_of(route, world).startswith(
        ("/api/", "/volumes/", "/skeletons/", "/layers/")
    )
    is_api = for_scripts and route.name != "api-page"
    found = {who: outcome(send(world, who, route), is_api=is_api) for who in PEOPLE}
    assert found == {who: expected(route, who) for who in PEOPLE}


def test_every_route_and_method_has_a_row(world: World) -> None:
    rows = {(route.name, route.method) for route in ROUTES}
    arguments = {route.name: route for route in ROUTES}
    there = set()
    for name in addresses():
        assert name in arguments, f"the route {name!r} has no row in tests/permissions/routes.py"
        there |= {(name, method) for method in METHODS if _answers(world, arguments[name], method)}
    assert there == rows


def _answers(world: World, route: Route, method: str) -> bool:
    """Whether the view knows this method, as somebody learns whom it lets in."""
    who = next(who for who in PEOPLE if expected(route, who) == LET_IN)
    probe = Route(route.name, method, route.who, route.arguments)
    return send(world, who, probe).status_code != 405


def test_a_row_that_is_wrong_is_noticed(world: World) -> None:
    """The outcomes come from the server, not from the rows."""
    route = Route("campaign-export", "GET", Action.SEE)
    found = {who: outcome(send(world, who, route), is_api=False) for who in PEOPLE}
    assert found != {who: expected(route, who) for who in PEOPLE}


def test_nobody_gets_into_the_admin_but_staff(world: World) -> None:
    for who in PEOPLE:
        response = world.browser_of(who).get("/admin/")
        is_in = response.status_code == 200
        assert is_in == (who == "administrator"), who
